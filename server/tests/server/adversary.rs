//! What a hostile or a careless client tries: to reach what is hidden, to lose what is there, to
//! be more than it may be, to steer whoever reads the answers.

use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};

use server::{Config, Settings};
use tokio_util::sync::CancellationToken;

use crate::common::{Raw, start, start_in};

#[test]
fn the_drop_box_is_hidden_by_every_way_that_leads_there() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    std::fs::create_dir_all(at("incoming/sub")).unwrap();
    std::fs::create_dir(at("d")).unwrap();
    std::fs::write(at("incoming/secret"), "secret").unwrap();
    std::fs::write(at("incoming/sub/deep"), "deep").unwrap();
    symlink("incoming", at("via")).unwrap();
    symlink("../incoming", at("d/up")).unwrap();
    symlink("incoming/secret", at("file")).unwrap();
    symlink("file", at("file2")).unwrap();
    let server = start_in(root, |builder| builder.anonymous_upload("incoming"));
    let mut raw = server.connect();
    raw.ask("USER anonymous", 331);
    raw.ask("PASS a@b", 230);
    for path in [
        "incoming/secret",
        "via/secret",
        "via/sub/deep",
        "d/up/secret",
        "d/../via/./secret",
        "//incoming//secret",
        "file",
        "file2",
        "incoming/sub/deep",
    ] {
        for command in ["RETR", "SIZE", "MDTM", "LIST", "NLST", "STAT"] {
            raw.ask(&format!("{command} {path}"), 550);
        }
    }
    for command in [
        "LIST via",
        "NLST via/s*",
        "MLSD via",
        "MLSD d/up/sub",
        "MLST via/secret",
        "STAT via",
        "STAT d/up/s*",
    ] {
        raw.ask(command, 550);
    }
    for directory in ["/incoming", "/via", "/d/up", "/via/sub"] {
        raw.ask(&format!("CWD {directory}"), 250);
        for command in ["LIST", "LIST -a", "NLST", "MLSD", "STAT .", "MLST secret"] {
            raw.ask(command, 550);
        }
    }
    // What is not hidden is there, with the link as a link.
    raw.ask("CWD /", 250);
    assert_eq!(
        raw.fetch("NLST"),
        b"d\r\nfile\r\nfile2\r\nincoming\r\nvia\r\n"
    );
}

#[test]
fn an_upload_that_never_comes_costs_nothing() {
    let server = start(|builder| builder.data_timeout(std::time::Duration::from_millis(200)));
    server.write("f", "0123456789");
    let mut raw = server.login();
    raw.ask("TYPE I", 200);
    raw.ask("REST 4", 350);
    raw.ask("STOR f", 425);
    assert_eq!(server.read("f"), b"0123456789");
    for command in ["REST 4", "NOOP"] {
        raw.ask("PASV", 227);
        raw.send(format!("{command}\r\n"));
        raw.reply();
        raw.ask("STOR f", 150);
        raw.expect(425);
        assert_eq!(server.read("f"), b"0123456789", "{command}");
    }
    // One that comes and is empty does cut the file off.
    let data = raw.passive();
    raw.ask("REST 4", 350);
    raw.ask("STOR f", 150);
    drop(data);
    raw.expect(226);
    assert_eq!(server.read("f"), b"0123");
    assert_eq!(server.names(), ["f"]);
}

#[test]
fn new_content_does_not_open_a_file_to_others() {
    let server = start(|builder| builder);
    server.write("private", "old");
    let path = server.root.path().join("private");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let mut raw = server.login();
    let mut data = raw.passive();
    raw.ask("STOR private", 150);
    data.write_all(b"new").unwrap();
    drop(data);
    raw.expect(226);
    assert_eq!(server.read("private"), b"new");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn the_servers_own_names_cannot_be_taken() {
    let server = start(|builder| builder);
    server.write("f", "x");
    let mut raw = server.login();
    let name = ".ftplab-upload-x";
    raw.ask(&format!("MKD {name}"), 550);
    raw.ask(&format!("STOR {name}"), 553);
    raw.ask(&format!("APPE d/{name}"), 553);
    raw.ask("RNFR f", 350);
    raw.ask(&format!("RNTO {name}"), 553);
    assert_eq!(server.names(), ["f"]);
}

#[test]
fn an_upload_that_is_not_whole_is_out_of_reach() {
    let server = start(|builder| builder);
    let mut raw = server.login();
    let mut data = raw.passive();
    raw.ask("STOR f", 150);
    data.write_all(b"half").unwrap();
    let hidden = || {
        let names = std::fs::read_dir(server.root.path()).unwrap();
        let mut names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.find(|name| name.starts_with(".ftplab-upload-"))
    };
    let name = hidden().unwrap();
    let mut other = server.login();
    for command in [
        "RETR",
        "SIZE",
        "MDTM",
        "DELE",
        "RNFR",
        "MLST",
        "MFMT 20200101000000",
        "SITE CHMOD 600",
        "SITE UTIME 202001010000",
    ] {
        let _data = other.passive();
        other.ask(&format!("{command} {name}"), 550);
    }
    other.passive();
    other.ask(&format!("LIST {name}"), 550);
    drop(data);
    raw.expect(226);
    assert_eq!(server.read("f"), b"half");
    assert_eq!(hidden(), None);
}

#[test]
fn a_drop_box_that_is_gone_hides_nothing_else() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("incoming")).unwrap();
    std::fs::write(root.path().join("pub"), "open").unwrap();
    let server = start_in(root, |builder| builder.anonymous_upload("incoming"));
    let root = server.root.path();
    std::fs::rename(root.join("incoming"), root.join("elsewhere")).unwrap();
    let mut raw = server.connect();
    raw.ask("USER anonymous", 331);
    raw.ask("PASS me@", 230);
    raw.ask("TYPE I", 200);
    assert_eq!(raw.fetch("RETR pub"), b"open");
    assert!(!raw.fetch("LIST").is_empty());
    assert!(!raw.fetch("LIST -R").is_empty());
}

