//! Which FTP lines have a length: for dialogues whose words are not there.

use std::net::SocketAddr;

use proto::Verb;

use crate::note::Fit;

/// Lines of well-known servers, and the commands that they answer; `…` is what differs. The
/// texts are those of IIS, wu-ftpd, vsftpd and `ProFTPD`, as their transcripts show them.
const REPLIES: &[(&str, &[Verb])] = &[
    ("200 PORT command successful.", &[Verb::Port]),
    ("200 PORT command successful", &[Verb::Port]),
    (
        "200 PORT command successful. Consider using PASV.",
        &[Verb::Port],
    ),
    ("200 EPRT command successful.", &[Verb::Eprt]),
    (
        "200 EPRT command successful. Consider using EPSV.",
        &[Verb::Eprt],
    ),
    (
        "150 Opening ASCII mode data connection for file list.",
        LISTS,
    ),
    (
        "150 Opening ASCII mode data connection for file list",
        LISTS,
    ),
    ("150 Opening ASCII mode data connection for /bin/ls.", LISTS),
    ("150 Here comes the directory listing.", LISTS),
    (
        "125 Data connection already open; Transfer starting.",
        TRANSFERS,
    ),
    ("150 Ok to send data.", &[Verb::Stor, Verb::Appe]),
    ("226 Transfer complete.", TRANSFERS),
    ("226 Transfer complete", TRANSFERS),
    ("226 Directory send OK.", LISTS),
    ("200 Type set to A.", &[Verb::Type]),
    ("200 Type set to I.", &[Verb::Type]),
    ("200 Type set to I", &[Verb::Type]),
    ("200 Switching to Binary mode.", &[Verb::Type]),
    ("200 Switching to ASCII mode.", &[Verb::Type]),
    ("215 Windows_NT version 5.0", &[Verb::Syst]),
    ("215 UNIX Type: L8", &[Verb::Syst]),
    ("221 Goodbye.", &[Verb::Quit]),
    ("250 CWD command successful.", &[Verb::Cwd]),
    ("250 Directory successfully changed.", &[Verb::Cwd]),
    ("257 \"/\" is current directory.", &[Verb::Pwd]),
    ("257 \"/\" is the current directory", &[Verb::Pwd]),
    ("500 'EPSV': command not understood", &[Verb::Epsv]),
    ("500 'EPSV': command not understood.", &[Verb::Epsv]),
    ("550 Failed to open file.", &[Verb::Retr]),
    ("425 Can't open data connection.", TRANSFERS),
];

const LISTS: &[Verb] = &[Verb::List, Verb::Nlst];
const TRANSFERS: &[Verb] = &[Verb::List, Verb::Nlst, Verb::Retr, Verb::Stor, Verb::Appe];

/// Commands without an argument, the usual ones first.
const BARE: &[Verb] = &[
    Verb::Nlst,
    Verb::List,
    Verb::Pasv,
    Verb::Epsv,
    Verb::Syst,
    Verb::Quit,
    Verb::Pwd,
    Verb::Xpwd,
    Verb::Feat,
    Verb::Noop,
    Verb::Cdup,
    Verb::Stat,
    Verb::Help,
    Verb::Abor,
    Verb::Rein,
];

/// Commands with a name or a number behind them.
const WITH_ARGUMENT: &[Verb] = &[
    Verb::Retr,
    Verb::Stor,
    Verb::Cwd,
    Verb::Size,
    Verb::Mdtm,
    Verb::List,
];

/// Commands whose argument is one of few words.
const WORDS: &[(&str, Verb)] = &[
    ("TYPE A", Verb::Type),
    ("TYPE I", Verb::Type),
    ("PBSZ 0", Verb::Pbsz),
    ("PROT P", Verb::Prot),
    ("MODE S", Verb::Mode),
    ("OPTS UTF8 ON", Verb::Opts),
];

/// CR and LF.
const END: u32 = 2;

/// A line of `bytes` bytes that begins and ends with these words.
pub(super) fn around(before: &str, after: &str, bytes: u32) -> Option<Fit> {
    let hole = bytes.checked_sub(len(before) + len(after) + END)?;
    (hole > 0).then(|| Fit {
        line: format!("{before}…{after}"),
        hole: Some(hole),
    })
}

fn exactly(line: &str) -> Fit {
    Fit {
        line: line.to_owned(),
        hole: None,
    }
}

