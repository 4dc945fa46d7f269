//! Trees of servers that would misuse a mirror, or that tell of less than there is.

use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;

use client::{ClientError, Folder, Mirror, Options, Session};
use proto::TypeCode;

use crate::peers::{Script, pyftpdlib, scripted};
use crate::trees::{login, told, write};

/// Answers one transfer with `data`.
pub(crate) fn transfer(script: &mut Script, verb: &str, data: &[u8]) {
    let listener = script.passive_again([127, 0, 0, 1]);
    let (mut stream, _) = listener.accept().unwrap();
    script.hear(verb);
    script.say("150 here\r\n");
    stream.write_all(data).unwrap();
    drop(stream);
    script.say("226 done\r\n");
}

pub(crate) fn pasv() -> Options {
    Options {
        mode: client::DataMode::Pasv,
        ..Options::default()
    }
}

#[tokio::test]
async fn no_name_and_no_link_leads_out_of_the_folder() {
    let (addr, server) = scripted(|script| {
        script.say("220 hi\r\n");
        for (verb, answer) in [
            ("PWD", "257 \"/\"\r\n"),
            ("CWD", "250 ok\r\n"),
            ("CWD", "250 ok\r\n"),
            ("TYPE", "200 ok\r\n"),
        ] {
            script.hear(verb);
            script.say(answer);
        }
        let listing = "type=file;size=1;modify=20200101000000; ../evil\r\n\
             type=file;size=1;modify=20200101000000; /tmp/evil\r\n\
             type=dir; ..\r\n\
             type=dir; planted\r\n\
             type=file;size=1;modify=20200101000000; link\r\n";
        transfer(script, "MLSD", listing.as_bytes());
        let listing = "type=file;size=1;modify=20200101000000; evil\r\n";
        transfer(script, "MLSD", listing.as_bytes());
        transfer(script, "RETR", b"x");
        script.hear_end();
    });
    let home = tempfile::tempdir().unwrap();
    let (inside, outside) = (home.path().join("in"), home.path().join("out"));
    std::fs::create_dir(&inside).unwrap();
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("file"), "mine").unwrap();
    symlink(&outside, inside.join("planted")).unwrap();
    symlink(outside.join("file"), inside.join("link")).unwrap();
    let folder = Folder::open(&inside).unwrap();
    let mut session = Session::connect(addr, pasv()).await.unwrap();
    let mut lines = Vec::new();
    session
        .mirror_down(
            b"d",
            &folder,
            &Mirror::default(),
            &mut Vec::new(),
            &mut told(&mut lines),
        )
        .await
        .unwrap();
    drop(session);
    server.join().unwrap();
    // The link was replaced, not written through; the planted folder was not entered.
    assert_eq!(std::fs::read(outside.join("file")).unwrap(), b"mine");
    assert_eq!(std::fs::read(inside.join("link")).unwrap(), b"x");
    let names = |folder: &Path| -> Vec<_> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect()
    };
    assert_eq!(names(&outside), ["file"]);
    assert_eq!(names(home.path()).len(), 2);
    assert!(lines.contains(&"link 1".to_owned()), "{lines:?}");
    assert_eq!(lines.len(), 3, "{lines:?}");

    for name in [&b".."[..], b"a/b", b"/etc", b"", b"a\0b"] {
        assert!(
            matches!(folder.below(name), Err(ClientError::UnsafeName(_))),
            "{name:?}"
        );
        assert!(folder.part(name, true).is_err() && folder.remove(name).is_err());
    }
}

#[tokio::test]
async fn a_tree_without_end_is_given_up() {
    let (addr, server) = scripted(|script| {
        script.say("220 hi\r\n");
        for _ in 0..100 {
            transfer(script, "MLSD", b"type=dir; again\r\n");
        }
        script.hear_end();
    });
    let mut session = Session::connect(addr, pasv()).await.unwrap();
    let error = session.walk(b"").await.unwrap_err();
    assert!(matches!(error, ClientError::TreeTooLarge(_)), "{error:?}");
    drop(session);
    server.join().unwrap();
}

#[tokio::test]
async fn a_226_after_too_few_bytes_is_not_believed() {
    let (addr, server) = scripted(|script| {
        script.say("220 hi\r\n");
        script.hear("TYPE");
        script.say("200 ok\r\n");
        transfer(script, "RETR", b"half");
        // The upload: the server keeps less than it was sent.
        let listener = script.passive_again([127, 0, 0, 1]);
        let (mut stream, _) = listener.accept().unwrap();
        script.hear("STOR");
        script.say("150 go on\r\n");
        std::io::copy(&mut stream, &mut std::io::sink()).unwrap();
        script.say("226 done\r\n");
        script.hear("SIZE");
        script.say("213 2\r\n");
        script.hear_end();
    });
    let local = tempfile::tempdir().unwrap();
    let folder = Folder::open(local.path()).unwrap();
    let mut session = Session::connect(addr, pasv()).await.unwrap();
    session.type_(TypeCode::Image).await.unwrap();
    let mut part = folder.part(b"x", true).unwrap();
    let error = session
        .continue_download("x", &mut part, Some(8))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            ClientError::NotWhole {
                expected: 8,
                actual: 4
            }
        ),
        "{error:?}"
    );
    drop(part);
    let names: Vec<_> = folder.entries().unwrap();
    assert_eq!(names.len(), 1);
    assert_eq!(names[0].name, b"x.ftplab-part");

    std::fs::write(local.path().join("up"), "four").unwrap();
    let mut file = folder.read(b"up").unwrap();
    let error = session
        .continue_upload(&mut file, "up", 0)
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            ClientError::NotWhole {
                expected: 4,
                actual: 2
            }
        ),
        "{error:?}"
    );
    drop(session);
    server.join().unwrap();
}

