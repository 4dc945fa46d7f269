//! GNU Wget.

use std::fs;

use ftplab_tests::{MODIFIED, Site, finish, has_program, modified};

#[test]
fn fetches_trees_and_resumes() {
    if !has_program("wget") {
        return;
    }
    Site::everywhere(|site| {
        std::os::unix::fs::symlink("large", site.served("tree/link")).unwrap();
        for (mode, user) in [
            ("--passive-ftp", "ann:secret@"),
            ("--no-passive-ftp", "ann:secret@"),
            ("--passive-ftp", ""),
        ] {
            let url = |path: &str| format!("ftp://{user}{}/{path}", site.address);
            let wget = |arguments: &[&str]| {
                let mut wget = site.client("wget");
                wget.args(["--no-verbose", "--tries=1", "--timeout=50", mode]);
                let output = finish(wget.args(arguments));
                let told = String::from_utf8_lossy(&output.stderr).into_owned();
                assert!(output.status.success(), "{wget:?}: {told}");
                told
            };
            let recursive = ["-r", "-l0", "-nH", "-P", "down"];
            let told = wget(&[&recursive, &[url("tree").as_str()][..]].concat());
            assert!(!told.contains("Invalid"), "{told}");
            site.assert_same_tree("down/tree", "tree");
            // It takes the time from LIST, which has the day alone.
            let day = modified(&site.home("down/tree/large")) / 86_400;
            assert_eq!(day, MODIFIED / 86_400);
            if mode == "--passive-ftp" && !user.is_empty() {
                wget(&[&recursive, &[url("many").as_str()][..]].concat());
                site.assert_same_tree("down/many", "many");
            }
            fs::remove_dir_all(site.home("down")).unwrap();

            wget(&["-O", "space", &url("a%20b/in%20ner")]);
            site.assert_same("space", "a b/in ner");
            wget(&["-O", "empty", &url("empty")]);
            site.assert_same("empty", "empty");
            let half = &fs::read(site.served("large")).unwrap()[..1 << 20];
            fs::write(site.home("large"), half).unwrap();
            wget(&["-c", &url("large")]);
            site.assert_same("large", "large");
            wget(&["-P", "glob", &url("t*t")]);
            site.assert_same("glob/text", "text");
            for left in ["large", "glob/text"] {
                fs::remove_file(site.home(left)).unwrap();
            }
        }
        for (path, user, code) in [("nothing", "ann:secret@", 8), ("text", "ann:wrong@", 6)] {
            let url = format!("ftp://{user}{}/{path}", site.address);
            let output = finish(site.client("wget").args(["-q", "--tries=1", &url]));
            assert_eq!(output.status.code(), Some(code), "{url}");
        }
    });
}
