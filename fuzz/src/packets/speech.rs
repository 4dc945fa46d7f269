//! What a client and a server say to each other.

use proto::{
    Command, CommandLine, Entry, EpsvArgument, FactSet, HostPort, LineBuffer, LineEvent, Reply,
    ReplyParser, TimeVal, encode_229, parse_229, parse_eprt, parse_quoted,
};

/// The lines that a peer sends, in pieces, within the bound that a line has.
fn each_line(data: &[u8], mut take: impl FnMut(&[u8])) {
    const LIMIT: usize = 512;
    let mut buffer = LineBuffer::new(LIMIT);
    let mut rest = data;
    loop {
        let taken = buffer.push(rest);
        rest = &rest[taken..];
        let mut events = 0;
        while let Some(event) = buffer.pull() {
            events += 1;
            if let LineEvent::Line { bytes, .. } = event {
                assert!(bytes.len() <= LIMIT);
                take(bytes);
            }
        }
        if rest.is_empty() {
            return;
        }
        assert!(events + taken > 0 || buffer.room() > 0, "no way on");
    }
}

/// What a client sends: commands, which come through their encoding unchanged.
pub fn lines(data: &[u8]) {
    each_line(data, |line| {
        let split = CommandLine::split(line);
        if let Ok(command) = Command::parse(&split) {
            let text = command.to_string();
            assert!(!text.is_empty());
        }
        let _ = (TimeVal::parse(line), FactSet::parse(line));
    });
}

/// What a server sends: replies, bounded.
pub fn replies(data: &[u8]) {
    const BYTES: usize = 4096;
    let mut parser = ReplyParser::new(64, BYTES);
    each_line(data, |line| {
        if let Ok(Some(reply)) = parser.push(line) {
            let reply: Reply = reply;
            assert!(reply.to_string().len() <= 4 * BYTES);
        }
        parse_quoted(line);
    });
}

/// Listings of every form.
pub fn listings(data: &[u8]) {
    for line in data.split(|&byte| byte == b'\n') {
        let found = [
            Entry::parse_list(line).ok().flatten(),
            Entry::parse_mlsx(line).ok(),
        ];
        for entry in found.into_iter().flatten() {
            assert!(entry.name.len() <= line.len());
            entry.has_plain_name();
        }
    }
}

/// Endpoints as PORT, EPRT, 227 and 229 have them.
pub fn host_port(data: &[u8]) {
    if let Ok(endpoint) = HostPort::parse_port(data) {
        let again = HostPort::parse_port(endpoint.to_string().as_bytes());
        assert_eq!(again.ok(), Some(endpoint));
    }
    let _ = (
        HostPort::parse_227(data),
        EpsvArgument::parse(data),
        parse_eprt(data),
    );
    if let Ok(port) = parse_229(data) {
        assert_eq!(parse_229(encode_229(port).as_bytes()).ok(), Some(port));
    }
}
