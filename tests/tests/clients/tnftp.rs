//! tnftp, the `ftp` of NetBSD and macOS.

use std::fs;

use ftplab_tests::{MODIFIED, Site, has_program, modified, said};

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
ls many listing
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

#[test]
fn a_session_of_commands() {
    if !has_program("tnftp") {
        return;
    }
    Site::everywhere(|site| {
        for mode in ["-p", "-A"] {
            for one in ["one1", "one2"] {
                fs::write(site.home(one), "1").unwrap();
            }
            let mut tnftp = site.client("tnftp");
            tnftp.args(["-n", "-v", mode, &site.ip(), &site.port()]);
            let output = site.feed(&mut tnftp, SESSION);
            let told = said(&output);
            for (text, times) in [
                ("Remote directory: /a b\n", 1),
                ("10485760", 1),
                ("Fri, 09 Feb 2001 13:50:46", 1),
                // A folder that is not there: the only refusal.
                ("\n550 ", 1),
                ("?Invalid", 0),
            ] {
                assert_eq!(told.matches(text).count(), times, "{mode} {text}: {told}");
            }
            site.assert_same("large", "large");
            assert_eq!(modified(&site.home("large")), MODIFIED);
            site.assert_same("in ner", "a b/in ner");
            site.assert_same("ascii", "stored");
            site.assert_same("ascii", "text");
            let names = fs::read_to_string(site.home("listing")).unwrap();
            assert_eq!(names.lines().count(), 1000);
            assert!(!site.served("new").exists());
        }
    });
}
