//! curl.

use std::fs;

use ftplab_tests::{MODIFIED, Site, finish, has_program, modified};

#[test]
fn fetches_stores_and_resumes() {
    if !has_program("curl") {
        return;
    }
    Site::everywhere(|site| {
        let url = |path: &str| format!("ftp://ann:secret@{}/{path}", site.address);
        let certificate = site.certificate();
        let certificate = certificate.to_str().unwrap();
        for mode in [
            &[][..],
            &["--disable-epsv"],
            &["--ftp-port", "-"],
            &["--ssl-reqd", "--cacert", certificate],
        ] {
            let curl = |arguments: &[&str]| {
                let mut curl = site.client("curl");
                site.succeeds(
                    curl.args(["-sS", "--max-time", "50"])
                        .args(mode)
                        .args(arguments),
                )
            };
            curl(&["-R", "-o", "large", &url("large")]);
            site.assert_same("large", "large");
            assert_eq!(modified(&site.home("large")), MODIFIED);
            fs::write(
                site.home("part"),
                &fs::read(site.served("large")).unwrap()[..9000],
            )
            .unwrap();
            curl(&["-C", "-", "-o", "part", &url("large")]);
            site.assert_same("part", "large");
            assert_eq!(curl(&["-r", "4-6", &url("text")]), "two");
            assert_eq!(curl(&[&url("text;type=a")]), "one\ntwo\nthree\n");
            assert_eq!(curl(&[&url("a%20b/in%20ner")]), "spaces");
            assert_eq!(
                curl(&["--ftp-method", "nocwd", &url("qu%22o'te/f%22x")]),
                "quotes"
            );
            assert_eq!(curl(&[&url("%C3%BCn%C3%AF/%E6%97%A5%E6%9C%AC.txt")]), "二");
            assert_eq!(curl(&["-l", &url("many/")]).lines().count(), 1000);
            assert_eq!(curl(&["-l", &url("void/")]), "");

            let new = url("new/folder/");
            curl(&["--ftp-create-dirs", "-T", "large", &new]);
            site.assert_same("large", "new/folder/large");
            fs::write(site.served("new/folder/part"), "12345").unwrap();
            fs::write(site.home("part"), "123456789").unwrap();
            curl(&["-C", "-", "-T", "part", &new]);
            curl(&["-a", "-T", "part", &new]);
            let part = fs::read(site.served("new/folder/part")).unwrap();
            assert_eq!(part, b"123456789123456789");
            let quotes = [
                "RNFR new/folder/part",
                "RNTO p",
                "DELE p",
                "DELE new/folder/large",
            ];
            let quotes = quotes.into_iter().chain(["RMD new/folder", "RMD new"]);
            let quotes: Vec<_> = quotes.flat_map(|quote| ["-Q", quote]).collect();
            curl(&[&quotes, &["-l", &url("void/")][..]].concat());
            assert!(!site.served("new").exists() && !site.served("p").exists());
        }
    });
}

#[test]
fn is_refused_what_is_not_there_or_not_allowed() {
    if !has_program("curl") {
        return;
    }
    let site = Site::start("127.0.0.1:0", &[]);
    for (user, path, code) in [
        ("ann:wrong@", "text", 67),
        ("ann:secret@", "nothing", 78),
        ("ann:secret@", "no/where", 9),
        ("", "nothing", 78),
    ] {
        let url = format!("ftp://{user}{}/{path}", site.address);
        let output = finish(site.client("curl").args(["-sS", &url]));
        assert_eq!(output.status.code(), Some(code), "{url}");
    }
    // Nobody vouches for the certificate.
    let url = format!("ftp://{}/text", site.address);
    let output = finish(site.client("curl").args(["-sS", "--ssl-reqd", &url]));
    assert_eq!(output.status.code(), Some(60));
    // An anonymous user only reads.
    let output = finish(site.client("curl").args(["-sS", "-T", "server.pem", &url]));
    assert_eq!(output.status.code(), Some(25));
    assert_eq!(fs::read(site.served("text")).unwrap(), b"one\ntwo\nthree\n");
}
