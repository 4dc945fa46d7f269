//! The disk is full, files have a limit, rights go, files change under the server's hands.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::process::Command;

use ftplab_tests::{available, finish, has_program};

use crate::peer::Peer;
use crate::served::{DOWN, Served};

/// The command as a child of a shell that does something before it becomes the command.
pub(crate) fn after(prepare: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{prepare} && exec \"$@\""), "sh"]);
    take(shell, command)
}

/// The same as root of a user namespace with mounts of its own.
fn mounted(prepare: &str, command: &Command) -> Command {
    let mut shell = Command::new("unshare");
    shell.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
    shell.args([&format!("{prepare} && exec \"$@\""), "sh"]);
    take(shell, command)
}

fn take(mut shell: Command, command: &Command) -> Command {
    shell.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.stdin(std::process::Stdio::null());
    shell
}

/// Sends more than there is room for; the server may stop taking it.
fn store_too_much(peer: &mut Peer, command: &str, count: usize) -> String {
    let mut data = peer.begin(command);
    for _ in 0..count / 65536 {
        if data.write_all(&vec![b'x'; 65536]).is_err() {
            break;
        }
    }
    drop(data);
    peer.try_reply().unwrap()
}

#[test]
fn a_full_disk_refuses_an_upload_and_keeps_nothing_of_it() {
    let mounts = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount"])
        .args(["mount", "-t", "tmpfs", "none", "/mnt"])
        .status();
    if !available(
        "a tmpfs in a namespace",
        mounts.is_ok_and(|status| status.success()),
    ) {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("served");
    fs::create_dir(&root).unwrap();
    let mount = format!("mount -t tmpfs -o size=4m none '{}'", root.display());
    let mut served = Served::start_at(home, &root, &[], |command| mounted(&mount, &command));
    // Its own view of the folder.
    served.root = format!("/proc/{}/root{}", served.running.id(), root.display()).into();
    let before = served.at_rest();
    let mut peer = served.login();
    for mode in ["TYPE I", "TYPE A"] {
        peer.ask(mode, 200);
        for command in ["STOR big", "APPE big", "STOU"] {
            let reply = store_too_much(&mut peer, command, 8 << 20);
            assert!(reply.starts_with("452 "), "{command}: {reply}");
            assert_eq!(served.names(), [""; 0], "{command}");
        }
    }
    // What is there already stays, when it is to be replaced, and when it is to grow.
    peer.ask("TYPE I", 200);
    peer.store("old", b"old");
    let reply = store_too_much(&mut peer, "STOR old", 8 << 20);
    assert!(reply.starts_with("452 "), "{reply}");
    assert_eq!(fs::read(served.root.join("old")).unwrap(), b"old");
    // An append keeps what came, so that it can be continued.
    let reply = store_too_much(&mut peer, "APPE old", 8 << 20);
    assert!(reply.starts_with("452 "), "{reply}");
    assert!(
        fs::read(served.root.join("old"))
            .unwrap()
            .starts_with(b"oldxxx")
    );
    // Full to the last byte: not even a beginning.
    let reply = store_too_much(&mut peer, "STOR more", 1 << 20);
    assert!(reply.starts_with("452 "), "{reply}");
    // Room again.
    peer.ask("DELE old", 250);
    peer.store("fits", &vec![b'y'; 1 << 20]);
    peer.ask("DELE fits", 250);
    peer.ask("QUIT", 221);
    served.serves();
    served.settles(&before);
}

/// A write beyond it raises a signal which kills a program that is not prepared for it.
#[test]
fn a_limit_of_file_sizes_refuses_an_upload_and_kills_nobody() {
    // In blocks of 512 bytes.
    let served = Served::start_under(&[], |command| after("ulimit -f 2000", &command));
    let (before, names) = (served.at_rest(), served.names());
    let mut peer = served.login();
    for mode in ["TYPE I", "TYPE A"] {
        peer.ask(mode, 200);
        let reply = store_too_much(&mut peer, "STOR big", 4 << 20);
        assert!(reply.starts_with("452 "), "{reply}");
    }
    drop(peer);
    served.serves();
    served.settles(&before);
    assert_eq!(served.names(), names);
}

/// A client under the same limits says what happened, and leaves nothing under the final name.
#[test]
fn a_download_that_finds_no_room_is_told_and_leaves_nothing() {
    let served = Served::start(&[]);
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("old.bin"), "old").unwrap();
    for (name, type_code) in [("new.bin", ""), ("old.bin", ""), ("new.bin", ";type=a")] {
        let mut get = ftplab_tests::ftplab();
        get.arg("get")
            .arg(format!("ftp://ann@{}/down.bin{type_code}", served.addr))
            .arg(here.path().join(name))
            .env("FTPLAB_PASSWORD", "secret");
        let output = finish(&mut after("ulimit -f 2000", &get));
        ftplab_tests::assert_code(&output, 1);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(message.contains("File too large"), "{message}");
    }
    let left: Vec<_> = fs::read_dir(here.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(fs::read(here.path().join("old.bin")).unwrap(), b"old");
    served.serves();
}

#[test]
fn a_file_that_changes_while_it_is_read_is_the_old_one_or_an_error() {
    let served = Served::start(&[]);
    let before = served.at_rest();
    let path = served.root.join("down.bin");
    for (what, change, code) in [
        ("shorter", "truncate -s 1000000", 451),
        ("empty", "truncate -s 0", 451),
        ("longer", "truncate -s +9999999", 226),
        ("replaced", "cp --remove-destination /dev/null", 226),
        ("deleted", "rm", 226),
    ] {
        for secure in [false, true] {
            if secure && matches!(what, "empty" | "longer" | "replaced") {
                continue;
            }
            let _ = fs::remove_file(&path);
            fs::File::create(&path)
                .unwrap()
                .set_len(DOWN as u64)
                .unwrap();
            let mut peer = served.connect();
            if secure {
                peer.secure(&served.certificate);
            }
            peer.login();
            if secure {
                peer.ask("PBSZ 0", 200);
                peer.ask("PROT P", 200);
            }
            let mut data = peer.begin("RETR down.bin");
            data.read_exact(&mut [0; 1000]).unwrap();
            let changed = Command::new("sh")
                .args(["-c", &format!("{change} \"$1\""), "sh"])
                .arg(&path)
                .status();
            assert!(changed.unwrap().success(), "{what}");
            let mut rest = Vec::new();
            let end = data.read_to_end(&mut rest);
            peer.expect(code);
            if code == 226 {
                end.unwrap();
                assert_eq!(rest.len() + 1000, DOWN, "{what}");
            } else {
                assert!(rest.len() + 1000 < DOWN, "{what}");
            }
            peer.ask("QUIT", 221);
        }
    }
    served.settles(&before);
    served.serves();
}

#[test]
fn a_folder_that_goes_or_is_closed_is_an_error_and_no_more() {
    let served = Served::start(&[]);
    let before = served.at_rest();
    let is_root = rustix::process::geteuid().is_root();
    let mut peer = served.login();
    peer.ask("MKD sub", 257);
    peer.ask("CWD sub", 250);
    peer.store("file", b"content");
    // Rights go between two commands; root has them all the same.
    let sub = served.root.join("sub");
    fs::set_permissions(&sub, fs::Permissions::from_mode(0o0)).unwrap();
    if !is_root {
        peer.passive();
        peer.ask("RETR file", 550);
        peer.ask("STOR other", 553);
        peer.ask("LIST", 550);
        peer.ask("CWD /sub", 550);
    }
    fs::set_permissions(&sub, fs::Permissions::from_mode(0o755)).unwrap();
    // The folder that the session is in goes while a file comes into it.
    let mut data = peer.begin("STOR other");
    data.write_all(b"some").unwrap();
    fs::remove_dir_all(&sub).unwrap();
    data.close();
    peer.expect(451);
    peer.passive();
    peer.ask("NLST", 550);
    peer.ask("STOR other", 553);
    peer.ask("CDUP", 250);
    // Another folder has the root's name: the one that was opened is served on, and is empty.
    let aside = served.home().join("aside");
    fs::rename(&served.root, &aside).unwrap();
    fs::create_dir(&served.root).unwrap();
    fs::write(served.root.join("intruder"), "x").unwrap();
    let listing = peer.fetch("NLST");
    assert!(!String::from_utf8_lossy(&listing).contains("intruder"));
    // It is removed altogether.
    fs::remove_dir_all(&aside).unwrap();
    assert_eq!(peer.fetch("NLST"), b"");
    peer.passive();
    peer.ask("RETR down.bin", 550);
    peer.ask("STOR new", 553);
    peer.ask("MKD new", 550);
    peer.ask("QUIT", 221);
    fs::remove_dir_all(&served.root).unwrap();
    fs::create_dir(&served.root).unwrap();
    drop(peer);
    // The descriptor of the root says that it was deleted; all else is as before.
    served.settles_as(&before, |after| after.count() == before.count());
}

/// Has the kernel answer `faccessat2`, call 439 on every machine, with an error number.
const WITHOUT_FACCESSAT2: &str = r#"
import ctypes, os, struct, sys
NR_FACCESSAT2, ERRNO, ALLOW = 439, 0x50000 | int(sys.argv[1]), 0x7fff0000
# Load the call's number; if it is this one, the error; else nothing.
steps = (0x20, 0, 0, 0), (0x15, 0, 1, NR_FACCESSAT2), (6, 0, 0, ERRNO), (6, 0, 0, ALLOW)
code = b"".join(struct.pack("HBBI", *step) for step in steps)
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_char_p)]
prctl = ctypes.CDLL(None, use_errno=True).prctl
for arguments in (38, 1, 0, 0, 0), (22, 2, ctypes.byref(Program(len(steps), code)), 0, 0):
    if prctl(*arguments) != 0:
        sys.exit("prctl: " + os.strerror(ctypes.get_errno()))
