//! Servers that lie, stall, flood or break off.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use client::{ClientError, DataMode, Options, Session};
use proto::Code;

use crate::peers::{Script, scripted};

pub(crate) fn impatient() -> Options {
    let short = Duration::from_millis(200);
    Options {
        reply_timeout: short,
        data_timeout: short,
        ..Options::default()
    }
}

pub(crate) async fn connect(addr: std::net::SocketAddr, options: Options) -> Session {
    Session::connect(addr, options).await.unwrap()
}

#[tokio::test]
async fn a_download_that_is_cut_does_not_get_its_name() {
    let (addr, server) = scripted(|script| {
        script.say("220 hi\r\n");
        let listener = script.passive([127, 0, 0, 1]);
        for (number, last) in ["426 cut\r\n", "451 disk\r\n", ""].into_iter().enumerate() {
            let listener = if number == 0 {
                listener.try_clone().unwrap()
            } else {
                script.passive_again([127, 0, 0, 1])
            };
            let (mut data, _) = listener.accept().unwrap();
            script.hear("RETR");
            script.say("150 here\r\n");
            data.write_all(b"half of it").unwrap();
            drop(data);
            // The last time, the server dies without a word.
            script.say(last);
        }
    });
    let local = tempfile::tempdir().unwrap();
    let kept = local.path().join("kept");
    std::fs::write(&kept, "old").unwrap();
    let mut session = connect(addr, Options::default()).await;
    let error = session
        .download("x", &local.path().join("new"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(Code::TRANSFER_ABORTED));
    let error = session.download("x", &kept).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::LOCAL_ERROR));
    let error = session.download("x", &kept).await.unwrap_err();
    assert!(
        matches!(error, ClientError::Closed | ClientError::Control(_)),
        "{error:?}"
    );
    server.join().unwrap();
    let names: Vec<_> = std::fs::read_dir(local.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["kept"]);
    assert_eq!(std::fs::read(&kept).unwrap(), b"old");
}

/// Gives some bytes, then fails.
struct Failing(usize);

impl Read for Failing {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        if self.0 == 0 {
            return Err(std::io::Error::other("the disk is gone"));
        }
        let count = bytes.len().min(self.0);
        bytes[..count].fill(b'x');
        self.0 -= count;
        Ok(count)
    }
}

#[tokio::test]
async fn an_upload_that_fails_here_is_no_whole_file_there() {
    let (addr, server) = scripted(|script| {
        script.say("220 hi\r\n");
        let listener = script.passive([127, 0, 0, 1]);
        let (mut data, _) = listener.accept().unwrap();
        script.hear("STOR");
        script.say("150 go on\r\n");
        let mut got = Vec::new();
        // The end of a file is a FIN; this must be a reset.
        let error = data.read_to_end(&mut got).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        script.say("426 cut\r\n");
        script.hear("NOOP");
        script.say("200 still here\r\n");
        script.hear_end();
    });
    let mut session = connect(addr, Options::default()).await;
    let error = session
        .store("x", 0, &mut Failing(100_000))
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::Local(_)), "{error:?}");
    session.noop().await.unwrap();
    drop(session);
    server.join().unwrap();
}

#[tokio::test]
async fn an_upload_that_the_server_cuts_is_reported() {
    let (addr, server) = scripted(|script| {
        script.say("220 hi\r\n");
        let listener = script.passive([127, 0, 0, 1]);
        let (data, _) = listener.accept().unwrap();
        script.hear("STOR");
        script.say("150 go on\r\n");
        drop(data);
        script.say("452 disk full\r\n");
        script.hear_end();
    });
    let mut session = connect(addr, Options::default()).await;
    let error = session
        .store("x", 0, &mut Failing(usize::MAX))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(Code::INSUFFICIENT_STORAGE), "{error:?}");
    drop(session);
    server.join().unwrap();
}

