//! The two programs called `ftp`: of GNU inetutils, and tnftp of NetBSD and macOS. They share
//! their commands and show what comes of them in their own ways.

use std::fs;

use ftplab_tests::{MODIFIED, Site, has_program, modified, said};

/// What is typed; LISTING puts the names in a folder into a file.
const SESSION: &str = "\
user ann secret
prompt
binary
cd \"a b\"
pwd
get \"in ner\"
cd /
get large
ls void
LISTING many listing
mkdir new
cd new
put large
append large large
size large
modtime /text
rename large renamed
delete renamed
mput one1 one2
mdelete one1 one2
cd /
rmdir new
ascii
get text ascii
put ascii stored
binary
cd nowhere
";

/// What one of them has of its own.
struct Program {
    name: &'static str,
    /// The flags for passive and active mode.
    modes: [&'static str; 2],
    /// Its command for a listing of names in a file.
    listing: &'static str,
    /// How it shows the folder, and the time of a file.
    shows: [&'static str; 2],
    /// Whether a file has the server's time afterwards.
    keeps_times: bool,
}

#[test]
fn a_session_of_commands_by_inetutils() {
    session(&Program {
        name: "inetutils-ftp",
        modes: ["-p", "-v"],
        listing: "nlist",
        shows: ["\"/a b\"", "02/09/2001 13:50:46"],
        keeps_times: false,
    });
}

#[test]
fn a_session_of_commands_by_tnftp() {
    session(&Program {
        name: "tnftp",
        modes: ["-p", "-A"],
        listing: "ls",
        shows: ["Remote directory: /a b\n", "Fri, 09 Feb 2001 13:50:46"],
        keeps_times: true,
    });
}

fn session(program: &Program) {
    if !has_program(program.name) {
        return;
    }
    let typed = SESSION.replace("LISTING", program.listing);
    Site::everywhere(|site| {
        for mode in program.modes {
            for one in ["one1", "one2"] {
                fs::write(site.home(one), "1").unwrap();
            }
            let mut ftp = site.client(program.name);
            ftp.args(["-n", "-v", mode, &site.ip(), &site.port()]);
            let output = site.feed(&mut ftp, &typed);
            let told = said(&output);
            for (text, times) in [
                (program.shows[0], 1),
                ("10485760", 1),
                (program.shows[1], 1),
                // A folder that is not there: the only refusal.
                ("\n550 ", 1),
                ("?Invalid", 0),
            ] {
                assert_eq!(told.matches(text).count(), times, "{mode} {text}: {told}");
            }
            site.assert_same("large", "large");
            site.assert_same("in ner", "a b/in ner");
            site.assert_same("ascii", "stored");
            site.assert_same("ascii", "text");
            if program.keeps_times {
                assert_eq!(modified(&site.home("large")), MODIFIED);
            }
            let names = fs::read_to_string(site.home("listing")).unwrap();
            assert_eq!(names.lines().count(), 1000);
            assert!(!site.served("new").exists());
        }
    });
}
