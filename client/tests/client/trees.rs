//! Whole trees, patterns, resumption and ABOR; and servers that would misuse them.

use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;

use client::{ClientError, Folder, Mirror, MirrorEvent, Options, Session};
use proto::TypeCode;

use crate::peers::{Peer, Script, bytes, proftpd, pyftpdlib, scripted, vsftpd};

async fn login(peer: &Peer) -> Session {
    let mut session = Session::connect(peer.addr, Options::default())
        .await
        .unwrap();
    session.login(peer.user, "secret").await.unwrap();
    session.type_(TypeCode::Image).await.unwrap();
    session
}

/// What a mirror tells, as lines.
fn told(lines: &mut Vec<String>) -> impl FnMut(&MirrorEvent<'_>) {
    |event| {
        let text = |path: &[u8]| String::from_utf8_lossy(path).into_owned();
        lines.push(match event {
            MirrorEvent::Transferred { path, bytes } => format!("{} {bytes}", text(path)),
            MirrorEvent::Same(path) => format!("{} same", text(path)),
            MirrorEvent::Removed(path) => format!("{} removed", text(path)),
            MirrorEvent::Skipped(path) => format!("{} skipped", text(path)),
            MirrorEvent::SessionLost(error) => format!("lost: {error}"),
            MirrorEvent::Failed { path, error } => format!("{} {error}", text(path)),
        });
    }
}

fn write(folder: &Path, files: &[(&str, &[u8])]) {
    for (name, content) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

async fn both_ways(peer: &Peer) {
    let big = bytes(200_000);
    write(
        &peer.files().join("tree"),
        &[
            ("a", &big),
            ("d/b c", b"bc"),
            ("d/e/f", b""),
            ("d/-x", b"-"),
        ],
    );
    let local = tempfile::tempdir().unwrap();
    let folder = Folder::open(local.path()).unwrap();
    let mut session = login(peer).await;
    let mirror = Mirror {
        skip_same: true,
        delete: true,
        ..Mirror::default()
    };
    // Files go over three connections at the same time.
    let mut helpers = vec![login(peer).await, login(peer).await];
    let mut lines = Vec::new();
    session
        .mirror_down(
            b"tree",
            &folder,
            &mirror,
            &mut helpers,
            &mut told(&mut lines),
        )
        .await
        .unwrap();
    lines.sort();
    assert_eq!(lines, ["a 200000", "d/-x 1", "d/b c 2", "d/e/f 0"]);
    assert!(std::fs::read(local.path().join("a")).unwrap() == big);
    assert_eq!(std::fs::read(local.path().join("d/b c")).unwrap(), b"bc");

    // The second time all is the same, but for what is changed and what is too much.
    write(local.path(), &[("d/e/f", b"changed"), ("d/more/z", b"z")]);
    let mut lines = Vec::new();
    session
        .mirror_down(
            b"tree",
            &folder,
            &mirror,
            &mut helpers,
            &mut told(&mut lines),
        )
        .await
        .unwrap();
    lines.sort();
    assert_eq!(
        lines,
        [
            "a same",
            "d/-x same",
            "d/b c same",
            "d/e/f 0",
            "d/more removed"
        ]
    );

    let mut lines = Vec::new();
    session
        .mirror_up(
            &folder,
            b"copy",
            &mirror,
            &mut helpers,
            &mut told(&mut lines),
        )
        .await
        .unwrap();
    lines.sort();
    assert_eq!(lines, ["a 200000", "d/-x 1", "d/b c 2", "d/e/f 0"]);
    assert!(std::fs::read(peer.files().join("copy/a")).unwrap() == big);
    std::fs::remove_file(local.path().join("d/b c")).unwrap();
    let mut lines = Vec::new();
    session
        .mirror_up(
            &folder,
            b"copy",
            &mirror,
            &mut helpers,
            &mut told(&mut lines),
        )
        .await
        .unwrap();
    lines.sort();
    assert_eq!(
        lines,
        ["a same", "d/-x same", "d/b c removed", "d/e/f same"]
    );

    // A directory that is not there is not an empty one, which would remove everything.
    let error = session
        .mirror_down(
            b"nowhere",
            &folder,
            &mirror,
            &mut helpers,
            &mut told(&mut Vec::new()),
        )
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::Refused { .. }), "{error:?}");
    assert!(local.path().join("a").exists());

    assert_eq!(helpers.len(), 2, "none was lost");

    let matches = session.glob(b"t*/d/*c").await.unwrap();
    let paths: Vec<_> = matches.iter().map(|found| found.path.as_slice()).collect();
    assert_eq!(paths, [b"tree/d/b c"]);

    session.remove_tree(b"copy").await.unwrap();
    assert!(!peer.files().join("copy").exists());

    // Resumed in the middle, under another name until it is whole.
    std::fs::write(local.path().join("a"), &big[..777]).unwrap();
    let mut part = folder.part(b"a", true).unwrap();
    assert!(!local.path().join("a").exists());
    let transfer = session
        .continue_download("tree/a", &mut part, Some(200_000))
        .await
        .unwrap();
    assert_eq!(transfer.bytes, 200_000 - 777);
    part.finish(None).unwrap();
    assert!(std::fs::read(local.path().join("a")).unwrap() == big);
    session.quit().await.unwrap();
}

