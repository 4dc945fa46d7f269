//! lftp.

use std::fs;

use ftplab_tests::{MODIFIED, Running, Site, has_program, modified};

#[test]
fn mirrors_both_ways() {
    if !has_program("lftp") {
        return;
    }
    Site::everywhere(|site| {
        std::os::unix::fs::symlink("large", site.served("tree/link")).unwrap();
        for (number, settings) in [
            "set ftp:ssl-allow false",
            "set ftp:ssl-allow false; set ftp:passive-mode false",
            "set ftp:ssl-allow false; set ftp:use-mlsd false; set ftp:use-feat false",
            "set ftp:ssl-force true; set ftp:ssl-protect-data true; set ssl:check-hostname false; \
             set ssl:ca-file server.pem",
        ]
        .into_iter()
        .enumerate()
        {
            let lftp = |commands: &str| {
                let script = format!(
                    "set net:timeout 20; set net:max-retries 1; set cmd:fail-exit true; {settings}; \
                     open -u ann,secret ftp://{}; {commands}",
                    site.address
                );
                site.run("lftp", ["--norc", "-c", &script])
            };
            let (down, up) = (format!("down{number}"), format!("up{number}"));
            lftp(&format!("mirror tree {down}"));
            site.assert_same_tree(&down, "tree");
            assert_eq!(modified(&site.home(&format!("{down}/large"))), MODIFIED);
            let link = fs::read_link(site.home(&format!("{down}/link"))).unwrap();
            assert_eq!(link.to_str(), Some("large"));
            fs::remove_file(site.home(&format!("{down}/link"))).unwrap();
            lftp(&format!("mirror -R {down} {up}"));
            site.assert_same_tree(&down, &up);
            // What is there already, with its time, is not sent again.
            if site.sets_times && !settings.contains("use-feat false") {
                site.assert_time_was_set(&format!("{up}/large"));
                let told = lftp(&format!("mirror -R -v {down} {up}"));
                assert!(
                    !told.contains("New:") && !told.contains("Modified:"),
                    "{told}"
                );
            }
            let told = lftp(&format!(
                "cd \"a b\"; cls -1; cd \"../qu\\\"o'te\"; cls -1; cd ../ünï; cls -1; cd /; \
                 cls -1 many | wc -l; cls -1 void; cat text; pget -n 4 large -o pget{number}; \
                 rm -r {up}; mkdir -p {up}/x; mv {up}/x {up}/y; rmdir {up}/y {up}"
            ));
            let expected = "in ner\nf\"x\n日本.txt\n1000\none\ntwo\nthree\n";
            assert_eq!(told, expected, "{settings}");
            site.assert_same(&format!("pget{number}"), "large");
            assert!(!site.served(&up).exists());
        }
    });
}

#[test]
fn believes_no_certificate_that_it_cannot_check() {
    if !has_program("lftp") {
        return;
    }
    let site = Site::start("127.0.0.1:0", &["--require-tls"]);
    let script = format!(
        "set net:timeout 20; set net:max-retries 2; set net:reconnect-interval-base 1; \
         set cmd:fail-exit true; open -u ann,secret ftp://{}; cat text",
        site.address
    );
    // It says so, and then waits before it ends.
    let mut lftp = Running::start(site.client("lftp").args(["--norc", "-c", &script]));
    let told = lftp.complains("Fatal error");
    assert!(told.contains("Certificate verification"), "{told}");
    assert_eq!(lftp.stdout(), "");
    drop(lftp);
    let script = format!("set ssl:verify-certificate no; {script}");
    let text = site.run("lftp", ["--norc", "-c", &script]);
    assert_eq!(text, "one\ntwo\nthree\n");
}
