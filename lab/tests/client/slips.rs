//! Slips of the command line: what is said to them, and what is done all the same.

use std::fs;

use crate::programs::{Server, fail, finish, ftplab, run};

#[test]
fn swapped_arguments_are_told_with_the_line_that_was_meant() {
    let home = tempfile::tempdir().unwrap();
    let here = home.path();
    fs::create_dir(here.join("site")).unwrap();
    fs::write(here.join("a b"), "a").unwrap();
    let url = "ftp://h/x";
    for (arguments, meant) in [
        (&["put", url, "a b"][..], "ftplab put 'a b' ftp://h/x\n"),
        (
            &["put", "-r", url, "site"],
            "ftplab put -r site ftp://h/x\n",
        ),
        (
            &["put", url, "-c", "a b"],
            "ftplab put -c 'a b' ftp://h/x\n",
        ),
        (&["put", "ann@h/x", "a b"], "ftplab put 'a b' ann@h/x\n"),
        (&["get", "a b", url], "ftplab get ftp://h/x 'a b'\n"),
        (&["get", "out/new", url], "ftplab get ftp://h/x out/new\n"),
        (&["get", "-", url], "ftplab get ftp://h/x -\n"),
        (&["mget", "site/", url], "ftplab mget ftp://h/x site/\n"),
        (
            &["mirror", "-R", url, "site"],
            "ftplab mirror -R site ftp://h/x\n",
        ),
        (
            &["mirror", "site", url],
            "ftplab mirror ftp://h/x site for down",
        ),
        (
            &["mirror", "site", url],
            "ftplab mirror --reverse site ftp://h/x for up\n",
        ),
        (&["mv", "new", url], "ftplab mv ftp://h/x new\n"),
    ] {
        let said = fail(here, 2, arguments);
        assert!(said.contains(meant), "{arguments:?}: {said}");
    }
    let said = fail(here, 2, &["put", "a b"]);
    assert!(said.contains("FILE... URL"), "{said}");
    // A scenario is no command.
    let said = fail(here, 2, &["active", "--lang", "zh"]);
    assert!(said.contains("`ftplab run active`"), "{said}");
}

#[test]
fn no_password_is_repeated() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let here = home.path();
    fs::write(
        here.join("script"),
        "open ftp://ann:sesame@h:99999/\nopen sesame\n",
    )
    .unwrap();
    let bad = "ftp://ann:sesame@h:99999/x";
    for arguments in [
        &["ls", bad][..],
        &["ls", "ftp://ann:ses/ame@h:1/"],
        &["get", bad],
        &["get", "a", bad],
        &["put", "a", bad],
        &["put", bad, "a"],
        &["put", "a", "ann:sesame@h:99999/"],
        &["rm", bad],
        &["mkdir", bad],
        &["mv", bad, "b"],
        &["mv", "ftp://h/a", bad],
        &["mirror", bad, "m"],
        &["mirror", "-R", "m", bad],
        &["mirror", "m", bad],
        &["shell", bad],
        &["ls", "--timeout", bad, "ftp://h/"],
        &["lss", bad],
        &["ls", "ftp://h/", "--x", bad],
        &["ls", &format!("--x={bad}")],
        &["trace", "-r", bad],
        &["serve", bad],
        &["ls", "--user", "ann:sesame", "ftp://h/"],
    ] {
        let (code, stdout, said) = finish(ftplab(here).args(arguments));
        assert!(code == 1 || code == 2, "{arguments:?}: {said}");
        assert!(!said.is_empty(), "{arguments:?}");
        let said = said + &stdout;
        assert!(!said.contains("sesame"), "{arguments:?}: {said}");
        assert!(!said.contains("ses/ame"), "{arguments:?}: {said}");
    }
    // Nor what is typed into the shell, or into a file for it.
    let url = server.url("");
    let (code, _, said) = finish(
        ftplab(here)
            .args(["shell", &url])
            .stdin(fs::File::open(here.join("script")).unwrap()),
    );
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("ftp://ann:****@h:99999/: not a URL"),
        "{said}"
    );
}

#[test]
fn a_user_can_be_named_by_a_flag() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let here = home.path();
    fs::write(here.join("a"), "a").unwrap();
    let url = format!("ftp://{}/", server.address);
    run(here, &["put", "a", "--user", "ann", &url]);
    assert_eq!(run(here, &["ls", "-1", "--user", "ann", &url]), "a\n");
    // The URL's own goes first.
    let bob = url.replace("ftp://", "ftp://bob@");
    let said = fail(here, 1, &["ls", "--user", "ann", &bob]);
    assert!(said.contains("login refused for bob"), "{said}");
    let said = fail(here, 2, &["ls", "--user", "ann:secret", &url]);
    assert!(said.contains("fix: set FTPLAB_PASSWORD"), "{said}");
    let said = fail(here, 1, &["ls", &url]);
    assert!(
        said.contains("fix: name a user: ftp://USER@HOST/PATH, --user USER"),
        "{said}"
    );
}

