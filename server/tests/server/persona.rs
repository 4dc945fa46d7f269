//! The server in the words of others.

use std::io::Read;
use std::net::{TcpListener, TcpStream};

use server::Persona;

use crate::common::{Raw, start};

/// The session of a client of 2002 with that server, whose lengths were printed in a trace.
#[test]
fn iis5_byte_for_byte() {
    let server = start(|builder| builder.persona(Persona::named("iis5").unwrap()));
    server.write("dirmap.txt", "12345");
    std::fs::create_dir(server.root.path().join("bussys")).unwrap();
    let mut raw = Raw::connect(server.addr);
    let exactly = |reply: String, text: &str, length: usize| {
        assert_eq!(reply, text);
        assert_eq!(reply.len(), length);
    };
    exactly(
        raw.expect(220),
        "220 cpmsftftpa03 Microsoft FTP Service (Version 5.0).\r\n",
        55,
    );
    exactly(
        raw.ask("USER anonymous", 331),
        "331 Anonymous access allowed, send identity (e-mail name) as password.\r\n",
        72,
    );
    exactly(
        raw.ask("PASS mike@home.us", 230),
        "230-This is FTP.MICROSOFT.COM.  Please see the\r\n\
         230-dirmap.txt for more information.\r\n230 Anonymous user logged in.\r\n",
        117,
    );
    exactly(raw.ask("SYST", 215), "215 Windows_NT version 5.0\r\n", 28);
    exactly(
        raw.ask("EPSV", 500),
        "500 'EPSV': command not understood\r\n",
        36,
    );
    exactly(
        raw.ask("feat", 500),
        "500 'FEAT': command not understood\r\n",
        36,
    );
    exactly(
        raw.ask("XYZZY", 500),
        "500 'XYZZY': command not understood\r\n",
        37,
    );

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    exactly(
        raw.ask(&format!("PORT 127,0,0,1,{},{}", port >> 8, port & 255), 200),
        "200 PORT command successful.\r\n",
        30,
    );
    exactly(
        raw.ask("NLST", 150),
        "150 Opening ASCII mode data connection for file list.\r\n",
        55,
    );
    let mut names = String::new();
    listener
        .accept()
        .unwrap()
        .0
        .read_to_string(&mut names)
        .unwrap();
    assert_eq!(names, "bussys\r\ndirmap.txt\r\n");
    exactly(raw.expect(226), "226 Transfer complete.\r\n", 24);

    let listing = list(&mut raw);
    let lines: Vec<_> = listing.lines().collect();
    assert_eq!(lines.len(), 2, "{listing}");
    assert!(lines[0].starts_with("dr-xr-xr-x   1 owner    group               0 "));
    assert!(lines[1].starts_with("-r-xr-xr-x   1 owner    group               5 "));
    assert_eq!(lines[0].len(), 59 + "bussys".len());

    exactly(
        raw.ask("RETR none", 550),
        "550 none: The system cannot find the file specified.\r\n",
        54,
    );
    exactly(
        raw.ask("PWD", 257),
        "257 \"/\" is current directory.\r\n",
        31,
    );
    exactly(
        raw.ask("CWD bussys", 250),
        "250 CWD command successful.\r\n",
        29,
    );
    raw.ask("QUIT", 221);
    raw.expect_closed();
}

/// LIST over a data connection that the client opens before or after the server looks: 125 or
/// 150 accordingly.
fn list(raw: &mut Raw) -> String {
    let reply = raw.ask("PASV", 227);
    let addr = proto::HostPort::parse_227(&reply.as_bytes()[4..])
        .unwrap()
        .addr();
    // Nothing is connected yet, so it cannot be 125.
    assert_eq!(
        raw.ask("LIST", 150),
        "150 Opening ASCII mode data connection for /bin/ls.\r\n"
    );
    let mut listing = String::new();
    let mut data = TcpStream::connect(addr).unwrap();
    data.read_to_string(&mut listing).unwrap();
    raw.expect(226);

    let mut data = raw.passive();
    // The server has to have looked once since the connection came.
    raw.ask("NOOP", 200);
    assert_eq!(
        raw.ask("LIST", 125),
        "125 Data connection already open; Transfer starting.\r\n"
    );
    let mut again = String::new();
    data.read_to_string(&mut again).unwrap();
    assert_eq!(again, listing);
    raw.expect(226);
    listing
}

#[test]
fn vsftpd_and_a_file_of_ones_own() {
    let server = start(|builder| builder.persona(Persona::named("vsftpd").unwrap()));
    let mut raw = Raw::connect(server.addr);
    assert_eq!(raw.expect(220), "220 (vsFTPd 3.0.3)\r\n");
    raw.ask("USER ann", 331);
    assert_eq!(raw.ask("PASS secret", 230), "230 Login successful.\r\n");
    assert_eq!(raw.ask("TYPE I", 200), "200 Switching to Binary mode.\r\n");
    assert_eq!(raw.ask("TYPE A", 200), "200 Switching to ASCII mode.\r\n");
    assert_eq!(
        raw.ask("CWD none", 550),
        "550 Failed to change directory.\r\n"
    );
    assert_eq!(raw.ask("RETR none", 550), "550 Failed to open file.\r\n");
    let features = raw.ask("FEAT", 211);
    assert!(
        features.contains(" EPSV\r\n") && !features.contains("MLST"),
        "{features}"
    );
    let mut data = raw.passive();
    assert_eq!(
        raw.ask("LIST", 150),
        "150 Here comes the directory listing.\r\n"
    );
    data.read_to_end(&mut Vec::new()).unwrap();
    assert_eq!(raw.expect(226), "226 Directory send OK.\r\n");
    assert_eq!(raw.ask("MKD a\"b", 257), "257 \"/a\"\"b\" created\r\n");

    let text = "greeting: 220-one\ngreeting: 220-two\ngreeting: 220 {host} {user}.\nhost: h\n";
    let persona = Persona::parse("own", text).unwrap();
    let server = start(|builder| builder.persona(persona));
    let mut raw = Raw::connect(server.addr);
    assert_eq!(raw.expect(220), "220-one\r\n220-two\r\n220 h .\r\n");
    // Everything else is as it was.
    assert_eq!(raw.ask("SYST", 215), "215 UNIX Type: L8\r\n");
}
