//! `NcFTP`: `ncftpls`, `ncftpget`, `ncftpput`.

use std::fs;

use ftplab_tests::{MODIFIED, Site, finish, has_program, modified};

#[test]
fn gets_puts_and_lists() {
    if !has_program("ncftpget") {
        return;
    }
    // It knows no IPv6.
    for flags in [&[][..], &["--persona", "vsftpd"]] {
        let site = Site::start("127.0.0.1:0", flags);
        let ncftp = |program: &str, mode: &str, rest: &[&str]| {
            let mut command = site.client(program);
            command.args(["-u", "ann", "-p", "secret", "-P", &site.port(), mode]);
            site.succeeds(command.args(rest))
        };
        for (mode, number) in [("-F", 0), ("-E", 1)] {
            let names = ncftp("ncftpls", mode, &["-1", "ftp://127.0.0.1/many/"]);
            assert_eq!(names.lines().count(), 1000);
            assert_eq!(names.lines().next(), Some("f000"));
            if site.sets_times {
                let facts = ncftp("ncftpls", mode, &["-m", "ftp://127.0.0.1/tree/"]);
                assert!(facts.contains(" one two"), "{facts}");
            }
            let down = site.home(&format!("down{number}"));
            fs::create_dir(&down).unwrap();
            let down = down.to_str().unwrap();
            ncftp("ncftpget", mode, &["-V", "-R", "127.0.0.1", down, "/tree"]);
            site.assert_same_tree(&format!("down{number}/tree"), "tree");
            let large = format!("down{number}/tree/large");
            assert_eq!(modified(&site.home(&large)), MODIFIED);
            let names = ["/a b/in ner", "/ünï/日本.txt", "/empty", "/one"];
            ncftp(
                "ncftpget",
                mode,
                &[&["-V", "127.0.0.1", down], &names[..]].concat(),
            );
            for (name, served) in ["in ner", "日本.txt", "empty", "one"].iter().zip(names) {
                site.assert_same(&format!("down{number}/{name}"), &served[1..]);
            }
            // Half of it is there already.
            let half = &fs::read(site.served("large")).unwrap()[..1 << 20];
            fs::write(site.home(&format!("down{number}/large")), half).unwrap();
            ncftp("ncftpget", mode, &["-V", "-z", "127.0.0.1", down, "/large"]);
            site.assert_same(&format!("down{number}/large"), "large");

            let up = format!("/up{number}/deep");
            let tree = format!("down{number}/tree");
            ncftp(
                "ncftpput",
                mode,
                &["-V", "-R", "-m", "127.0.0.1", &up, &tree],
            );
            site.assert_same_tree(&tree, &format!("up{number}/deep/tree"));
            site.assert_time_was_set(&format!("up{number}/deep/tree/large"));
            for _ in 0..2 {
                let one = format!("down{number}/one");
                ncftp("ncftpput", mode, &["-V", "-A", "127.0.0.1", &up, &one]);
            }
            let appended = site.served(&format!("up{number}/deep/one"));
            assert_eq!(fs::read(appended).unwrap(), b"11");
        }
    }
}

#[test]
fn is_refused_with_a_wrong_password() {
    if !has_program("ncftpget") {
        return;
    }
    let site = Site::start("127.0.0.1:0", &[]);
    let mut ncftp = site.client("ncftpget");
    ncftp.args(["-r", "0", "-u", "ann", "-p", "wrong", "-P", &site.port()]);
    let output = finish(ncftp.args(["127.0.0.1", ".", "/text"]));
    assert!(!output.status.success() && !site.home("text").exists());
}
