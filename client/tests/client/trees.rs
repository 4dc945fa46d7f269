//! Whole trees, patterns, resumption and ABOR; and servers that would misuse them.

use std::io::Write;
use std::path::Path;

use client::{ClientError, Folder, Mirror, MirrorEvent, Options, Session};
use proto::TypeCode;

use crate::mistrust::{deleting, pasv, transfer};
use crate::peers::{Peer, bytes, proftpd, pyftpdlib, scripted, vsftpd};

pub(crate) async fn login(peer: &Peer) -> Session {
    let mut session = Session::connect(peer.addr, Options::default())
        .await
        .unwrap();
    session.login(peer.user, "secret").await.unwrap();
    session.type_(TypeCode::Image).await.unwrap();
    session
}

/// What a mirror tells, as lines.
pub(crate) fn told(lines: &mut Vec<String>) -> impl FnMut(&MirrorEvent<'_>) {
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

pub(crate) fn write(folder: &Path, files: &[(&str, &[u8])]) {
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