#[tokio::test]
async fn floods_are_bounded() {
    let line = [vec![b'x'; 4000], b"\r\n".to_vec()].concat();
    let endless = |first: &'static str| {
        let line = line.clone();
        scripted(move |script| {
            script.say(first);
            while script.say_if_heard(&line) {}
        })
    };
    // A reply without an end, and a line without one.
    let (addr, server) = endless("220-hi\r\n");
    let error = Session::connect(addr, Options::default())
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::BadReply(_)), "{error:?}");
    server.join().unwrap();

    let (addr, server) = scripted(|script| {
        script.say("220 ");
        let _ = script.say_if_heard(vec![b'x'; 1 << 20]);
        let _ = script.say_if_heard("\r\n");
    });
    let error = Session::connect(addr, Options::default())
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::LineTooLong(_)), "{error:?}");
    server.join().unwrap();

    let (addr, server) = scripted(|script| {
        script.say("220 hi\r\n");
        let listener = script.passive([127, 0, 0, 1]);
        let (mut data, _) = listener.accept().unwrap();
        script.hear("LIST");
        script.say("150 here\r\n");
        let block = vec![b'x'; 65_536];
        while data.write_all(&block).is_ok() {}
        script.say("426 you left\r\n");
        script.hear_end();
    });
    let mut session = connect(
        addr,
        Options {
            max_listing: 100_000,
            ..Options::default()
        },
    )
    .await;
    let error = session.list(None).await.unwrap_err();
    assert!(
        matches!(error, ClientError::ListingTooLong(100_000)),
        "{error:?}"
    );
    drop(session);
    server.join().unwrap();
}

#[tokio::test]
async fn silence_is_not_waited_for_for_ever() {
    let (addr, server) = scripted(Script::hear_end);
    let error = Session::connect(addr, impatient()).await.unwrap_err();
    assert!(
        matches!(error, ClientError::ReplyTimeout { .. }),
        "{error:?}"
    );
    server.join().unwrap();

    // The server says 150 but never dials.
    let (addr, server) = scripted(|script| {
        script.say("220 hi\r\n");
        script.hear("PORT");
        script.say("200 ok\r\n");
        script.hear("LIST");
        script.say("150 soon\r\n");
        script.hear_end();
    });
    let options = Options {
        mode: DataMode::Active,
        reply_timeout: Duration::from_secs(30),
        ..impatient()
    };
    let mut session = connect(addr, options).await;
    let error = session.list(None).await.unwrap_err();
    assert!(
        matches!(error, ClientError::NoDataConnection(_)),
        "{error:?}"
    );
    drop(session);
    server.join().unwrap();

    // It says that it cannot: then nobody waits.
    let (addr, server) = scripted(|script| {
        script.say("220 hi\r\n");
        script.hear("PORT");
        script.say("200 ok\r\n");
        script.hear("LIST");
        script.say("150 soon\r\n425 no\r\n");
        script.hear_end();
    });
    let options = Options {
        mode: DataMode::Active,
        ..Options::default()
    };
    let mut session = connect(addr, options).await;
    let error = session.list(None).await.unwrap_err();
    assert_eq!(
        error.code(),
        Some(Code::CANNOT_OPEN_DATA_CONNECTION),
        "{error:?}"
    );
    drop(session);
    server.join().unwrap();
}

#[tokio::test]
async fn names_of_a_listing_lead_nowhere_else() {
    let (addr, server) = scripted(|script| {
        script.say("220 hi\r\n");
        let listener = script.passive([127, 0, 0, 1]);
        let (mut data, _) = listener.accept().unwrap();
        script.hear("MLSD");
        script.say("150 here\r\n");
        for name in ["../../etc/passwd", "/etc/passwd", "..", ".", "good"] {
            data.write_all(format!("type=file; {name}\r\n").as_bytes())
                .unwrap();
        }
        drop(data);
        script.say("226 done\r\n");
        script.hear_end();
    });
    let mut session = connect(addr, Options::default()).await;
    let entries = session.entries(None).await.unwrap();
    let names: Vec<_> = entries.iter().map(|entry| entry.name.as_slice()).collect();
    assert_eq!(names, [b"good"]);
    drop(session);
    server.join().unwrap();
}

#[tokio::test]
async fn multi_line_replies_delays_and_goodbyes() {
    let (addr, server) = scripted(|script| {
        script.say("120 in a minute\r\n220-hi\r\n there\r\n220 ready\r\n");
        script.hear("HELP");
        script.say("214-a\r\n214-b\r\n215 c\r\n214 d\r\n");
        script.hear("QUIT");
        script.say("221 bye\r\n");
        // The server closes first: the client must still be there.
        script.say("and more\r\n");
    });
    let mut session = connect(addr, Options::default()).await;
    assert_eq!(session.greeting().lines.len(), 3);
    assert_eq!(session.quote("HELP").await.unwrap().lines.len(), 4);
    session.quit().await.unwrap();
    server.join().unwrap();
    // Nobody is there any more.
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    assert!(matches!(
        Session::connect(free, Options::default()).await,
        Err(ClientError::Connect { .. })
    ));
}