#[tokio::test]
async fn trees_with_pyftpdlib() {
    let Some(peer) = pyftpdlib() else { return };
    both_ways(&peer).await;
}

#[tokio::test]
async fn trees_with_vsftpd() {
    let Some(peer) = vsftpd() else { return };
    both_ways(&peer).await;
}

#[tokio::test]
async fn trees_with_proftpd() {
    let Some(peer) = proftpd(None) else { return };
    both_ways(&peer).await;
}

/// Stops a download of more than any buffer holds as soon as bytes come; the session goes on.
async fn aborted(peer: &Peer) {
    struct Stop(client::Aborter);
    impl Write for Stop {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            assert!(self.0.abort());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let file = std::fs::File::create(peer.files().join("big")).unwrap();
    file.set_len(4 << 30).unwrap();
    let mut session = login(peer).await;
    let mut stop = Stop(session.aborter());
    assert!(!session.aborter().abort(), "nothing is under way");
    session.aborter().forget();
    for _ in 0..2 {
        let error = session.retrieve("big", 0, &mut stop).await.unwrap_err();
        assert!(matches!(error, ClientError::Aborted), "{error:?}");
        assert_eq!(session.size("big").await.unwrap(), 4 << 30);
    }
    assert_eq!(session.nlst(None).await.unwrap(), [b"big"]);
    session.quit().await.unwrap();
}

#[tokio::test]
async fn abor_with_pyftpdlib() {
    let Some(peer) = pyftpdlib() else { return };
    aborted(&peer).await;
}

#[tokio::test]
async fn abor_with_vsftpd() {
    let Some(peer) = vsftpd() else { return };
    aborted(&peer).await;
}

#[tokio::test]
async fn abor_with_proftpd() {
    let Some(peer) = proftpd(None) else { return };
    aborted(&peer).await;
}

/// Answers one transfer with `data`.
fn transfer(script: &mut Script, verb: &str, data: &[u8]) {
    let listener = script.passive_again([127, 0, 0, 1]);
    let (mut stream, _) = listener.accept().unwrap();
    script.hear(verb);
    script.say("150 here\r\n");
    stream.write_all(data).unwrap();
    drop(stream);
    script.say("226 done\r\n");
}

fn pasv() -> Options {
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

fn deleting() -> Mirror {
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

#[tokio::test]
async fn an_abort_that_comes_between_two_transfers_is_not_lost() {
    let (addr, server) = scripted(|script| {
        script.say("220 hi\r\n");
        script.hear("TYPE");
        script.say("200 ok\r\n");
        transfer(script, "RETR one", b"1");
        transfer(script, "RETR two", b"2");
        script.hear("TYPE");
        script.say("200 ok\r\n");
        let listing = "type=file;size=1;modify=20200101000000; x\r\n";
        transfer(script, "MLSD", listing.as_bytes());
        script.hear_end();
    });
    let mut session = Session::connect(addr, pasv()).await.unwrap();
    session.type_(TypeCode::Image).await.unwrap();
    let mut got = Vec::new();
    session.retrieve("one", 0, &mut got).await.unwrap();
    session.aborter().abort();
    // The server is not asked for more; and that was the answer, so the next one is.
    let error = session.retrieve("more", 0, &mut got).await.unwrap_err();
    assert!(matches!(error, ClientError::Aborted), "{error:?}");
    session.retrieve("two", 0, &mut got).await.unwrap();
    assert_eq!(got, b"12");

    // Nor is a mirror that has no more to transfer, but to remove.
    let local = tempfile::tempdir().unwrap();
    let same = local.path().join("x");
    write(local.path(), &[("x", b"x"), ("mine", b"m")]);
    let time = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::new(1_577_836_800, 0);
    let file = std::fs::File::options().append(true).open(same).unwrap();
    file.set_modified(time).unwrap();
    let folder = Folder::open(local.path()).unwrap();
    let aborter = session.aborter();
    let mirror = Mirror {
        skip_same: true,
        ..deleting()
    };
    let mut tell = |event: &MirrorEvent<'_>| {
        assert!(matches!(event, MirrorEvent::Same(_)), "{event:?}");
        aborter.abort();
    };
    let mut nobody = Vec::new();
    let mirrored = session.mirror_down(b"", &folder, &mirror, &mut nobody, &mut tell);
    let error = mirrored.await.unwrap_err();
    assert!(matches!(error, ClientError::Aborted), "{error:?}");
    assert!(local.path().join("mine").exists());
    drop(session);
    server.join().unwrap();
}