#[test]
fn a_place_that_ends_in_a_slash_is_a_folder() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let (here, there) = (home.path(), server.root.path());
    fs::write(there.join("a"), "a").unwrap();
    fs::write(there.join("b"), "b").unwrap();
    run(here, &["get", &server.url("a"), "sub/"]);
    assert_eq!(fs::read(here.join("sub/a")).unwrap(), b"a");
    run(
        here,
        &["get", &server.url("a"), &server.url("b"), "two/deep/"],
    );
    assert_eq!(fs::read(here.join("two/deep/b")).unwrap(), b"b");
    let said = fail(here, 2, &["get", &server.url("a"), &server.url("b"), "no"]);
    assert!(said.contains("fix: no/ makes it"), "{said}");
    // What is a file already cannot be one.
    fail(here, 1, &["get", &server.url("a"), "sub/a/"]);
    fs::write(here.join("script"), "get a by-hand/\n").unwrap();
    let script = fs::File::open(here.join("script")).unwrap();
    let (code, _, said) = finish(ftplab(here).args(["shell", &server.url("")]).stdin(script));
    assert_eq!(code, 0, "{said}");
    assert_eq!(fs::read(here.join("by-hand/a")).unwrap(), b"a");
}

#[test]
fn a_folder_goes_where_no_directory_is_yet() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let (here, there) = (home.path(), server.root.path());
    fs::create_dir(here.join("site")).unwrap();
    fs::write(here.join("site/f"), "f").unwrap();
    run(here, &["put", "-r", "site", &server.url("www/")]);
    assert_eq!(fs::read(there.join("www/site/f")).unwrap(), b"f");
    run(here, &["put", "-r", "site", &server.url("a/b/c")]);
    assert_eq!(fs::read(there.join("a/b/c/f")).unwrap(), b"f");
    run(here, &["mirror", "-R", "site", &server.url("m/n/")]);
    assert_eq!(fs::read(there.join("m/n/f")).unwrap(), b"f");
    run(
        here,
        &["mirror", "-R", "--dry-run", "site", &server.url("o/p")],
    );
    assert!(!there.join("o").exists());
}

#[test]
fn what_tls_refuses_comes_with_the_way_out() {
    let server = Server::start_with("127.0.0.1:0", &["--require-tls"]);
    let home = tempfile::tempdir().unwrap();
    let here = home.path();
    let said = fail(here, 1, &["ls", &server.url("")]);
    assert!(said.contains("\n  fix: --tls"), "{said}");
    let nobody = format!("ftp://{}/", server.address);
    let said = fail(here, 1, &["ls", &nobody]);
    assert!(said.contains("\n  fix: --tls"), "{said}");
    // Any authority but the one that signed it.
    let authority = rcgen::generate_simple_self_signed(vec!["other".to_owned()]).unwrap();
    fs::write(here.join("authority.pem"), authority.cert.pem()).unwrap();
    let said = fail(here, 1, &["ls", "--ca", "authority.pem", &server.url("")]);
    assert!(said.contains("\n  fix: --ca FILE"), "{said}");
    let implicit = server.url("").replace("ftp://", "ftps://");
    let said = fail(here, 1, &["ls", "--insecure", &implicit]);
    assert!(
        said.contains("\n  fix: there is no TLS from the first byte"),
        "{said}"
    );
    run(here, &["ls", "--insecure", &server.url("")]);
    let script = here.join("script");
    fs::write(&script, format!("open {}\n", server.url(""))).unwrap();
    let script = fs::File::open(script).unwrap();
    let (code, _, said) = finish(ftplab(here).arg("shell").stdin(script));
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("\n  fix: --tls"), "{said}");
}

#[test]
fn the_shell_stays_connected_for_another_login() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let here = home.path();
    fs::create_dir(server.root.path().join("pub")).unwrap();
    let talk = |lines: &str| {
        fs::write(here.join("script"), lines).unwrap();
        let script = fs::File::open(here.join("script")).unwrap();
        finish(ftplab(here).arg("shell").stdin(script))
    };
    let address = &server.address;
    // Nobody asked for anonymous, so its refusal is no failure.
    let (code, stdout, said) = talk(&format!("open ftp://{address}/pub\nuser ann secret\npwd\n"));
    assert_eq!(code, 0, "{said}");
    assert!(stdout.ends_with("/pub\n"), "{stdout}");
    assert!(said.contains("login refused for anonymous"), "{said}");
    assert!(
        said.contains("still connected; `user NAME` logs in"),
        "{said}"
    );
    let (code, stdout, said) = talk(&format!(
        "open ftp://bob@{address}/\nuser ann secret\npwd\n"
    ));
    assert_eq!(code, 1, "{said}");
    assert!(stdout.ends_with("\n/\n"), "{stdout}");
    assert!(said.contains("line 1: ftplab: "), "{said}");
    assert!(said.contains("login refused for bob"), "{said}");
}
