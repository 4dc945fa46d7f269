//! `ftplab get`, `put`, `ls` and `mirror` over TLS.

use std::fs;

use ftplab_tests::{Site, assert_code, finish, ftplab, said};

#[test]
fn our_client_over_tls() {
    Site::everywhere(|site| {
        let url = |path: &str| format!("ftp://ann@{}/{path}", site.address);
        let certificate = site.certificate();
        let certificate = certificate.to_str().unwrap();
        let run = |trust: &[&str], arguments: &[&str]| {
            let mut command = ftplab();
            command
                .arg(arguments[0])
                .args(trust)
                .args(&arguments[1..])
                .current_dir(site.home(""))
                .env("HOME", site.home(""))
                .env("FTPLAB_PASSWORD", "secret");
            finish(&mut command)
        };
        for mode in [
            &["--ca", certificate][..],
            &["--ca", certificate, "--active"],
        ] {
            let succeeds = |arguments: &[&str]| {
                let output = run(mode, arguments);
                assert_code(&output, 0);
                String::from_utf8(output.stdout).unwrap()
            };
            let listed = succeeds(&["ls", "-1", &url("many/")]);
            assert_eq!(listed.lines().count(), 1000);
            assert_eq!(succeeds(&["ls", &url("void/")]), "");
            assert!(succeeds(&["ls", &url("a%20b/")]).ends_with(" in ner\n"));
            assert_eq!(
                succeeds(&["get", &url("%C3%BCn%C3%AF/%E6%97%A5%E6%9C%AC.txt"), "-"]),
                "二"
            );
            succeeds(&["get", &url("large")]);
            site.assert_same("large", "large");
            succeeds(&["put", "large", &url("copy")]);
            site.assert_same("large", "copy");
            succeeds(&["mirror", &url("tree/"), "down"]);
            site.assert_same_tree("down", "tree");
            succeeds(&["mirror", "--reverse", "down", &url("up/")]);
            site.assert_same_tree("down", "up");
            for left in [site.home("down"), site.served("up")] {
                fs::remove_dir_all(left).unwrap();
            }
            fs::remove_file(site.home("large")).unwrap();
        }
        // Nobody that this machine trusts vouches for the certificate.
        let refused = run(&["--tls"], &["get", &url("large")]);
        assert_code(&refused, 1);
        assert!(said(&refused).contains("certificate"), "{}", said(&refused));
        assert!(!site.home("large").exists());
        let output = run(&["--insecure"], &["get", &url("large")]);
        assert_code(&output, 0);
        site.assert_same("large", "large");
        fs::remove_file(site.home("large")).unwrap();
    });
}

#[test]
fn a_server_that_requires_tls_refuses_a_login_in_the_clear() {
    let site = Site::start("127.0.0.1:0", &["--require-tls"]);
    let url = format!("ftp://ann@{}/text", site.address);
    let get = |flags: &[&str]| {
        let mut command = ftplab();
        command.args(["get", &url, "-"]).args(flags);
        finish(
            command
                .env("FTPLAB_PASSWORD", "secret")
                .env("HOME", site.home("")),
        )
    };
    let refused = get(&[]);
    assert_code(&refused, 1);
    assert!(said(&refused).contains("530"), "{}", said(&refused));
    let output = get(&["--ca", site.certificate().to_str().unwrap()]);
    assert_code(&output, 0);
    assert_eq!(output.stdout, b"one\ntwo\nthree\n");
}