/// A server that breaks off when it is asked for a file.
fn breaks(script: &mut Script) {
    script.say("220 hi\r\n");
    script.hear("USER");
    script.say("230 in\r\n");
    script.hear("TYPE");
    script.say("200 ok\r\n");
    script.hear("EPSV");
}

#[tokio::test]
async fn what_a_helper_cannot_do_the_others_do() {
    let Some(peer) = pyftpdlib() else {
        return;
    };
    let names: Vec<_> = (0..20).map(|number| format!("d/f{number}")).collect();
    for name in &names {
        write(&peer.files(), &[(name, name.as_bytes())]);
    }
    let (addr, server) = scripted(breaks);
    let mut broken = Session::connect(addr, Options::default()).await.unwrap();
    broken.login("ann", "secret").await.unwrap();
    let mut helpers = vec![broken, login(&peer).await];
    let mut session = login(&peer).await;
    let local = tempfile::tempdir().unwrap();
    let folder = Folder::open(local.path()).unwrap();
    let mut lines = Vec::new();
    session
        .mirror_down(
            b"d",
            &folder,
            &Mirror::default(),
            &mut helpers,
            &mut told(&mut lines),
        )
        .await
        .unwrap();
    assert_eq!(helpers.len(), 1, "the broken one is gone");
    let lost = lines.iter().filter(|line| line.starts_with("lost: "));
    assert_eq!(lost.count(), 1, "and told of: {lines:?}");
    assert_eq!(lines.len(), 21, "each file once: {lines:?}");
    for name in &names {
        let here = local.path().join(name.strip_prefix("d/").unwrap());
        assert_eq!(std::fs::read(here).unwrap(), name.as_bytes());
    }
    server.join().unwrap();
}

/// From here on, what this thread may not read is not read, though it be root's.
fn obey_modes() {
    use rustix::thread::{CapabilitySet, capabilities, set_capabilities};
    let mut sets = capabilities(None).unwrap();
    sets.effective -= CapabilitySet::DAC_OVERRIDE | CapabilitySet::DAC_READ_SEARCH;
    set_capabilities(None, sets).unwrap();
}

pub(crate) fn deleting() -> Mirror {
    Mirror {
        delete: true,
        ..Mirror::default()
    }
}

#[tokio::test]
async fn nothing_is_removed_where_the_original_cannot_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let Some(peer) = pyftpdlib() else { return };
    let there = peer.files().join("d");
    write(
        &there,
        &[("secret/precious", b"1"), ("gone", b"2"), ("other/x", b"3")],
    );
    let local = tempfile::tempdir().unwrap();
    write(local.path(), &[("secret/precious", b"1"), ("a", b"a")]);
    let secret = local.path().join("secret");
    let mode = |bits| std::fs::set_permissions(&secret, PermissionsExt::from_mode(bits)).unwrap();
    mode(0);
    let mut session = login(&peer).await;
    obey_modes();
    let folder = Folder::open(local.path()).unwrap();
    let mut lines = Vec::new();
    session
        .mirror_up(
            &folder,
            b"d",
            &deleting(),
            &mut Vec::new(),
            &mut told(&mut lines),
        )
        .await
        .unwrap();
    mode(0o755);
    assert!(
        lines[0].starts_with("secret ") && lines[0].contains("denied"),
        "{lines:?}"
    );
    assert_eq!(
        lines[1..],
        ["a 1", "other/x removed", "other removed", "gone removed"]
    );
    assert_eq!(std::fs::read(there.join("secret/precious")).unwrap(), b"1");
    session.quit().await.unwrap();
}

#[tokio::test]
async fn nothing_is_removed_where_the_server_lists_nothing() {
    let (addr, server) = scripted(|script| {
        script.say("220 hi\r\n");
        script.hear("TYPE");
        script.say("200 ok\r\n");
        let listing = "type=dir; no\r\ntype=dir; none\r\ntype=dir; empty\r\n";
        transfer(script, "MLSD", listing.as_bytes());
        // vsftpd's way to say it, and everybody else's.
        let listener = script.passive_again([127, 0, 0, 1]);
        drop(listener.accept().unwrap());
        script.hear("MLSD none");
        script.say("150 here\r\n226 Transfer done (but failed to open directory).\r\n");
        let listener = script.passive_again([127, 0, 0, 1]);
        drop(listener.accept().unwrap());
        script.hear("MLSD no");
        script.say("550 no\r\n");
        transfer(script, "MLSD empty", b"");
        script.hear_end();
    });
    let local = tempfile::tempdir().unwrap();
    let files: [(&str, &[u8]); 4] = [
        ("no/a", b"1"),
        ("none/b", b"2"),
        ("empty/c", b"3"),
        ("e", b""),
    ];
    write(local.path(), &files);
    let folder = Folder::open(local.path()).unwrap();
    let mut session = Session::connect(addr, pasv()).await.unwrap();
    let mut lines = Vec::new();
    session
        .mirror_down(
            b"",
            &folder,
            &deleting(),
            &mut Vec::new(),
            &mut told(&mut lines),
        )
        .await
        .unwrap();
    drop(session);
    server.join().unwrap();
    assert!(local.path().join("no/a").exists() && local.path().join("none/b").exists());
    lines.sort();
    assert_eq!(lines[..2], ["e removed", "empty/c removed"]);
    assert!(lines[2].starts_with("no MLSD no: 550"), "{lines:?}");
    assert!(lines[3].starts_with("none MLSD none: "), "{lines:?}");
    assert_eq!(lines.len(), 4, "{lines:?}");
}
