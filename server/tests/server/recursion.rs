//! LIST -R.

use std::fs;
use std::os::unix::fs::symlink;

use crate::common::{has, run, start, start_in};

/// The lines, of an entry its type and name.
fn shape(listing: &[u8]) -> Vec<String> {
    let text = String::from_utf8(listing.to_vec()).unwrap();
    text.split_terminator("\r\n")
        .map(
            |line| match line.split_whitespace().collect::<Vec<_>>()[..] {
                [mode, .., name, "->", _] | [mode, .., name] => format!("{} {name}", &mode[..1]),
                _ => line.to_owned(),
            },
        )
        .collect()
}

#[test]
fn a_tree_is_listed_as_ls_does() {
    let server = start(|builder| builder);
    let root = server.root.path();
    fs::create_dir_all(root.join("sub/deep")).unwrap();
    server.write("sub/f", "x");
    server.write("top", "x");
    // Out, and round in a circle: neither is followed.
    symlink("/etc", root.join("sub/etc")).unwrap();
    symlink("..", root.join("sub/up")).unwrap();
    let mut raw = server.login();
    let whole = [
        ".:",
        "d sub",
        "- top",
        "",
        "./sub:",
        "d deep",
        "l etc",
        "- f",
        "l up",
        "",
        "./sub/deep:",
    ];
    for command in ["LIST -R", "LIST -lR", "LIST -a -R"] {
        assert_eq!(shape(&raw.fetch(command)), whole, "{command}");
    }
    let below = shape(&raw.fetch("LIST -R /sub"));
    assert_eq!(
        below,
        ["/sub:", "d deep", "l etc", "- f", "l up", "", "/sub/deep:"]
    );
    assert_eq!(shape(&raw.fetch("LIST -R top")), ["- top"]);
    assert_eq!(shape(&raw.fetch("LIST -R t*")), ["- top"]);
    assert_eq!(shape(&raw.fetch("LIST -r")), ["- top", "d sub"]);
    raw.ask("LIST -R none", 550);
    // A name that looks like an option is a name.
    fs::create_dir(root.join("-R")).unwrap();
    assert_eq!(raw.fetch("LIST -R"), b"");
}

#[test]
fn neither_depth_nor_names_get_out_of_hand() {
    let server = start(|builder| builder);
    let deep = (0..100).map(|_| "d").collect::<Vec<_>>().join("/");
    fs::create_dir_all(server.root.path().join(deep)).unwrap();
    fs::create_dir(server.root.path().join("evil\r\n\x1b[2J:")).unwrap();
    let mut raw = server.login();
    let listing = raw.fetch("LIST -R");
    let lines = listing.split(|&byte| byte == b'\n');
    let heads = lines.filter(|line| line.ends_with(b":\r") && line.starts_with(b"."));
    assert_eq!(heads.count(), 1 + 64 + 1);
    assert!(!listing.contains(&0x1b));
}

#[test]
fn a_drop_box_stays_unseen() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("pub/in/a")).unwrap();
    let server = start_in(root, |builder| {
        builder.anonymous(true).anonymous_upload("pub/in")
    });
    server.write("pub/in/secret", "x");
    symlink("pub", server.root.path().join("link")).unwrap();
    let mut raw = server.connect();
    raw.ask("USER ftp", 331);
    raw.ask("PASS a@b", 230);
    assert_eq!(
        shape(&raw.fetch("LIST -R")),
        [".:", "l link", "d pub", "", "./pub:", "d in"]
    );
    assert_eq!(shape(&raw.fetch("LIST -R pub")), ["pub:", "d in"]);
    assert_eq!(shape(&raw.fetch("LIST -R link")), ["link:", "d in"]);
    raw.ask("LIST -R pub/in", 550);
    raw.ask("LIST -R link/in", 550);
}

#[test]
fn lftp_shows_the_tree() {
    if !has("lftp") {
        return;
    }
    let server = start(|builder| builder);
    fs::create_dir_all(server.root.path().join("sub/deep")).unwrap();
    server.write("sub/f", "x");
    let script = format!(
        "set net:timeout 20; set net:max-retries 1; set cmd:fail-exit true; \
         open -u ann,secret ftp://{}; ls -R; exit",
        server.addr
    );
    let said = run("lftp", &["--norc", "-c", &script]).stdout;
    let said = String::from_utf8(said).unwrap().replace('\n', "\r\n");
    assert_eq!(
        shape(said.as_bytes()),
        [
            ".:",
            "d sub",
            "",
            "./sub:",
            "d deep",
            "- f",
            "",
            "./sub/deep:"
        ]
    );
}
