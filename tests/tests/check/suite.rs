//! Our own server and our own client pass all of it

use ftplab_tests::{available, finish, ftplab, has_private_network};

use super::{check, scripts};

/// Where packets can be seen every line about them must have been looked at.
fn sees_packets() -> bool {
    has_private_network()
}

#[test]
fn our_server_and_our_client_pass() {
    let run = check(
        &scripts(),
        &["--server", "self", "--client", "ftplab", "--jobs", "8"],
    );
    run.assert_passed();
    if sees_packets() {
        assert!(run.with("not checked").is_empty());
    }
    let passed = run.with("passed");
    let of_client = |script: &&&serde_json::Value| {
        let file = script["file"].as_str().unwrap();
        file.contains("/client/")
    };
    let clients = passed.iter().filter(of_client).count();
    assert!(clients >= 30 && passed.len() - clients > 150, "{clients}");
    let skipped = run.with("skipped");
    assert!(
        !skipped.iter().any(|script| of_client(&script)),
        "{skipped:?}"
    );
}

#[test]
fn our_server_passes_over_ipv6() {
    let there = std::path::Path::new("/proc/sys/net/ipv6").exists();
    if !available("IPv6", there) {
        return;
    }
    let run = check(&scripts(), &["--server", "self6"]);
    run.assert_passed();
    // Those that send neither PASV nor PORT, and those that are about IPv6.
    assert!(run.with("passed").len() > 100);
    let needing = |name: &str| {
        let mut all = run.scripts.iter();
        let found = all.find(|script| script["file"].as_str().unwrap().ends_with(name));
        found.unwrap()["verdict"].clone()
    };
    assert_eq!(needing("rfc2428/ipv6-pasv.ftp"), "passed");
    assert_eq!(needing("rfc959/data/pasv-reply.ftp"), "skipped");
}

#[test]
fn without_a_client_its_scripts_are_skipped() {
    let output = finish(
        ftplab()
            .arg("check")
            .arg(scripts().join("client/get.ftp"))
            .args(["--server", "self"]),
    );
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("it tests a client: --client"), "{text}");
}
