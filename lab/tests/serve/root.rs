//! What the server does with root's privileges.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use crate::{ANY, Client, Serving, code, hang_up, hash, serve};

/// Only root can become somebody else.
fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    assert!(
        is_root || std::env::var_os("CI").is_none(),
        "this test needs root"
    );
    if !is_root {
        let words = b"skipped: giving privileges up needs root\n";
        std::io::stderr().write_all(words).unwrap();
    }
    is_root
}

/// A folder that is somebody else's, so that the server becomes that user.
fn folder_of_another() -> TempDir {
    let root: TempDir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(root.path(), PermissionsExt::from_mode(0o755)).unwrap();
    std::os::unix::fs::chown(root.path(), Some(4242), Some(4343)).unwrap();
    root
}

/// A folder that only root may enter.
fn closed_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).unwrap();
    folder
}

#[test]
fn root_gives_its_privileges_up() {
    if !is_root() {
        return;
    }
    let root = folder_of_another();
    let ids = |serving: &Serving| {
        let path = format!("/proc/{}/status", serving.child.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name));
            line.unwrap().to_owned()
        };
        (line("Uid:"), line("Gid:"), line("CapEff:"))
    };
    let expected = (
        "Uid:\t4242\t4242\t4242\t4242".to_owned(),
        "Gid:\t4343\t4343\t4343\t4343".to_owned(),
        "CapEff:\t0000000000000000".to_owned(),
    );
    let serving = serve(root.path(), &[&ANY[..], &["--user", "ann"]].concat(), 1);
    assert_eq!(ids(&serving), expected);
    let (mut client, admitted) = Client::login(serving.addresses[0], "ann", "secret");
    assert!(admitted);
    assert_eq!(code(&mut client, "MKD mine"), "257");

    let serving = serve(
        root.path(),
        &[&ANY[..], &["--run-as", "daemon"]].concat(),
        1,
    );
    assert_ne!(ids(&serving).0, expected.0);
    assert_eq!(ids(&serving).2, expected.2);
}

#[test]
fn the_port_of_active_data_stays_within_reach() {
    if !is_root() {
        return;
    }
    let root = folder_of_another();
    // An address of this test's own, so that port 21 is free.
    let flags = ["--listen", "127.20.21.4:21", "--user", "ann"];
    let serving = serve(root.path(), &flags, 1);
    let status = fs::read_to_string(format!("/proc/{}/status", serving.child.id())).unwrap();
    // CAP_NET_BIND_SERVICE, and nothing else, in no set that a program would inherit.
    for line in ["CapEff:\t0000000000000400", "CapPrm:\t0000000000000400"] {
        assert!(status.contains(line), "{status}");
    }
    assert!(status.contains("CapInh:\t0000000000000000"), "{status}");
    assert!(status.contains("Uid:\t4242\t4242\t4242\t4242"), "{status}");
    let (mut client, admitted) = Client::login(serving.addresses[0], "ann", "secret");
    assert!(admitted);
    for _ in 0..2 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert_eq!(
            code(&mut client, &format!("EPRT |1|127.0.0.1|{port}|")),
            "200"
        );
        assert_eq!(code(&mut client, "NLST"), "150");
        let (_, peer) = listener.accept().unwrap();
        assert_eq!(peer.port(), 20);
        assert!(client.reply().starts_with("226"));
    }
}