pub(super) fn len(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

/// Commands of that length, and their lines.
pub(super) fn commands(bytes: u32) -> Vec<(Verb, Fit)> {
    let mut found = Vec::new();
    // Six numbers take from 11 to 23 characters.
    if (18..=30).contains(&bytes) {
        found.extend(around("PORT ", "", bytes).map(|fit| (Verb::Port, fit)));
    }
    for &verb in BARE {
        if len(verb.as_str()) + END == bytes {
            found.push((verb, exactly(verb.as_str())));
        }
    }
    for &(line, verb) in WORDS {
        if len(line) + END == bytes {
            found.push((verb, exactly(line)));
        }
    }
    for &verb in WITH_ARGUMENT {
        let fit = around(&format!("{} ", verb.as_str()), "", bytes);
        found.extend(fit.map(|fit| (verb, fit)));
    }
    found
}

/// Replies of that length, to one of these commands; to any when there are none.
pub(super) fn replies(bytes: u32, to: &[Verb], server: SocketAddr) -> Vec<Fit> {
    let asked = |verbs: &[Verb]| to.is_empty() || verbs.iter().any(|verb| to.contains(verb));
    // A transfer ends long after its command, and perhaps after others.
    let anyway = |line: &str| line.starts_with("226 ");
    let mut found: Vec<Fit> = REPLIES
        .iter()
        .filter(|(line, verbs)| len(line) + END == bytes && (asked(verbs) || anyway(line)))
        .map(|(line, _)| exactly(line))
        .collect();
    if asked(&[Verb::Pasv]) {
        found.extend(passive(bytes, server));
    }
    if asked(&[Verb::Epsv]) {
        let fit = around("229 Entering Extended Passive Mode (|||", "|)", bytes);
        found.extend(fit.filter(|fit| fit.hole.is_some_and(|hole| hole <= 6)));
    }
    if to == [Verb::Size] || to == [Verb::Mdtm] {
        found.extend(around("213 ", "", bytes));
    }
    found
}

/// A 227 of that length, with the server's own address when the trace has it.
fn passive(bytes: u32, server: SocketAddr) -> Option<Fit> {
    let mut before = String::from("227 Entering Passive Mode (");
    let mut room = 11..=23;
    if let std::net::IpAddr::V4(address) = server.ip()
        && !crate::printed::is_stand_in(server.ip())
    {
        before.push_str(&address.to_string().replace('.', ","));
        before.push(',');
        room = 3..=7;
    }
    [").", ")"]
        .iter()
        .filter_map(|after| around(&before, after, bytes))
        .find(|fit| fit.hole.is_some_and(|hole| room.contains(&hole)))
}

/// The announcements of an endpoint: by which command, the line around the address, and how many
/// characters the address has when the trace does not tell (from, to).
pub(super) fn announcements(
    active: bool,
    endpoint: SocketAddr,
) -> Vec<(Verb, String, String, bool)> {
    let port = endpoint.port();
    let [high, low] = port.to_be_bytes();
    let ports = format!("{high},{low}");
    let unknown = crate::printed::is_stand_in(endpoint.ip());
    let numbers = match endpoint.ip() {
        std::net::IpAddr::V4(v4) if !unknown => format!("{},", v4.to_string().replace('.', ",")),
        _ => ",".into(),
    };
    let v4 = endpoint.is_ipv4();
    let mut all = Vec::new();
    let mut six = |verb: Verb, before: &str, after: &str| {
        if v4 && unknown {
            all.push((verb, before.to_owned(), format!(",{ports}{after}"), true));
        } else if v4 {
            all.push((
                verb,
                format!("{before}{numbers}{ports}{after}"),
                String::new(),
                false,
            ));
        }
    };
    if active {
        six(Verb::Port, "PORT ", "");
        let family = if v4 { 1 } else { 2 };
        if !unknown {
            let line = format!("EPRT |{family}|{}|{port}|", endpoint.ip());
            all.push((Verb::Eprt, line, String::new(), false));
        }
        return all;
    }
    six(Verb::Pasv, "227 Entering Passive Mode (", ").");
    six(Verb::Pasv, "227 Entering Passive Mode (", ")");
    for after in ["", "."] {
        let line = format!("229 Entering Extended Passive Mode (|||{port}|){after}");
        all.push((Verb::Epsv, line, String::new(), false));
    }
    all
}

#[cfg(test)]
mod tests {
    use proto::Verb;

    use super::{announcements, commands, len, replies};

    #[test]
    fn the_lengths_of_an_iis_session() {
        let server = ([207, 46, 133, 140], 21).into();
        let six: Vec<_> = commands(6).into_iter().map(|(verb, _)| verb).collect();
        for verb in [Verb::Nlst, Verb::List, Verb::Pasv, Verb::Quit] {
            assert!(six.contains(&verb), "{six:?}");
        }
        let port = &commands(28)[0];
        assert_eq!((port.0, port.1.hole), (Verb::Port, Some(21)));
        let one = |bytes, to: &[Verb]| replies(bytes, to, server)[0].line.clone();
        assert_eq!(one(30, &[Verb::Port]), "200 PORT command successful.");
        let list = "150 Opening ASCII mode data connection for file list.";
        assert_eq!(one(55, &six), list);
        let open = "125 Data connection already open; Transfer starting.";
        let found = replies(54, &six, server);
        assert!(found.iter().any(|fit| fit.line == open), "{found:?}");
        assert_eq!(one(24, &[]), "226 Transfer complete.");
        let pasv = "227 Entering Passive Mode (207,46,133,140,…).";
        assert_eq!(one(51, &six), pasv);
    }

    #[test]
    fn an_endpoint_and_the_line_that_announces_it() {
        let lines = announcements(false, ([207, 46, 133, 140], 3668).into());
        let line = "227 Entering Passive Mode (207,46,133,140,14,84).";
        assert_eq!((&*lines[0].1, len(line) + 2), (line, 51));
    }
}
