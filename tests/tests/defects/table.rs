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

/// In the order of what they concern: replies, addresses, data, files, extensions, safety.
pub(super) const DEFECTS: &[Defect] = &[
    // NOOP is answered with 500.
    Defect {
        name: "noop-500",
        fails: &["rfc959/information/noop"],
        everywhere: false,
    },
    // A command that nobody knows is answered with 200.
    Defect {
        name: "unknown-200",
        fails: &["rfc959/syntax/unknown"],
        everywhere: false,
    },
    // Commands in small letters are not known.
    Defect {
        name: "small-letters",
        fails: &["rfc959/syntax/case", "rfc959/parameters/type-case"],
        everywhere: false,
    },
    // Commands are obeyed before login.
    Defect {
        name: "before-login",
        fails: &[
            "rfc959/access/before-login-cwd",
            "rfc959/access/before-login-dele",
            "rfc959/access/before-login-mkd",
            "rfc959/access/before-login-rename",
        ],
        everywhere: false,
    },
    // 331 comes for users that exist alone.
    Defect {
        name: "user-unknown-530",
        fails: &["hardening/same-refusal"],
        everywhere: false,
    },
    // Any number of wrong passwords may be tried.
    Defect {
        name: "no-421",
        fails: &["hardening/brute-force"],
        everywhere: false,
    },
    // Any password lets in.
    Defect {
        name: "any-password",
        fails: &["rfc959/access/wrong-password"],
        everywhere: false,
    },
    // A login is answered with 200.
    Defect {
        name: "pass-200",
        fails: &["rfc959/access/user-pass", "rfc959/access/wrong-then-right"],
        everywhere: true,
    },
    // The greeting comes twice.
    Defect {
        name: "greeting-twice",
        fails: &["rfc959/access/quit-at-once"],
        everywhere: true,
    },
    // After the login comes a reply that nobody asked for.
    Defect {
        name: "spontaneous",
        fails: &["rfc1123/no-spontaneous-reply"],
        everywhere: true,
    },
    // Lines of replies end in LF alone.
    Defect {
        name: "reply-lf",
        fails: &["rfc1123/reply-format"],
        everywhere: true,
    },
    // A reply has a code of two digits.
    Defect {
        name: "reply-short",
        fails: &["rfc1123/reply-format", "rfc959/information/noop"],
        everywhere: false,
    },
    // NOOP has two replies.
    Defect {
        name: "twice-noop",
        fails: &[
            "rfc1123/no-spontaneous-reply",
            "rfc959/information/one-reply",
        ],
        everywhere: false,
    },
    // QUIT does not close the connection.
    Defect {
        name: "quit-stays",
        fails: &["rfc959/access/quit", "rfc959/access/quit-at-once"],
        everywhere: false,
    },
    // QUIT is answered with 200.
    Defect {
        name: "quit-200",
        fails: &["rfc959/access/quit"],
        everywhere: false,
    },
    // SYST is answered with 200.
    Defect {
        name: "syst-200",
        fails: &["rfc959/information/syst-inside"],
        everywhere: false,
    },
    // REIN forgets nobody.
    Defect {
        name: "rein-keeps",
        fails: &["rfc959/access/rein"],
        everywhere: false,
    },
    // ALLO is not known.
    Defect {
        name: "allo-502",
        fails: &["rfc959/files/allo"],
        everywhere: false,
    },
    // The last line of STAT has another code than the first.
    Defect {
        name: "stat-wrong-end",
        fails: &["rfc959/syntax/multi-line"],
        everywhere: false,
    },
    // PORT is accepted for another host.
    Defect {
        name: "port-elsewhere",
        fails: &["hardening/port-elsewhere"],
        everywhere: false,
    },
    // PORT is accepted for a port below 1024.
    Defect {
        name: "port-low",
        fails: &["hardening/port-low"],
        everywhere: false,
    },
    // PORT with five numbers is accepted.
    Defect {
        name: "port-syntax",
        fails: &["rfc959/data/port-syntax"],
        everywhere: false,
    },
    // A second PORT is passed over.
    Defect {
        name: "port-first",
        fails: &["rfc959/data/port-twice"],
        everywhere: false,
    },
    // The server connects on PORT, before a transfer.
    Defect {
        name: "port-dials-at-once",
        fails: &["rfc959/data/port-waits"],
        everywhere: false,
    },
    // The data come from any port.
    Defect {
        name: "data-port",
        fails: &["rfc1123/port-default-port"],
        everywhere: false,
    },
    // The data come from another address of the server.
    Defect {
        name: "data-address",
        fails: &["rfc1123/port-same-host", "rfc959/data/port"],
        everywhere: false,
    },
    // EPRT is accepted for another host.
    Defect {
        name: "eprt-elsewhere",
        fails: &["hardening/eprt-elsewhere"],
        everywhere: false,
    },
    // EPRT of an unknown protocol is accepted.
    Defect {
        name: "eprt-unknown",
        fails: &["rfc2428/eprt-unknown", "rfc2428/eprt-unknown-refused"],
        everywhere: false,
    },
    // EPSV ALL changes nothing.
    Defect {
        name: "epsv-all",
        fails: &["rfc2428/epsv-all"],
        everywhere: false,
    },
    // The port in 229 stands in another form.
    Defect {
        name: "epsv-form",
        fails: &["rfc2428/epsv"],
        everywhere: false,
    },
    // Nobody listens where 227 says.
    Defect {
        name: "pasv-nobody",
        fails: &["rfc959/data/pasv-each", "rfc959/files/retr"],
        everywhere: false,
    },
    // 227 names another host.
    Defect {
        name: "pasv-other-host",
        fails: &["rfc1123/pasv-same-host"],
        everywhere: false,
    },
    // 227 has no brackets.
    Defect {
        name: "pasv-no-brackets",
        fails: &["rfc959/data/pasv-brackets"],
        everywhere: false,
    },
    // 227 has five numbers.
    Defect {
        name: "pasv-five",
        fails: &["rfc959/data/pasv-reply"],
        everywhere: false,
    },
    // The ports of PASV count up.
    Defect {
        name: "pasv-counts",
        fails: &["hardening/pasv-not-predictable"],
        everywhere: false,
    },
    // The port of PASV stays open after the transfer.
    Defect {
        name: "pasv-stays",
        fails: &["hardening/pasv-closed-after", "hardening/pasv-one-peer"],
        everywhere: false,
    },
    // No preliminary reply comes.
    Defect {
        name: "no-150",
        fails: &[
            "rfc959/data/preliminary-first",
            "rfc959/data/preliminary-list",
            "rfc959/data/preliminary-stor",
        ],
        everywhere: false,
    },
    // The preliminary reply comes twice.
    Defect {
        name: "twice-150",
        fails: &["rfc959/data/preliminary-first"],
        everywhere: false,
    },
    // The preliminary reply comes when the data are through.
    Defect {
        name: "preliminary-late",
        fails: &["rfc959/data/preliminary-before-data"],
        everywhere: false,
    },
    // No reply comes when the data are through.
    Defect {
        name: "no-226",
        fails: &["rfc959/data/preliminary-first"],
        everywhere: false,
    },
    // A transfer ends with 200.
    Defect {
        name: "final-200",
        fails: &["rfc959/data/preliminary-first", "rfc959/files/retr"],
        everywhere: false,
    },
    // 226 comes before the data are through.
    Defect {
        name: "final-early",
        fails: &["rfc959/data/final-after-data"],
        everywhere: false,
    },
    // 226 comes before the client has ended its upload.
    Defect {
        name: "final-early-upload",
        fails: &["rfc959/data/final-after-upload"],
        everywhere: false,
    },
    // The data connection stays open after a download.
    Defect {
        name: "fin-never",
        fails: &["rfc959/data/closed-after-data", "rfc959/files/retr"],
        everywhere: false,
    },
    // The data connection is reset after the data.
    Defect {
        name: "reset-at-end",
        fails: &["rfc959/data/closed-after-data"],
        everywhere: false,
    },
    // Lines of listings end in LF alone.
    Defect {
        name: "listing-bare-lf",
        fails: &["rfc959/listing/list", "rfc959/listing/nlst", "rfc3659/mlsd"],
        everywhere: false,
    },
    // The last line of a listing is missing.
    Defect {
        name: "listing-cut",
        fails: &["rfc959/listing/list-complete"],
        everywhere: false,
    },
    // The last byte of a download is missing.
    Defect {
        name: "download-cut",
        fails: &["rfc959/files/retr", "rfc959/files/retr-large"],
        everywhere: false,
    },
    // The last byte of an upload is missing.
    Defect {
        name: "upload-cut",
        fails: &["rfc959/files/stor", "rfc959/files/stor-large"],
        everywhere: false,
    },
    // NLST gives the lines of LIST.
    Defect {
        name: "nlst-long",
        fails: &["rfc959/listing/nlst", "rfc1123/nlst-names-can-be-used"],
        everywhere: false,
    },
    // RETR of what is not there is told as done.
    Defect {
        name: "retr-nothing",
        fails: &["rfc959/files/retr-nothing", "rfc959/data/refused-once"],
        everywhere: false,
    },
    // TYPE A converts nothing.
    Defect {
        name: "type-a-raw",
        fails: &[
            "rfc959/parameters/ascii-retr",
            "rfc959/parameters/ascii-stor",
        ],
        everywhere: false,
    },
    // TYPE I converts lines.
    Defect {
        name: "type-i-converts",
        fails: &["rfc959/files/retr", "rfc959/parameters/image-unchanged"],
        everywhere: false,
    },
    // Any TYPE is accepted.
    Defect {
        name: "type-q",
        fails: &["rfc959/parameters/type-unknown"],
        everywhere: false,
    },
    // Any MODE is accepted.
    Defect {
        name: "mode-q",
        fails: &["rfc959/parameters/mode-unknown"],
        everywhere: false,
    },
    // STRU F is refused.
    Defect {
        name: "stru-f",
        fails: &["rfc959/parameters/stru-file"],
        everywhere: false,
    },
    // APPE writes over the file.
    Defect {
        name: "appe-overwrites",
        fails: &["rfc959/files/appe"],
        everywhere: false,
    },
    // STOR puts bytes behind those that are there.
    Defect {
        name: "stor-appends",
        fails: &["rfc959/files/stor-over"],
        everywhere: false,
    },
    // STOU writes over a file.
    Defect {
        name: "stou-overwrites",
        fails: &["rfc959/files/stou-not-over"],
        everywhere: false,
    },
    // STOU does not tell the name.
    Defect {
        name: "stou-nameless",
        fails: &["rfc959/files/stou"],
        everywhere: false,
    },
    // DELE is answered with 250 and does nothing.
    Defect {
        name: "dele-nothing",
        fails: &["rfc959/files/dele"],
        everywhere: false,
    },
    // RMD is answered with 250 and does nothing.
    Defect {
        name: "rmd-nothing",
        fails: &["rfc959/folders/mkd-rmd"],
        everywhere: false,
    },
    // RNTO is answered with 250 and does nothing.
    Defect {
        name: "rnto-nothing",
        fails: &["rfc959/files/rename"],
        everywhere: false,
    },
    // RNTO is accepted without RNFR.
    Defect {
        name: "rnto-alone",
        fails: &["rfc959/files/rnto-alone"],
        everywhere: false,
    },
    // A second RNTO is accepted.
    Defect {
        name: "rnto-again",
        fails: &["rfc959/files/rnto-once"],
        everywhere: false,
    },
    // RNFR of what is not there is accepted.
    Defect {
        name: "rnfr-nothing",
        fails: &["rfc959/files/rename-nothing"],
        everywhere: false,
    },
    // RNFR is answered with 250.
    Defect {
        name: "rnfr-250",
        fails: &["rfc959/files/rename"],
        everywhere: false,
    },
    // CWD to what is not there is answered with 250.
    Defect {
        name: "cwd-anything",
        fails: &["rfc959/folders/cwd-nowhere"],
        everywhere: false,
    },
    // CWD to a file is answered with 250.
    Defect {
        name: "cwd-file",
        fails: &["rfc959/folders/cwd-file"],
        everywhere: false,
    },
    // MKD of a folder that exists is answered with 257.
    Defect {
        name: "mkd-twice",
        fails: &["rfc959/folders/mkd-twice"],
        everywhere: false,
    },
    // MKD does not tell the path.
    Defect {
        name: "mkd-silent",
        fails: &["rfc959/folders/mkd-rmd", "rfc959/folders/mkd-path"],
        everywhere: false,
    },
    // PWD is answered with 250.
    Defect {
        name: "pwd-250",
        fails: &["rfc959/folders/pwd"],
        everywhere: false,
    },
    // PWD names the folder without quotes.
    Defect {
        name: "pwd-bare",
        fails: &["rfc959/folders/pwd"],
        everywhere: false,
    },
    // Quotes in a name are not doubled.
    Defect {
        name: "quotes-single",
        fails: &["rfc959/folders/mkd-quotes", "rfc959/folders/cwd-quotes"],
        everywhere: false,
    },
    // ABOR is passed over.
    Defect {
        name: "abor-ignored",
        fails: &["rfc1123/abor-transfer", "rfc1123/abor-idle"],
        everywhere: false,
    },
    // ABOR without a transfer is an error.
    Defect {
        name: "abor-idle",
        fails: &["rfc1123/abor-idle"],
        everywhere: false,
    },
    // Telnet's commands are taken for text.
    Defect {
        name: "telnet-passed",
        fails: &["rfc1123/telnet-negotiation", "rfc1123/telnet-in-command"],
        everywhere: false,
    },
    // What one read gives is taken for a line.
    Defect {
        name: "halves",
        fails: &["rfc1123/halves"],
        everywhere: false,
    },
    // Of the commands of a segment the first alone is heard.
    Defect {
        name: "one-a-segment",
        fails: &["rfc1123/pipelined"],
        everywhere: false,
    },
    // REST is accepted and forgotten.
    Defect {
        name: "rest-ignored",
        fails: &["rfc3659/rest-retr", "rfc3659/rest-stor"],
        everywhere: false,
    },
    // REST counts for the second transfer too.
    Defect {
        name: "rest-kept",
        fails: &["rfc3659/rest-once"],
        everywhere: false,
    },
    // PASV takes REST back.
    Defect {
        name: "rest-lost",
        fails: &["rfc3659/rest-pasv"],
        everywhere: false,
    },
    // REST takes any text.
    Defect {
        name: "rest-text",
        fails: &["rfc3659/rest-garbage"],
        everywhere: false,
    },
    // REST is answered with 250.
    Defect {
        name: "rest-250",
        fails: &["rfc3659/rest-reply"],
        everywhere: false,
    },
    // SIZE tells one too many.
    Defect {
        name: "size-plus",
        fails: &["rfc3659/size", "rfc3659/size-empty"],
        everywhere: false,
    },
    // SIZE tells in TYPE A what it tells in TYPE I.
    Defect {
        name: "size-ascii-raw",
        fails: &["rfc3659/size-ascii"],
        everywhere: false,
    },
    // SIZE tells something of a folder.
    Defect {
        name: "size-folder",
        fails: &["rfc3659/size-folder"],
        everywhere: false,
    },
    // MDTM leaves out the seconds.
    Defect {
        name: "mdtm-twelve",
        fails: &["rfc3659/mdtm"],
        everywhere: false,
    },
    // The line of MLST does not begin with a blank.
    Defect {
        name: "mlst-no-blank",
        fails: &["rfc3659/mlst"],
        everywhere: false,
    },
    // MLST of what is not there is answered with 500.
    Defect {
        name: "mlst-500",
        fails: &["rfc3659/mlst-nothing"],
        everywhere: false,
    },
    // OPTS MLST changes nothing.
    Defect {
        name: "opts-mlst",
        fails: &["rfc3659/opts-mlst"],
        everywhere: false,
    },
    // OPTS accepts anything.
    Defect {
        name: "opts-anything",
        fails: &["rfc2389/opts-unknown"],
        everywhere: false,
    },
    // Lines of FEAT do not begin with a blank.
    Defect {
        name: "feat-no-blank",
        fails: &["rfc2389/feat-lines"],
        everywhere: false,
    },
    // The last line of FEAT has another code than the first.
    Defect {
        name: "feat-wrong-end",
        fails: &["rfc2389/feat-end"],
        everywhere: false,
    },
    // FEAT does not name SIZE.
    Defect {
        name: "feat-no-size",
        fails: &["rfc3659/feat-size"],
        everywhere: false,
    },
    // FEAT marks no fact of MLST as on.
    Defect {
        name: "feat-no-star",
        fails: &["rfc3659/feat-mlst-star"],
        everywhere: false,
    },
    // RETR with dots gives a file.
    Defect {
        name: "path-escape",
        fails: &["hardening/dotdot", "hardening/dotdot-inside"],
        everywhere: false,
    },
    // STOR with dots writes somewhere else.
    Defect {
        name: "dotdot-writes",
        fails: &["hardening/stor-outside"],
        everywhere: false,
    },
    // SITE EXEC runs a command.
    Defect {
        name: "site-exec",
        fails: &["hardening/site-exec"],
        everywhere: false,
    },
    // AUTH accepts any mechanism.
    Defect {
        name: "auth-anything",
        fails: &["rfc4217/auth-unknown"],
        everywhere: false,
    },
    // PROT is accepted in clear text.
    Defect {
        name: "prot-in-clear",
        fails: &["rfc4217/prot-without-auth"],
        everywhere: false,
    },
];
