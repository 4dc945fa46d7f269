//! Who may do what, and what becomes of what was cut.

use std::io::Write;
use std::time::Duration;

use server::{Config, ConfigError, PasswordHash, Settings, User};

use crate::common::{PATIENCE, Raw, bytes, start};

fn store(raw: &mut Raw, command: &str, content: &[u8]) {
    let mut data = raw.passive();
    raw.ask(command, 150);
    data.write_all(content).unwrap();
    drop(data);
    raw.expect(226);
}

#[test]
fn a_hashed_password_admits_like_any_other() {
    let hash = PasswordHash::of(b"carrot").unwrap();
    let server = start(|builder| builder.user(User::hashed("eve", hash).read_only()));
    let mut raw = server.connect();
    raw.ask("USER eve", 331);
    raw.ask("PASS potato", 530);
    raw.ask("USER nobody", 331);
    raw.ask("PASS carrot", 530);
    raw.ask("USER eve", 331);
    raw.ask("PASS carrot", 230);
    raw.ask("MKD x", 550);
    raw.ask("STOR x", 550);
    raw.ask("DELE x", 550);
}

#[test]
fn anonymous_may_drop_new_files_and_see_none() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("incoming")).unwrap();
    std::fs::create_dir(root.path().join("incoming2")).unwrap();
    std::fs::write(root.path().join("incoming/old"), "old").unwrap();
    std::fs::write(root.path().join("open"), "open").unwrap();
    let server = crate::common::start_in(root, |builder| builder.anonymous_upload("incoming"));
    let mut raw = server.connect();
    raw.ask("USER anonymous", 331);
    raw.ask("PASS a@b", 230);
    store(&mut raw, "STOR incoming/new", b"new");
    assert_eq!(server.read("incoming/new"), b"new");
    raw.ask("CWD incoming", 250);
    for (command, code) in [
        ("STOR old", 553),
        ("STOR new", 553),
        ("STOR ../incoming2/x", 550),
        ("STOR ../x", 550),
        ("STOR sub/x", 550),
        ("APPE new", 550),
        ("RETR new", 550),
        ("RETR ../incoming/new", 550),
        ("SIZE new", 550),
        ("MDTM new", 550),
        ("MLST new", 550),
        ("MLSD", 550),
        ("LIST", 550),
        ("LIST n*", 550),
        ("NLST ../incoming", 550),
        ("STAT .", 550),
        ("STAT new", 550),
        ("DELE new", 550),
        ("RNFR new", 550),
        ("MKD d", 550),
        ("RMD ../incoming2", 550),
        ("MFMT 20010209135046 new", 550),
        ("SITE CHMOD 777 new", 550),
    ] {
        raw.ask(command, code);
    }
    raw.ask("TYPE I", 200);
    raw.ask("REST 1", 350);
    raw.ask("STOR newer", 554);

    // Two who store the same new name at once: one of them has it.
    let mut other = server.connect();
    other.ask("USER ftp", 331);
    other.ask("PASS x", 230);
    let (mut first, mut second) = (raw.passive(), other.passive());
    raw.ask("STOR same", 150);
    other.ask("STOR /incoming/same", 150);
    first.write_all(b"first").unwrap();
    drop(first);
    raw.expect(226);
    second.write_all(b"second").unwrap();
    drop(second);
    assert!(other.reply().starts_with('4'));
    assert_eq!(server.read("incoming/same"), b"first");

    // One who may write sees it all.
    let mut raw = server.login();
    assert_eq!(raw.fetch("RETR incoming/new"), b"new");
    assert_eq!(
        raw.fetch("NLST incoming"),
        b"incoming/new\r\nincoming/old\r\nincoming/same\r\n"
    );
}

