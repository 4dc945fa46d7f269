//! rclone.

use std::fs;

use ftplab_tests::{MODIFIED, Site, finish, has_program, modified, output, said};

#[test]
fn copies_syncs_checks_and_purges() {
    if !has_program("rclone") {
        return;
    }
    Site::everywhere(|site| {
        let password = output(site.client("rclone").args(["obscure", "secret"]));
        let remote = |more: &str, path: &str| {
            // Quoted, since there are colons in it; and in brackets, which rclone leaves out.
            let (ip, port) = (site.ip(), site.port());
            let ip = if site.address.is_ipv6() {
                format!("[{ip}]")
            } else {
                ip
            };
            let password = password.trim();
            format!(":ftp,host=\"{ip}\",port={port},user=ann,pass={password}{more}:{path}")
        };
        for (number, more) in ["", ",explicit_tls=true,no_check_certificate=true"]
            .into_iter()
            .enumerate()
        {
            let rclone = |arguments: &[&str]| {
                let mut rclone = site.client("rclone");
                rclone.args([
                    "--retries",
                    "1",
                    "--low-level-retries",
                    "1",
                    "--transfers",
                    "4",
                ]);
                let output = finish(rclone.args(arguments));
                assert!(output.status.success(), "{rclone:?}: {}", said(&output));
                String::from_utf8(output.stdout).unwrap()
            };
            let (down, up) = (format!("down{number}"), format!("up{number}"));
            let (tree, copy) = (remote(more, "tree"), remote(more, &up));
            rclone(&["copy", &tree, &down, "--create-empty-src-dirs"]);
            site.assert_same_tree(&down, "tree");
            assert_eq!(modified(&site.home(&format!("{down}/.hidden"))), MODIFIED);
            rclone(&["sync", &down, &copy]);
            site.assert_same_tree(&down, &up);
            site.assert_time_was_set(&format!("{up}/one two/three/deep"));
            rclone(&["check", "--download", &down, &copy]);
            let listed = rclone(&["lsl", &copy]);
            assert!(listed.contains("70000 "), "{listed}");
            if site.sets_times {
                assert!(listed.contains("2001-02-09 13:50:46"), "{listed}");
            }
            // The file that went is removed there too; the others are left alone.
            fs::remove_file(site.home(&format!("{down}/large"))).unwrap();
            rclone(&["sync", &down, &copy]);
            site.assert_same_tree(&down, &up);
            let inner = |name: &str| remote(more, &format!("{up}/{name}"));
            rclone(&["moveto", &inner(".hidden"), &inner("one two/shown")]);
            site.assert_same(&format!("{down}/.hidden"), &format!("{up}/one two/shown"));
            rclone(&["mkdir", &inner("new folder/deep")]);
            assert!(site.served(&format!("{up}/new folder/deep")).is_dir());
            rclone(&["purge", &copy]);
            assert!(!site.served(&up).exists());
            assert_eq!(
                rclone(&["lsf", &remote(more, "many")]).lines().count(),
                1000
            );
            assert_eq!(rclone(&["cat", &remote(more, "ünï/日本.txt")]), "二");
            assert_eq!(rclone(&["ls", &remote(more, "void")]), "");
        }
    });
}
