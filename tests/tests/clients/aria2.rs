//! aria2.

use std::fs;

use ftplab_tests::{MODIFIED, Site, finish, has_program, modified};

#[test]
fn fetches_one_file_over_many_connections() {
    if !has_program("aria2c") {
        return;
    }
    Site::everywhere(|site| {
        let url = |path: &str| format!("ftp://{}/{path}", site.address);
        for mode in ["--ftp-pasv=true", "--ftp-pasv=false"] {
            let aria2 = |arguments: &[&str]| {
                let mut aria2 = site.client("aria2c");
                aria2.args([
                    "-q",
                    "--no-conf",
                    "--allow-overwrite=true",
                    "--remote-time",
                    mode,
                ]);
                aria2.args([
                    "--ftp-user=ann",
                    "--ftp-passwd=secret",
                    "--max-tries=1",
                    "--timeout=20",
                ]);
                site.succeeds(aria2.args(arguments))
            };
            // Small files, whose 150 and 226 come close together.
            for number in 0..20 {
                aria2(&["-o", "small", &url("text")]);
                site.assert_same("small", "text");
                assert!(!site.home("small.aria2").exists(), "{number}");
            }
            aria2(&["-x4", "-s4", "-k1M", "-o", "four", &url("large")]);
            site.assert_same("four", "large");
            assert_eq!(modified(&site.home("four")), MODIFIED);
            let half = &fs::read(site.served("large")).unwrap()[..1 << 20];
            fs::write(site.home("large"), half).unwrap();
            aria2(&["-c", &url("large")]);
            site.assert_same("large", "large");
            aria2(&["-o", "ascii", "--ftp-type=ascii", &url("text")]);
            assert_eq!(
                fs::read(site.home("ascii")).unwrap(),
                b"one\r\ntwo\r\nthree\r\n"
            );
            aria2(&[
                "-Z",
                &url("empty"),
                &url("a%20b/in%20ner"),
                &url("many/f007"),
            ]);
            site.assert_same("empty", "empty");
            site.assert_same("in ner", "a b/in ner");
            site.assert_same("f007", "many/f007");
        }
        let refused = finish(
            site.client("aria2c")
                .args(["-q", "--max-tries=1", &url("nothing")]),
        );
        assert!(!refused.status.success());
    });
}