/// A file that only root may read.
fn only_root(folder: &Path, name: &str, content: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The old file is still there, under another name, in a folder that only root may enter.
#[test]
fn a_file_that_was_moved_aside_is_not_read_again() {
    if !is_root() {
        return;
    }
    let root = folder_of_another();
    let ours = closed_folder();
    let users = only_root(ours.path(), "users", &hash(&["ann"], "one"));
    let flags = ["--password-file", &users];
    let mut serving = serve(root.path(), &[&ANY[..], &flags].concat(), 1);
    let address = serving.addresses[0];
    let aside = ours.path().join("users.old");
    fs::rename(&users, &aside).unwrap();
    let said = hang_up(&mut serving, "the old settings stay");
    assert!(said.contains("another file has taken its place"), "{said}");
    only_root(ours.path(), "users", &hash(&["ann"], "two"));
    let said = hang_up(&mut serving, "the old settings stay");
    assert!(said.contains("another file has taken its place"), "{said}");
    assert!(Client::login(address, "ann", "one").1);
    // Back again, and changed in place.
    fs::rename(&aside, &users).unwrap();
    fs::write(&users, hash(&["ann"], "three")).unwrap();
    hang_up(&mut serving, "settings read again");
    assert!(Client::login(address, "ann", "three").1);

    // By a link that nobody may look at, it could be any file.
    let real = only_root(ours.path(), "real", &hash(&["ann"], "one"));
    let link = ours.path().join("link");
    std::os::unix::fs::symlink(real, &link).unwrap();
    let flags = ["--password-file", link.to_str().unwrap()];
    let mut serving = serve(root.path(), &[&ANY[..], &flags].concat(), 1);
    let said = hang_up(&mut serving, "the old settings stay");
    assert!(said.contains("cannot be found out"), "{said}");
}

#[test]
fn a_folder_below_a_closed_one_is_served_on() {
    if !is_root() {
        return;
    }
    let closed = closed_folder();
    let (shared, home) = (closed.path().join("shared"), closed.path().join("home"));
    for folder in [&shared, &home] {
        fs::create_dir(folder).unwrap();
        std::os::unix::fs::chown(folder, Some(4242), Some(4343)).unwrap();
    }
    let ours = tempfile::tempdir().unwrap();
    let list = |password: &str| {
        let bob = ["bob", "--root", home.to_str().unwrap()];
        hash(&["ann"], password) + &hash(&bob, password)
    };
    let users = only_root(ours.path(), "users", &list("one"));
    let flags = ["--password-file", &users];
    let mut serving = serve(&shared, &[&ANY[..], &flags].concat(), 1);
    let address = serving.addresses[0];
    fs::write(&users, list("two")).unwrap();
    hang_up(&mut serving, "settings read again");
    for (user, folder) in [("ann", &shared), ("bob", &home)] {
        let (mut client, admitted) = Client::login(address, user, "two");
        assert!(admitted);
        assert_eq!(code(&mut client, "MKD new"), "257");
        assert!(folder.join("new").is_dir());
    }
    fs::rename(&shared, closed.path().join("old")).unwrap();
    fs::create_dir(&shared).unwrap();
    let said = hang_up(&mut serving, "the old settings stay");
    assert!(said.contains("cannot serve "), "{said}");
    assert!(said.contains("another file has taken its place"), "{said}");
}

#[test]
fn a_log_that_cannot_be_made_again_stops_no_other_setting() {
    if !is_root() {
        return;
    }
    let root = folder_of_another();
    let ours = closed_folder();
    let users = only_root(ours.path(), "users", &hash(&["ann"], "one"));
    let log = only_root(ours.path(), "log", "");
    let flags = ["--password-file", &users, "--xferlog", &log];
    let mut serving = serve(root.path(), &[&ANY[..], &flags].concat(), 1);
    let address = serving.addresses[0];
    let said = hang_up(&mut serving, "settings read again");
    assert!(!said.contains("log"), "{said}");
    fs::rename(&log, ours.path().join("log.1")).unwrap();
    fs::write(&users, hash(&["ann"], "two")).unwrap();
    let said = hang_up(&mut serving, "settings read again");
    let reason = format!("cannot write the log {log}: Permission denied");
    assert!(said.contains(&reason), "{said}");
    assert!(said.contains("\n  fix: "), "{said}");
    assert!(Client::login(address, "ann", "two").1);
}

#[test]
fn what_only_root_may_read_is_read_again() {
    if !is_root() {
        return;
    }
    let root = folder_of_another();
    let ours = tempfile::tempdir().unwrap();
    let only_root = |name: &str, content: &str| only_root(ours.path(), name, content);
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let users = only_root("users", &hash(&["ann"], "one"));
    let certificate = only_root("cert", &made.cert.pem());
    let key = only_root("key", &made.signing_key.serialize_pem());
    let log = only_root("log", "");
    let persona = only_root("persona", "greeting: 220 hello\n");
    let flags = [
        "--password-file",
        &users,
        "--tls-cert",
        &certificate,
        "--tls-key",
        &key,
        "--xferlog",
        &log,
        "--persona",
        &persona,
    ];
    let mut serving = serve(root.path(), &[&ANY[..], &flags].concat(), 1);
    let address = serving.addresses[0];
    assert!(Client::login(address, "ann", "one").1);
    fs::write(&users, hash(&["ann"], "two")).unwrap();
    hang_up(&mut serving, "settings read again");
    assert!(Client::login(address, "ann", "two").1);
    assert!(!Client::login(address, "ann", "one").1);
    // In its place another file, that only root may open.
    let next = only_root("next", &hash(&["ann"], "three"));
    fs::rename(next, &users).unwrap();
    let said = hang_up(&mut serving, "the old settings stay");
    assert!(said.contains(&format!("cannot read {users}: ")), "{said}");
    assert!(said.contains("another file has taken its place"), "{said}");
    assert!(said.contains("\n  fix: "), "{said}");
    assert!(Client::login(address, "ann", "two").1);
    // The same file, readable: read by its name.
    fs::set_permissions(ours.path(), PermissionsExt::from_mode(0o755)).unwrap();
    fs::set_permissions(Path::new(&users), PermissionsExt::from_mode(0o644)).unwrap();
    hang_up(&mut serving, "settings read again");
    assert!(Client::login(address, "ann", "three").1);
}