#[test]
fn an_upload_folder_that_cannot_be_is_named() {
    let root = tempfile::tempdir().unwrap();
    let builder = || Config::builder(root.path());
    for (directory, expected) in [("none", "none"), ("/", "within")] {
        let error = builder().anonymous_upload(directory).build().unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    assert!(matches!(
        builder()
            .user(User::new("a", "b"))
            .anonymous(false)
            .anonymous_upload("x")
            .build(),
        Err(ConfigError::NoAnonymous)
    ));
}

#[test]
fn a_cut_upload_stays_only_when_asked_for() {
    let content = bytes(100_000);
    let server = start(|builder| builder.keep_partial(true));
    server.write("old", "old");
    let mut raw = server.login();
    raw.ask("TYPE I", 200);
    for name in ["new", "old"] {
        let mut data = raw.passive();
        raw.ask(&format!("STOR {name}"), 150);
        data.write_all(&content[..40_000]).unwrap();
        // The server has taken all of it when it says so.
        while !raw.ask("STAT", 213).contains(" 40000 bytes") {}
        raw.ask("ABOR", 426);
        raw.expect(226);
    }
    assert_eq!(server.read("old"), b"old");
    assert_eq!(raw.ask("SIZE new", 213), "213 40000\r\n");
    store(&mut raw, "APPE new", &content[40_000..]);
    assert!(server.read("new") == content);
    assert_eq!(server.names(), ["new", "old"]);
}

#[test]
fn settings_can_be_replaced_while_sessions_run() {
    let root = tempfile::tempdir().unwrap();
    let config = |greeting: &str| {
        let builder = Config::builder(root.path()).greeting(greeting);
        builder.build().unwrap()
    };
    let settings = Settings::from(config("first"));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let addr = listener.local_addr().unwrap();
    let shutdown = tokio_util::sync::CancellationToken::new();
    let (token, shared) = (shutdown.clone(), settings.clone());
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            server::run(listener, shared, token).await.unwrap();
        });
    });
    let mut old = Raw::connect(addr);
    assert_eq!(old.expect(220), "220 first\r\n");
    settings.replace(config("second"));
    let mut new = Raw::connect(addr);
    assert_eq!(new.expect(220), "220 second\r\n");
    old.ask("NOOP", 200);
    shutdown.cancel();
    thread.join().unwrap();
}

#[test]
fn every_file_that_was_moved_is_logged() {
    let log = tempfile::tempdir().unwrap();
    let path = log.path().join("xferlog");
    let server = start(|builder| builder.xferlog(&path));
    let mut raw = server.login();
    raw.ask("TYPE I", 200);
    store(&mut raw, "STOR a b", b"content");
    raw.ask("TYPE A", 200);
    assert_eq!(raw.fetch("RETR a b"), b"content");
    raw.fetch("LIST");
    let mut data = raw.passive();
    raw.ask("STOR cut", 150);
    data.write_all(b"cut").unwrap();
    raw.ask("ABOR", 426);
    raw.expect(226);
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text
        .lines()
        .map(|line| line.split(' ').rev().take(10).collect::<Vec<_>>())
        .map(|mut words| {
            words.reverse();
            words.join(" ")
        })
        .collect();
    assert_eq!(
        lines,
        [
            "/a_b b _ i r ann ftp 0 * c",
            "/a_b a _ o r ann ftp 0 * c",
            "/cut a _ i r ann ftp 0 * i",
        ]
    );
}

/// REIN, or anything else that is allowed before the login, does not begin its time anew.
#[test]
fn the_time_to_log_in_cannot_be_prolonged() {
    let server = start(|builder| builder.login_timeout(Duration::from_millis(500)));
    for command in ["REIN", "NOOP", "USER ann"] {
        let mut raw = server.connect();
        let begun = std::time::Instant::now();
        loop {
            // The server may be gone already.
            let _ = raw
                .stream
                .get_mut()
                .write_all(format!("{command}\r\n").as_bytes());
            let reply = raw.reply();
            if reply.starts_with("421 ") {
                break;
            }
            assert!(begun.elapsed() < PATIENCE, "{command} goes on for ever");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
