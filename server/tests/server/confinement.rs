//! No path leads out of the root, and nothing but files and directories is opened.

use std::io::Write;
use std::os::unix::fs::symlink;

use crate::common::start;

#[test]
fn neither_dots_nor_links_lead_out() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret"), "secret").unwrap();
    std::fs::create_dir(outside.path().join("directory")).unwrap();
    let server = start(|builder| builder);
    server.write("inside", "inside");
    let root = server.root.path();
    symlink(outside.path(), root.join("out")).unwrap();
    symlink(outside.path().join("secret"), root.join("secret")).unwrap();
    symlink("../../../../../../etc", root.join("etc")).unwrap();
    symlink("inside", root.join("link")).unwrap();
    std::fs::create_dir(root.join("sub")).unwrap();
    symlink("../inside", root.join("sub/link")).unwrap();

    let mut raw = server.login();
    let escape = outside.path().to_str().unwrap();
    for path in [
        "out/secret",
        "secret",
        "etc/passwd",
        "../../etc/passwd",
        "/etc/passwd",
    ] {
        raw.ask(&format!("RETR {path}"), 550);
        raw.ask(&format!("SIZE {path}"), 550);
        raw.ask(&format!("MDTM {path}"), 550);
        raw.ask(&format!("MFMT 20010209135046 {path}"), 550);
    }
    for path in ["out", "etc", "out/directory", escape] {
        raw.ask(&format!("CWD {path}"), 550);
        raw.ask(&format!("MLSD {path}"), 550);
    }
    for command in [
        "MKD out/new",
        "DELE out/secret",
        "RMD out/directory",
        "RNFR out/secret",
    ] {
        raw.ask(command, 550);
    }
    raw.ask("STOR out/new", 553);
    raw.ask("APPE secret", 553);
    raw.ask("RNFR inside", 350);
    raw.send("RNTO out/inside\r\n");
    assert!(raw.reply().starts_with("55"));
    raw.ask("PASV", 227);

    // Links that stay inside are as good as files.
    raw.ask("CWD sub", 250);
    assert_eq!(raw.fetch("RETR link"), b"inside");
    raw.ask("CWD ../../../..", 250);
    assert_eq!(
        raw.ask("PWD", 257),
        "257 \"/\" is the current directory.\r\n"
    );
    assert_eq!(raw.fetch("RETR link"), b"inside");

    let mut left: Vec<_> = std::fs::read_dir(outside.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["directory", "secret"]);
    assert_eq!(
        std::fs::read(outside.path().join("secret")).unwrap(),
        b"secret"
    );
}

#[test]
fn a_fifo_is_refused_at_once() {
    let server = start(|builder| builder);
    let fifo = server.root.path().join("fifo");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    let mut raw = server.login();
    raw.ask("RETR fifo", 550);
    raw.ask("SIZE fifo", 550);
    raw.ask("STOR fifo", 553);
    raw.ask("APPE fifo", 553);
    raw.ask("NOOP", 200);
}

#[test]
fn a_user_can_have_a_root_of_their_own() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("mine"), "mine").unwrap();
    let server = start(|builder| builder.user(server::User::new("bob", "b").root(home.path())));
    server.write("shared", "shared");
    let mut raw = server.connect();
    raw.ask("USER bob", 331);
    raw.ask("PASS b", 230);
    assert_eq!(raw.fetch("NLST"), b"mine\r\n");
    let mut raw = server.login();
    assert_eq!(raw.fetch("NLST"), b"shared\r\n");
}