os.execvp(sys.argv[2], sys.argv[2:])
"#;

#[test]
fn a_file_that_may_not_be_written_to_is_not_replaced() {
    keeps_what_may_not_be_written_to(|command| command);
}

#[test]
fn nor_is_it_where_the_call_is_missing_or_refused_that_tells() {
    const ENOSYS: &str = "38";
    const EPERM: &str = "1";
    if !has_program("python3") {
        return;
    }
    for error in [ENOSYS, EPERM] {
        keeps_what_may_not_be_written_to(|command| {
            let mut python = Command::new("python3");
            python.args(["-c", WITHOUT_FACCESSAT2, error]);
            take(python, &command)
        });
    }
}

fn keeps_what_may_not_be_written_to(under: impl FnOnce(Command) -> Command) {
    // Root may write to everything: then the server becomes somebody else.
    const NOBODY: u32 = 65534;
    let is_root = rustix::process::geteuid().is_root();
    let flags: &[&str] = if is_root { &["--run-as", "65534"] } else { &[] };
    let served = Served::start_under(flags, under);
    let kept = served.root.join("kept");
    fs::write(&kept, "old").unwrap();
    symlink("kept", served.root.join("link")).unwrap();
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o444)).unwrap();
    if is_root {
        for path in [&served.root, &kept] {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    let mut peer = served.login();
    for command in ["STOR kept", "STOR link", "APPE kept"] {
        peer.passive();
        peer.ask(command, 553);
    }
    assert!(peer.ask("MLST kept", 250).contains("perm=dfr;"));
    assert_eq!(fs::read(&kept).unwrap(), b"old");
    peer.ask("SITE CHMOD 600 kept", 200);
    peer.store("link", b"new");
    assert_eq!(fs::read(&kept).unwrap(), b"new");
    // Whether it may go is its directory's affair.
    peer.ask("SITE CHMOD 400 kept", 200);
    peer.ask("DELE kept", 250);
}