#[test]
fn only_letters_that_are_options_are_taken_for_them() {
    let server = start(|builder| builder);
    server.write("f", "");
    let mut raw = server.login();
    assert!(!raw.fetch("LIST -la").is_empty());
    raw.passive();
    raw.ask("LIST -Report", 550);
}

#[test]
fn a_persona_offers_nothing_that_its_server_lacks() {
    let server = start(|builder| builder.persona(server::Persona::named("vsftpd").unwrap()));
    server.write("f", "");
    let mut raw = server.login();
    assert!(!raw.ask("FEAT", 211).contains("UTIME"));
    let help = raw.ask("HELP", 214);
    assert!(help.contains("RETR") && !help.contains("MLSD"), "{help}");
    raw.ask("SITE UTIME 202001010000 f", 500);
}

#[test]
fn no_answer_steers_the_terminal_of_who_reads_it() {
    for persona in ["ftplab", "iis5", "vsftpd"] {
        let persona = server::Persona::named(persona).unwrap();
        let server = start(|builder| builder.persona(persona));
        let mut raw = server.login();
        for command in [
            "USER \x1b[31m",
            "PASS \x1b[31m",
            "USER ann",
            "PASS secret",
            "RETR none\x1b[31m",
            "CWD none\x1b[31m",
            "X\x1b[31m",
            "HELP \x1b[31m",
            "SITE \x1b[31m",
            "OPTS \x1b[31m",
        ] {
            raw.send(format!("{command}\r\n"));
            let reply = raw.reply();
            assert!(!reply.contains('\x1b'), "{command:?}: {reply:?}");
        }
        let data = raw.passive();
        raw.send("STOR red\x1b[31m\r\n");
        drop(data);
        for _ in 0..2 {
            let reply = raw.reply();
            assert!(!reply.contains('\x1b'), "{reply:?}");
        }
        assert_eq!(server.names(), ["red\x1b[31m"]);
    }
}

#[test]
fn limits_hold_over_all_listening_sockets() {
    let root = tempfile::tempdir().unwrap();
    let config = Config::builder(root.path())
        .max_sessions(2)
        .build()
        .unwrap();
    let settings = Settings::from(config);
    let shutdown = CancellationToken::new();
    let (mut addresses, mut listeners) = (Vec::new(), Vec::new());
    for _ in 0..2 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        addresses.push(listener.local_addr().unwrap());
        listeners.push(listener);
    }
    let token = shutdown.clone();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut servers = tokio::task::JoinSet::new();
            for listener in listeners {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                servers.spawn(server::run(listener, settings.clone(), token.clone()));
            }
            while let Some(ended) = servers.join_next().await {
                ended.unwrap().unwrap();
            }
        });
    });
    let mut sessions: Vec<_> = addresses.iter().map(|addr| Raw::connect(*addr)).collect();
    for session in &mut sessions {
        session.expect(220);
    }
    for addr in &addresses {
        let mut third = Raw::connect(*addr);
        third.expect(421);
        third.expect_closed();
    }
    // A place that is given back at one of them is there for the other.
    let mut first = sessions.remove(0);
    first.ask("QUIT", 221);
    first.expect_closed();
    let deadline = std::time::Instant::now() + crate::common::PATIENCE;
    while !Raw::connect(addresses[1]).reply().starts_with("220") {
        assert!(
            std::time::Instant::now() < deadline,
            "the place never became free"
        );
    }
    shutdown.cancel();
    thread.join().unwrap();
}

#[test]
fn passive_ports_of_a_range_do_not_come_in_turn() {
    let server = start(|builder| builder.passive_ports(20_000..=29_999));
    let mut raw = server.login();
    let ports: Vec<i32> = (0..12)
        .map(|_| {
            let reply = raw.ask("EPSV", 229);
            proto::parse_229(reply.as_bytes()).unwrap().into()
        })
        .collect();
    let mut steps: Vec<_> = ports.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.sort_unstable();
    steps.dedup();
    // Eleven steps of which no more than half are alike: by chance never otherwise.
    assert!(steps.len() > 5, "{ports:?}");
}

/// The urgent byte takes its IAC with it in some clients; others send one too many.
#[test]
fn an_interrupt_is_understood_however_it_is_sent() {
    let server = start(|builder| builder);
    let mut raw = server.login();
    for before in [
        &b"\xff\xf4\xff\xf2"[..],
        b"\xff\xf4\xf2",
        b"\xf4\xff",
        b"\xf2",
        b"\xff\xf4\xff",
        b"\xff\xfa\x18\x01x\xff\xf0\xff\xf4\xff\xf2",
    ] {
        let stream = raw.stream.get_mut();
        let flags = rustix::net::SendFlags::OOB;
        assert_eq!(rustix::net::send(&*stream, before, flags), Ok(before.len()));
        raw.ask("ABOR", 226);
    }
    raw.ask("NOOP", 200);
}