#[test]
fn stor_writes_through_a_link_that_stays_inside() {
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret");
    std::fs::write(&secret, "secret").unwrap();
    let server = start(|builder| builder);
    let root = server.root.path();
    std::fs::create_dir(root.join("sub")).unwrap();
    server.write("sub/inside", "old");
    symlink("sub/inside", root.join("one")).unwrap();
    symlink("../one", root.join("sub/two")).unwrap();
    symlink(&secret, root.join("out")).unwrap();

    let mut raw = server.login();
    raw.ask("TYPE I", 200);
    for (name, text) in [("one", "new"), ("sub/two", "newer")] {
        let mut data = raw.passive();
        raw.ask(&format!("STOR {name}"), 150);
        data.write_all(text.as_bytes()).unwrap();
        drop(data);
        raw.expect(226);
        assert_eq!(server.read("sub/inside"), text.as_bytes());
        assert!(root.join(name).is_symlink(), "{name}");
    }
    let _data = raw.passive();
    raw.ask("STOR out", 553);
    assert_eq!(std::fs::read(&secret).unwrap(), b"secret");
    assert_eq!(std::fs::read_dir(root.join("sub")).unwrap().count(), 2);
}

#[test]
fn a_link_to_nothing_yet_is_written_through_as_long_as_it_stays_inside() {
    let outside = tempfile::tempdir().unwrap();
    let server = start(|builder| builder);
    let root = server.root.path();
    std::fs::create_dir_all(root.join("sub/deep")).unwrap();
    symlink("sub/new", root.join("one")).unwrap();
    symlink("sub/deep", root.join("by")).unwrap();
    symlink("../../other", root.join("sub/deep/up")).unwrap();
    symlink("by/up", root.join("two")).unwrap();
    symlink("../../../above", root.join("sub/out")).unwrap();
    symlink(outside.path().join("new"), root.join("away")).unwrap();
    symlink("missing/new", root.join("nowhere")).unwrap();
    symlink("round", root.join("around")).unwrap();
    symlink("around", root.join("round")).unwrap();
    symlink(".ftplab-upload-1-1", root.join("hidden")).unwrap();
    symlink("sub/folder/", root.join("folder")).unwrap();

    let mut raw = server.login();
    raw.ask("TYPE I", 200);
    for (command, link, made) in [
        ("STOR one", "one", "sub/new"),
        ("APPE one", "one", "sub/new"),
        ("STOR two", "two", "other"),
        ("APPE by/up", "sub/deep/up", "other"),
    ] {
        let mut data = raw.passive();
        raw.ask(command, 150);
        data.write_all(b"new").unwrap();
        drop(data);
        raw.expect(226);
        assert!(root.join(link).is_symlink(), "{command}");
        assert_eq!(server.read(made), b"new", "{command}");
        std::fs::remove_file(root.join(made)).unwrap();
    }
    let _data = raw.passive();
    let before = server.names();
    for name in ["sub/out", "away", "nowhere", "round", "hidden", "folder"] {
        raw.ask(&format!("STOR {name}"), 553);
        raw.ask(&format!("APPE {name}"), 553);
        assert!(root.join(name).is_symlink(), "{name}");
    }
    assert_eq!(server.names(), before);
    assert_eq!(std::fs::read_dir(root.join("sub")).unwrap().count(), 2);
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
}

/// Listings show a control character as `?`, and what they show leads on (RFC 1123 §4.1.2.7).
#[test]
fn a_folder_can_be_named_as_listings_show_it_where_something_is_made() {
    let server = start(|builder| builder);
    let folder = server.root.path().join("a\u{1}b");
    std::fs::create_dir(&folder).unwrap();
    server.write("f", "x");
    let mut raw = server.login();
    raw.ask("MKD a?b/sub", 257);
    raw.ask("RNFR f", 350);
    raw.ask("RNTO a?b/sub/g", 250);
    let mut data = raw.passive();
    raw.ask("STOR a?b/h", 150);
    data.write_all(b"new").unwrap();
    drop(data);
    raw.expect(226);
    assert_eq!(std::fs::read(folder.join("sub/g")).unwrap(), b"x");
    assert_eq!(std::fs::read(folder.join("h")).unwrap(), b"new");
    // Nobody knows which is meant where two look alike.
    std::fs::create_dir(server.root.path().join("a\u{2}b")).unwrap();
    raw.ask("MKD a?b/other", 550);
}
