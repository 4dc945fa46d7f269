//! What `ls` can be asked for, LIST, NLST and STAT can be: an order, a directory itself. And what
//! is no file has the letter that clients know.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use crate::common::{Raw, Running, start};

/// Names in the order of their sizes and of their times, and one for those who ask for hidden ones.
fn filled() -> Running {
    let server = start(|builder| builder);
    for (name, size, age) in [("a", 1, 3), ("b", 30, 2), ("c", 2, 1), (".d", 4, 4)] {
        server.write(name, vec![b'x'; size]);
        let file = File::open(server.root.path().join(name)).unwrap();
        let age = Duration::from_secs(age * 60);
        file.set_modified(SystemTime::now() - age).unwrap();
    }
    server
}

fn names(raw: &mut Raw, command: &str) -> String {
    let listing = String::from_utf8(raw.fetch(command)).unwrap();
    let names = listing.lines().map(|line| line.rsplit(' ').next().unwrap());
    names.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_order_is_the_one_that_is_asked_for() {
    let server = filled();
    let mut raw = server.login();
    for (options, expected) in [
        ("", ".d a b c"),
        ("-la", ".d a b c"),
        ("-r", "c b a .d"),
        ("-t", "c b a .d"),
        ("-ltr", ".d a b c"),
        ("-l -S", "b .d c a"),
        ("-Sr", "a c .d b"),
        ("-tS", "b .d c a"),
        ("-St", "c b a .d"),
    ] {
        for verb in ["LIST", "NLST"] {
            let command = format!("{verb} {options}");
            assert_eq!(names(&mut raw, command.trim()), expected, "{command}");
        }
    }
    assert_eq!(names(&mut raw, "LIST -t [abc]"), "c b a");
    assert_eq!(names(&mut raw, "LIST -lSr /"), "a c .d b");
    let reply = raw.ask("STAT -t /", 212);
    let at = |name: &str| reply.find(&format!(" {name}\r\n"));
    assert!(at("c") < at("b") && at("b") < at("a"), "{reply}");
    // What is as old is in the order of its name.
    let moment = SystemTime::now();
    for name in ["a", "b", "c", ".d"] {
        let file = File::open(server.root.path().join(name)).unwrap();
        file.set_modified(moment).unwrap();
    }
    assert_eq!(names(&mut raw, "LIST -t"), ".d a b c");
}

#[test]
fn each_directory_of_a_tree_is_in_that_order() {
    let server = start(|builder| builder);
    fs::create_dir(server.root.path().join("sub")).unwrap();
    server.write("sub/little", "x");
    server.write("sub/more", "xx");
    let mut raw = server.login();
    assert_eq!(names(&mut raw, "LIST -RS sub"), "sub: more little");
    assert_eq!(names(&mut raw, "LIST -RSr sub"), "sub: little more");
}

#[test]
fn a_large_directory_is_looked_at_in_a_thread_of_its_own() {
    let server = start(|builder| builder);
    fs::create_dir(server.root.path().join("large")).unwrap();
    for number in 0..1_500 {
        server.write(&format!("large/{number:04}"), vec![b'x'; number % 1_500]);
    }
    let threads = || server.threads.load(Ordering::Relaxed);
    let reversed = (0..1_500).rev().map(|number| format!("{number:04}"));
    let reversed = reversed.collect::<Vec<_>>().join(" ");
    // Whose password takes a thread to check is somebody else.
    let mut raw = server.connect();
    raw.ask("USER anonymous", 331);
    raw.ask("PASS guest@", 230);
    assert_eq!(names(&mut raw, "LIST -S"), "large");
    assert_eq!(names(&mut raw, "LIST -r large"), reversed);
    assert_eq!(threads(), 0);
    assert_eq!(names(&mut raw, "LIST -S large"), reversed);
    assert_eq!(threads(), 1);
}

#[test]
fn a_large_directory_of_a_tree_and_of_a_status_is_looked_at_so_as_well() {
    for (command, code) in [
        ("LIST -RS", 226),
        ("NLST -S large", 226),
        ("STAT -S large", 212),
    ] {
        let server = start(|builder| builder);
        fs::create_dir(server.root.path().join("large")).unwrap();
        for number in 0..1_001 {
            server.write(&format!("large/{number}"), "");
        }
        server.write("large/last", "x");
        let mut raw = server.connect();
        raw.ask("USER anonymous", 331);
        raw.ask("PASS guest@", 230);
        let listing = if code == 226 {
            String::from_utf8(raw.fetch(command)).unwrap()
        } else {
            raw.ask(command, code)
        };
        let at = |name: &str| listing.find(&format!("{name}\r\n")).unwrap();
        assert!(at("last") < at("500"), "{command}");
        assert_eq!(server.threads.load(Ordering::Relaxed), 1, "{command}");
    }
}

#[test]
fn a_directory_can_be_shown_itself() {
    let server = start(|builder| builder);
    fs::create_dir_all(server.root.path().join("sub/deep")).unwrap();
    server.write("sub/f", "x");
    let mut raw = server.login();
    for (command, expected) in [
        ("LIST -d sub", "sub"),
        ("LIST -ld sub", "sub"),
        ("LIST -Rd sub", "sub"),
        ("LIST -d sub/deep", "sub/deep"),
        ("LIST -d", "."),
        ("LIST -d /", "/"),
        ("LIST -d sub/f", "f"),
        ("NLST -d sub", "sub"),
        ("NLST -d sub/", "sub/"),
        ("NLST -d s*", "sub"),
        ("NLST -d sub/*", "sub/deep sub/f"),
        ("NLST -d sub/f", "sub/f"),
        ("NLST -d sub/deep", "sub/deep"),
        ("NLST -d", "."),
    ] {
        assert_eq!(names(&mut raw, command), expected, "{command}");
    }
    assert!(raw.fetch("LIST -d sub").starts_with(b"d"));
    raw.ask("STAT sub", 212);
    raw.ask("STAT -d sub", 213);
    raw.ask("STAT sub/f", 213);
    raw.passive();
    raw.ask("LIST -d nothing", 550);
}

#[test]
fn names_of_the_current_directory_stand_alone() {
    let server = start(|builder| builder);
    fs::create_dir(server.root.path().join("sub")).unwrap();
    server.write("sub/f", "x");
    let mut raw = server.login();
    raw.ask("CWD sub", 250);
    for (command, expected) in [
        ("NLST", "f"),
        ("NLST .", "f"),
        ("NLST ./", "f"),
        ("NLST -a .", "f"),
        ("NLST ../sub", "../sub/f"),
    ] {
        assert_eq!(names(&mut raw, command), expected, "{command}");
    }
}

#[test]
fn what_is_no_file_has_its_letter() {
    let server = start(|builder| builder);
    let root = server.root.path();
    let _socket = UnixListener::bind(root.join("socket")).unwrap();
    server.write("sticky", "x");
    let mode = Permissions::from_mode(0o1755);
    fs::set_permissions(root.join("sticky"), mode).unwrap();
    let mut raw = server.login();
    assert!(raw.fetch("LIST socket").starts_with(b"s"));
    assert!(raw.fetch("LIST sticky").starts_with(b"-rwxr-xr-t "));
    raw.passive();
    raw.ask("RETR socket", 550);
}
