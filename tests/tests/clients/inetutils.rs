//! The `ftp` of GNU inetutils.

use std::fs;

use ftplab_tests::{Site, has_program, said};

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
nlist many listing
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
    if !has_program("inetutils-ftp") {
        return;
    }
    Site::everywhere(|site| {
        for mode in ["-p", "-v"] {
            for one in ["one1", "one2"] {
                fs::write(site.home(one), "1").unwrap();
            }
            let mut inetutils = site.client("inetutils-ftp");
            inetutils.args(["-n", "-v", mode, &site.ip(), &site.port()]);
            let output = site.feed(&mut inetutils, SESSION);
            let told = said(&output);
            for (text, times) in [
                ("\"/a b\"", 1),
                ("10485760", 1),
                ("02/09/2001 13:50:46", 1),
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
            let names = fs::read_to_string(site.home("listing")).unwrap();
            assert_eq!(names.lines().count(), 1000);
            assert!(!site.served("new").exists());
        }
    });
}
