//! Real servers: everything up and down, in every mode, byte for byte.

use std::io::Cursor;

use client::{ClientError, DataMode, Options, Session};
use proto::{Code, EntryKind, TypeCode};

use crate::peers::{Peer, bytes, proftpd, pyftpdlib, vsftpd};

#[tokio::test]
async fn pyftpdlib_in_every_mode() {
    let Some(peer) = pyftpdlib() else { return };
    for mode in [
        DataMode::Passive,
        DataMode::Pasv,
        DataMode::Active,
        DataMode::Eprt,
    ] {
        whole_session(&peer, mode).await;
    }
    let mut session = login(&peer, DataMode::Passive).await;
    std::fs::write(peer.files().join("known"), "12345").unwrap();
    let entries = session.mlsd(None).await.unwrap();
    let known = entries.iter().find(|entry| entry.name == b"known").unwrap();
    assert_eq!((known.kind, known.size), (EntryKind::File, Some(5)));
    session.quit().await.unwrap();
}

#[tokio::test]
async fn vsftpd_in_every_mode() {
    let Some(peer) = vsftpd() else { return };
    for mode in [
        DataMode::Passive,
        DataMode::Pasv,
        DataMode::Active,
        DataMode::Eprt,
    ] {
        whole_session(&peer, mode).await;
    }
    // vsftpd does not know MLSD: the entries come from LIST.
    let mut session = login(&peer, DataMode::Passive).await;
    assert!(
        session
            .mlsd(None)
            .await
            .unwrap_err()
            .code()
            .is_some_and(Code::is_negative)
    );
    std::fs::write(peer.files().join("known"), "12345").unwrap();
    let entries = session.entries(None).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(
        (entries[0].name.as_slice(), entries[0].size),
        (&b"known"[..], Some(5))
    );
    session.quit().await.unwrap();
}

#[tokio::test]
async fn proftpd_in_every_mode() {
    let Some(peer) = proftpd(None) else { return };
    for mode in [
        DataMode::Passive,
        DataMode::Pasv,
        DataMode::Active,
        DataMode::Eprt,
    ] {
        whole_session(&peer, mode).await;
    }
}

async fn login(peer: &Peer, mode: DataMode) -> Session {
    let options = Options {
        mode,
        ..Options::default()
    };
    let mut session = Session::connect(peer.addr, options).await.unwrap();
    assert_eq!(session.greeting().code, Code::READY);
    session.login(peer.user, "secret").await.unwrap();
    session
}

/// Leaves the server's directory as empty as it was.
async fn whole_session(peer: &Peer, mode: DataMode) {
    let content = bytes(300_000);
    let mut session = login(peer, mode).await;
    assert!(session.syst().await.unwrap().starts_with("UNIX"));
    session.type_(TypeCode::Image).await.unwrap();
    session.mkdir("dir").await.unwrap();
    session.cwd("dir").await.unwrap();
    // vsftpd, which may not change its root here, shows the whole path.
    assert!(session.pwd().await.unwrap().ends_with(b"/dir"));

    let stored = session
        .store("a b", 0, &mut Cursor::new(&content))
        .await
        .unwrap();
    assert_eq!(stored.bytes, 300_000);
    assert!(std::fs::read(peer.files().join("dir/a b")).unwrap() == content);
    assert_eq!(session.size("a b").await.unwrap(), 300_000);
    session.mdtm("a b").await.unwrap();

    for offset in [0_usize, 1, 299_999] {
        let mut got = Vec::new();
        let transfer = session
            .retrieve("a b", offset as u64, &mut got)
            .await
            .unwrap();
        assert!(got == content[offset..]);
        assert_eq!(transfer.bytes, (300_000 - offset) as u64);
        assert_eq!(transfer.reply.code, Code::CLOSING_DATA_CONNECTION);
    }
    session.append("a b", &mut &b"more"[..]).await.unwrap();
    assert_eq!(session.size("a b").await.unwrap(), 300_004);

    assert_eq!(session.nlst(None).await.unwrap(), [b"a b"]);
    assert_eq!(session.list(None).await.unwrap().len(), 1);
    let entries = session.entries(None).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(
        (entries[0].name.as_slice(), entries[0].size),
        (&b"a b"[..], Some(300_004))
    );

    let local = tempfile::tempdir().unwrap();
    let file = local.path().join("file");
    session.download("a b", &file).await.unwrap();
    assert!(std::fs::read(&file).unwrap()[..300_000] == content);
    std::fs::write(&file, &content[..1000]).unwrap();
    session.resume_download("a b", &file).await.unwrap();
    assert_eq!(std::fs::read(&file).unwrap().len(), 300_004);
    session.upload(&file, "copy").await.unwrap();
    assert_eq!(session.size("copy").await.unwrap(), 300_004);

    session
        .type_(TypeCode::Ascii(proto::Format::NonPrint))
        .await
        .unwrap();
    session
        .store("text", 0, &mut &b"one\ntwo\n"[..])
        .await
        .unwrap();
    assert_eq!(
        std::fs::read(peer.files().join("dir/text")).unwrap(),
        b"one\ntwo\n"
    );
    let mut text = Vec::new();
    let transfer = session.retrieve("text", 0, &mut text).await.unwrap();
    assert_eq!((text.as_slice(), transfer.bytes), (&b"one\ntwo\n"[..], 10));

    // A refusal leaves the session usable.
    let refused = session
        .retrieve("none", 0, &mut Vec::new())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some(Code::FILE_UNAVAILABLE));
    assert!(matches!(
        session.download("none", &local.path().join("none")).await,
        Err(ClientError::Refused { .. })
    ));
    assert!(!local.path().join("none").exists());
    session.noop().await.unwrap();

    session.rename("a b", "c").await.unwrap();
    for name in ["c", "copy", "text"] {
        session.delete(name).await.unwrap();
    }
    assert!(session.nlst(None).await.unwrap_or_default().is_empty());
    session.cdup().await.unwrap();
    session.rmdir("dir").await.unwrap();
    assert_eq!(session.quote("NOOP").await.unwrap().code, Code::OKAY);
    let goodbye = session.quit().await.unwrap();
    assert_eq!(goodbye.code, Code::CLOSING_CONTROL_CONNECTION);
}

#[tokio::test]
async fn a_wrong_password_is_a_refusal_that_does_not_show_it() {
    let Some(peer) = pyftpdlib() else { return };
    let mut session = Session::connect(peer.addr, Options::default())
        .await
        .unwrap();
    let error = session.login("ann", "hunter2").await.unwrap_err();
    assert_eq!(error.code(), Some(Code::NOT_LOGGED_IN));
    assert!(
        !format!("{error} {error:?}").contains("hunter2"),
        "{error:?}"
    );
}
