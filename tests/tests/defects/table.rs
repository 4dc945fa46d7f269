//! The defects, and the scripts that must find them.

/// Something that a server does wrong.
pub(super) struct Defect {
    pub(super) name: &'static str,
    /// The scripts, in `tests/scripts`, whose rule it breaks; all of them must fail.
    pub(super) fails: &'static [&'static str],
    /// Whether no session goes well any more.
    pub(super) everywhere: bool,
}

/// Scripts that no defect makes fail but those that name them.
pub(super) const UNTOUCHED: &[&str] = &[
    "rfc959/information/help",
    "rfc959/information/noop",
    "rfc959/parameters/mode-stream",
];

const fn here(name: &'static str, fails: &'static [&'static str]) -> Defect {
    Defect {
        name,
        fails,
        everywhere: false,
    }
}

const fn everywhere(name: &'static str, fails: &'static [&'static str]) -> Defect {
    Defect {
        name,
        fails,
        everywhere: true,
    }
}

/// In the order of what they concern: replies, addresses, data, files, extensions, safety.
pub(super) const DEFECTS: &[Defect] = &[
    // NOOP is answered with 500.
    here("noop-500", &["rfc959/information/noop"]),
    // A command that nobody knows is answered with 200.
    here("unknown-200", &["rfc959/syntax/unknown"]),
    // Commands in small letters are not known.
    here(
        "small-letters",
        &["rfc959/syntax/case", "rfc959/parameters/type-case"],
    ),
    // Commands are obeyed before login.
    here(
        "before-login",
        &[
            "rfc959/access/before-login-cwd",
            "rfc959/access/before-login-dele",
            "rfc959/access/before-login-mkd",
            "rfc959/access/before-login-rename",
        ],
    ),
    // 331 comes for users that exist alone.
    here("user-unknown-530", &["hardening/same-refusal"]),
    // Any number of wrong passwords may be tried.
    here("no-421", &["hardening/brute-force"]),
    // Any password lets in.
    here("any-password", &["rfc959/access/wrong-password"]),
    // A login is answered with 200.
    everywhere(
        "pass-200",
        &["rfc959/access/user-pass", "rfc959/access/wrong-then-right"],
    ),
    // The greeting comes twice.
    everywhere("greeting-twice", &["rfc959/access/quit-at-once"]),
    // After the login comes a reply that nobody asked for.
    everywhere("spontaneous", &["rfc1123/no-spontaneous-reply"]),
    // Lines of replies end in LF alone.
    everywhere("reply-lf", &["rfc1123/reply-format"]),
    // A reply has a code of two digits.
    here(
        "reply-short",
        &["rfc1123/reply-format", "rfc959/information/noop"],
    ),
    // NOOP has two replies.
    here(
        "twice-noop",
        &[
            "rfc1123/no-spontaneous-reply",
            "rfc959/information/one-reply",
            "rfc959/information/noop",
        ],
    ),
    // QUIT does not close the connection.
    here(
        "quit-stays",
        &["rfc959/access/quit", "rfc959/access/quit-at-once"],
    ),
    // QUIT is answered with 200.
    here("quit-200", &["rfc959/access/quit"]),
    // SYST is answered with 200.
    here("syst-200", &["rfc959/information/syst-inside"]),
    // REIN forgets nobody.
    here("rein-keeps", &["rfc959/access/rein"]),
    // ALLO is not known.
    here("allo-502", &["rfc959/files/allo"]),
    // The last line of STAT has another code than the first.
    here("stat-wrong-end", &["rfc959/syntax/multi-line"]),
    // PORT is accepted for another host.
    here("port-elsewhere", &["hardening/port-elsewhere"]),
    // PORT is accepted for a port below 1024.
    here("port-low", &["hardening/port-low"]),
    // PORT with five numbers is accepted.
    here("port-syntax", &["rfc959/data/port-syntax"]),
    // A second PORT is passed over.
    here("port-first", &["rfc959/data/port-twice"]),
    // The server connects on PORT, before a transfer.
    here("port-dials-at-once", &["rfc959/data/port-waits"]),
    // The data come from any port.
    here("data-port", &["rfc1123/port-default-port"]),
    // The data come from another address of the server.
    here(
        "data-address",
        &["rfc1123/port-same-host", "rfc959/data/port"],
    ),
    // EPRT is accepted for another host.
    here("eprt-elsewhere", &["hardening/eprt-elsewhere"]),
    // EPRT of an unknown protocol is accepted.
    here(
        "eprt-unknown",
        &["rfc2428/eprt-unknown", "rfc2428/eprt-unknown-refused"],
    ),
    // EPSV ALL changes nothing.
    here("epsv-all", &["rfc2428/epsv-all"]),
    // The port in 229 stands in another form.
    here("epsv-form", &["rfc2428/epsv"]),
    // Nobody listens where 227 says.
    here(
        "pasv-nobody",
        &["rfc959/data/pasv-each", "rfc959/files/retr"],
    ),
    // 227 names another host.
    here("pasv-other-host", &["rfc1123/pasv-same-host"]),
    // 227 has no brackets.
    here("pasv-no-brackets", &["rfc959/data/pasv-brackets"]),
    // 227 has five numbers.
    here("pasv-five", &["rfc959/data/pasv-reply"]),
    // The ports of PASV count up.
    here("pasv-counts", &["hardening/pasv-not-predictable"]),
    // The port of PASV stays open after the transfer.
    here(
        "pasv-stays",
        &["hardening/pasv-closed-after", "hardening/pasv-one-peer"],
    ),
    // No preliminary reply comes.
    here(
        "no-150",
        &[
            "rfc959/data/preliminary-first",
            "rfc959/data/preliminary-list",
            "rfc959/data/preliminary-stor",
        ],
    ),
    // The preliminary reply comes twice.
    here("twice-150", &["rfc959/data/preliminary-first"]),
    // The preliminary reply comes when the data are through.
    here("preliminary-late", &["rfc959/data/preliminary-before-data"]),
    // No reply comes when the data are through.
    here("no-226", &["rfc959/data/preliminary-first"]),
    // A transfer ends with 200.
    here(
        "final-200",
        &["rfc959/data/preliminary-first", "rfc959/files/retr"],
    ),
    // 226 comes before the data are through.
    here("final-early", &["rfc959/data/final-after-data"]),
    // 226 comes before the client has ended its upload.
    here("final-early-upload", &["rfc959/data/final-after-upload"]),
    // The data connection stays open after a download.
    here(
        "fin-never",
        &["rfc959/data/closed-after-data", "rfc959/files/retr"],
    ),
    // The data connection is reset after the data.
    here("reset-at-end", &["rfc959/data/closed-after-data"]),
    // Lines of listings end in LF alone.
    here(
        "listing-bare-lf",
        &["rfc959/listing/list", "rfc959/listing/nlst", "rfc3659/mlsd"],
    ),
    // The last line of a listing is missing.
    here("listing-cut", &["rfc959/listing/list-complete"]),
    // The last byte of a download is missing.
    here(
        "download-cut",
        &["rfc959/files/retr", "rfc959/files/retr-large"],
    ),
    // The last byte of an upload is missing.
    here(
        "upload-cut",
        &["rfc959/files/stor", "rfc959/files/stor-large"],
    ),
    // NLST gives the lines of LIST.
    here(
        "nlst-long",
        &["rfc959/listing/nlst", "rfc1123/nlst-names-can-be-used"],
    ),
    // RETR of what is not there is told as done.
    here(
        "retr-nothing",
        &["rfc959/files/retr-nothing", "rfc959/data/refused-once"],
    ),
    // TYPE A converts nothing.
    here(
        "type-a-raw",
        &[
            "rfc959/parameters/ascii-retr",
            "rfc959/parameters/ascii-stor",
        ],
    ),
    // TYPE I converts lines.
    here(
        "type-i-converts",
        &["rfc959/files/retr", "rfc959/parameters/image-unchanged"],
    ),
    // Any TYPE is accepted.
    here("type-q", &["rfc959/parameters/type-unknown"]),
    // Any MODE is accepted.
    here("mode-q", &["rfc959/parameters/mode-unknown"]),
    // STRU F is refused.
    here("stru-f", &["rfc959/parameters/stru-file"]),
    // APPE writes over the file.
    here("appe-overwrites", &["rfc959/files/appe"]),
    // STOR puts bytes behind those that are there.
    here("stor-appends", &["rfc959/files/stor-over"]),
    // STOU writes over a file.
    here("stou-overwrites", &["rfc959/files/stou-not-over"]),
    // STOU does not tell the name.
    here("stou-nameless", &["rfc959/files/stou"]),
    // DELE is answered with 250 and does nothing.
    here("dele-nothing", &["rfc959/files/dele"]),
    // RMD is answered with 250 and does nothing.
    here("rmd-nothing", &["rfc959/folders/mkd-rmd"]),
    // RNTO is answered with 250 and does nothing.
    here("rnto-nothing", &["rfc959/files/rename"]),
    // RNTO is accepted without RNFR.
    here("rnto-alone", &["rfc959/files/rnto-alone"]),
    // A second RNTO is accepted.
    here("rnto-again", &["rfc959/files/rnto-once"]),
    // RNFR of what is not there is accepted.
    here("rnfr-nothing", &["rfc959/files/rename-nothing"]),
    // RNFR is answered with 250.
    here("rnfr-250", &["rfc959/files/rename"]),
    // CWD to what is not there is answered with 250.
    here("cwd-anything", &["rfc959/folders/cwd-nowhere"]),
    // CWD to a file is answered with 250.
    here("cwd-file", &["rfc959/folders/cwd-file"]),
    // MKD of a folder that exists is answered with 257.
    here("mkd-twice", &["rfc959/folders/mkd-twice"]),
    // MKD does not tell the path.
    here(
        "mkd-silent",
        &["rfc959/folders/mkd-rmd", "rfc959/folders/mkd-path"],
    ),
    // PWD is answered with 250.
    here("pwd-250", &["rfc959/folders/pwd"]),
    // PWD names the folder without quotes.
    here("pwd-bare", &["rfc959/folders/pwd"]),
    // Quotes in a name are not doubled.
    here(
        "quotes-single",
        &["rfc959/folders/mkd-quotes", "rfc959/folders/cwd-quotes"],
    ),
    // ABOR is passed over.
    here(
        "abor-ignored",
        &["rfc1123/abor-transfer", "rfc1123/abor-idle"],
    ),
    // ABOR without a transfer is an error.
    here("abor-idle", &["rfc1123/abor-idle"]),
    // Telnet's commands are taken for text.
    here(
        "telnet-passed",
        &["rfc1123/telnet-negotiation", "rfc1123/telnet-in-command"],
    ),
    // What one read gives is taken for a line.
    here("halves", &["rfc1123/halves"]),
    // Of the commands of a segment the first alone is heard.
    here("one-a-segment", &["rfc1123/pipelined"]),
    // REST is accepted and forgotten.
    here("rest-ignored", &["rfc3659/rest-retr", "rfc3659/rest-stor"]),
    // REST counts for the second transfer too.
    here("rest-kept", &["rfc3659/rest-once"]),
    // PASV takes REST back.
    here("rest-lost", &["rfc3659/rest-pasv"]),
    // REST takes any text.
    here("rest-text", &["rfc3659/rest-garbage"]),
    // REST is answered with 250.
    here("rest-250", &["rfc3659/rest-reply"]),
    // SIZE tells one too many.
    here("size-plus", &["rfc3659/size", "rfc3659/size-empty"]),
    // SIZE tells in TYPE A what it tells in TYPE I.
    here("size-ascii-raw", &["rfc3659/size-ascii"]),
    // SIZE tells something of a folder.
    here("size-folder", &["rfc3659/size-folder"]),
    // MDTM leaves out the seconds.
    here("mdtm-twelve", &["rfc3659/mdtm"]),
    // The line of MLST does not begin with a blank.
    here("mlst-no-blank", &["rfc3659/mlst"]),
    // MLST of what is not there is answered with 500.
    here("mlst-500", &["rfc3659/mlst-nothing"]),
    // OPTS MLST changes nothing.
    here("opts-mlst", &["rfc3659/opts-mlst"]),
    // OPTS accepts anything.
    here("opts-anything", &["rfc2389/opts-unknown"]),
    // Lines of FEAT do not begin with a blank.
    here("feat-no-blank", &["rfc2389/feat-lines"]),
    // The last line of FEAT has another code than the first.
    here("feat-wrong-end", &["rfc2389/feat-end"]),
    // FEAT does not name SIZE.
    here("feat-no-size", &["rfc3659/feat-size"]),
    // FEAT marks no fact of MLST as on.
    here("feat-no-star", &["rfc3659/feat-mlst-star"]),
    // RETR with dots gives a file.
    here(
        "path-escape",
        &["hardening/dotdot", "hardening/dotdot-inside"],
    ),
    // STOR with dots writes somewhere else.
    here("dotdot-writes", &["hardening/stor-outside"]),
    // SITE EXEC runs a command.
    here("site-exec", &["hardening/site-exec"]),
    // AUTH accepts any mechanism.
    here("auth-anything", &["rfc4217/auth-unknown"]),
    // PROT is accepted in clear text.
    here("prot-in-clear", &["rfc4217/prot-without-auth"]),
    // CWD is answered with 200.
    here("cwd-200", &["rfc959/folders/cwd-code"]),
    // Names are cut at 60 letters.
    here("names-cut", &["rfc959/files/long-name"]),
    // APPE makes no new file.
    here("appe-refuses-new", &["rfc959/files/appe-new"]),
    // STOR replaces no file.
    here("stor-refuses-over", &["rfc959/files/stor-over"]),
    // All blanks behind a command are passed over.
    here("blank-eaten", &["rfc2640/name-begins-with-blank"]),
    // REIN leaves the type as it is.
    here("rein-keeps-type", &["rfc959/access/rein-parameters"]),
    // USER sets the type back.
    here("user-loses-type", &["rfc959/access/user-keeps-type"]),
    // A listing leaves TYPE A behind.
    here(
        "listing-sets-type",
        &["rfc959/parameters/type-over-listing"],
    ),
    // ABOR leaves the port of PASV open.
    here(
        "abor-leaves-port",
        &["rfc959/data/closed-by-abor", "rfc2428/abor-closes"],
    ),
    // OPTS is not known.
    here("opts-502", &["rfc2389/opts-with-feat"]),
    // The last line of FEAT says more.
    here("feat-end-text", &["rfc2389/feat-last-line"]),
    // The stars in FEAT are always the same.
    here("mlst-stars", &["rfc3659/opts-mlst-feat"]),
    // MLSD begins with a title.
    here("mlsd-title", &["rfc3659/mlsd-lines"]),
    // SIZE finds a file for a pattern.
    here("wildcards", &["rfc3659/no-wildcards"]),
    // Wrong passwords end the session without 421.
    here("brute-force-silent", &["hardening/brute-force-421"]),
];
