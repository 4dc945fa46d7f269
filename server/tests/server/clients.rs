//! Real clients against the server: curl, lftp, Python's ftplib.

use crate::common::{bytes, has, run, start};

fn path(directory: &tempfile::TempDir, name: &str) -> String {
    directory.path().join(name).to_str().unwrap().to_owned()
}

#[test]
fn curl_down_up_and_resume_in_every_mode() {
    if !has("curl") {
        return;
    }
    let server = start(|builder| builder);
    let local = tempfile::tempdir().unwrap();
    let content = bytes(300_000);
    server.write("down.bin", &content);
    std::fs::write(path(&local, "up.bin"), &content).unwrap();
    let url = format!("ftp://ann:secret@{}/", server.addr);

    for (number, mode) in [
        &[][..],
        &["--disable-epsv"],
        &["--ftp-port", "-"],
        &["--ftp-port", "-", "--disable-eprt"],
    ]
    .into_iter()
    .enumerate()
    {
        let curl = |arguments: &[&str]| {
            run(
                "curl",
                &[&["-sS", "--max-time", "50"], mode, arguments].concat(),
            )
        };
        let output = curl(&[&format!("{url}down.bin")]);
        assert!(output.stdout == content, "{mode:?}");

        let output = curl(&["-r", "1000-", &format!("{url}down.bin")]);
        assert!(output.stdout == content[1000..], "{mode:?}");

        let name = format!("up{number}.bin");
        curl(&["-T", &path(&local, "up.bin"), &format!("{url}{name}")]);
        assert!(server.read(&name) == content, "{mode:?}");

        // A resumed upload: curl asks SIZE and appends the rest.
        let name = format!("part{number}.bin");
        server.write(&name, &content[..5000]);
        curl(&[
            "-C",
            "-",
            "-T",
            &path(&local, "up.bin"),
            &format!("{url}{name}"),
        ]);
        assert!(server.read(&name) == content, "{mode:?}");

        let listing = curl(&["-l", &url]);
        let listing = String::from_utf8(listing.stdout).unwrap();
        assert!(listing.lines().any(|line| line == "down.bin"), "{listing}");
    }
    // Only what was uploaded is there: no temporary name is left behind.
    assert!(
        server.names().iter().all(|name| !name.starts_with('.')),
        "{:?}",
        server.names()
    );
}

#[test]
fn curl_text_and_quote() {
    if !has("curl") {
        return;
    }
    let server = start(|builder| builder);
    server.write("text", "one\ntwo\n");
    let url = format!("ftp://ann:secret@{}/", server.addr);
    let output = run("curl", &["-sS", &format!("{url}text;type=a")]);
    // curl turns the CRLF of the wire into LF itself.
    assert_eq!(output.stdout, b"one\ntwo\n");
    run(
        "curl",
        &[
            "-sS",
            "-l",
            &url,
            "-Q",
            "MKD d",
            "-Q",
            "RNFR text",
            "-Q",
            "RNTO d/text",
            "-Q",
            "PWD",
            "-Q",
            "MFMT 20010209135046 d/text",
        ],
    );
    let modified = std::fs::metadata(server.root.path().join("d/text"))
        .unwrap()
        .modified();
    let since = modified
        .unwrap()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    assert_eq!(since.as_secs(), 981_726_646);
    let output = run("curl", &["-sSI", &format!("{url}d/text")]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("Fri, 09 Feb 2001 13:50:46 GMT"));
    run(
        "curl",
        &["-sS", "-l", &url, "-Q", "DELE d/text", "-Q", "RMD d"],
    );
    assert!(!server.exists("d"));
}

#[test]
fn lftp_mirrors_both_ways() {
    if !has("lftp") {
        return;
    }
    let server = start(|builder| builder);
    let local = tempfile::tempdir().unwrap();
    let content = bytes(70_000);
    std::fs::create_dir_all(server.root.path().join("tree/sub dir")).unwrap();
    server.write("tree/a", &content);
    server.write("tree/sub dir/b c", "text\n");
    for (number, passive) in ["true", "false"].into_iter().enumerate() {
        let down = path(&local, &format!("down{number}"));
        let script = format!(
            "set ftp:passive-mode {passive}; set net:timeout 20; set net:max-retries 1; \
             set cmd:fail-exit true; open -u ann,secret ftp://{}; mirror tree {down}; \
             mirror -R {down} up{number}; mv up{number}/a up{number}/z; rm up{number}/z; \
             cls -l up{number}; exit",
            server.addr
        );
        run("lftp", &["--norc", "-c", &script]);
        assert!(std::fs::read(format!("{down}/a")).unwrap() == content);
        assert_eq!(
            std::fs::read(format!("{down}/sub dir/b c")).unwrap(),
            b"text\n"
        );
        assert_eq!(server.read(&format!("up{number}/sub dir/b c")), b"text\n");
        assert!(!server.exists(&format!("up{number}/z")));
    }
}

/// What Python's own client does, in both modes; its assertions are the test's.
const FTPLIB: &str = r#"
import ftplib, io, sys
host, port, content = "127.0.0.1", int(sys.argv[1]), bytes(range(256)) * 500
for passive in (True, False):
    ftp = ftplib.FTP(timeout=50)
    ftp.connect(host, port)
    try:
        ftp.login("ann", "wrong")
        raise AssertionError("logged in with a wrong password")
    except ftplib.error_perm as error:
        assert str(error).startswith("530"), error
    ftp.login("ann", "secret")
    ftp.set_pasv(passive)
    assert ftp.sendcmd("SYST") == "215 UNIX Type: L8"
    assert ftp.mkd("/py") == "/py"
    ftp.cwd("py")
    assert ftp.pwd() == "/py"
    ftp.storbinary("STOR a", io.BytesIO(content))
    assert ftp.size("a") == len(content)
    got = []
    ftp.retrbinary("RETR a", got.append, rest=100)
    assert b"".join(got) == content[100:]
    ftp.storlines("STOR text", io.BytesIO(b"one\ntwo\r\n"))
    lines = []
    ftp.retrlines("RETR text", lines.append)
    assert lines == ["one", "two"], lines
    assert sorted(ftp.nlst()) == ["a", "text"]
    assert ftp.nlst("/py/t*") == ["/py/text"]
    facts = dict(ftp.mlsd())
    assert facts["a"]["size"] == str(len(content)) and facts["a"]["type"] == "file", facts
    lines = []
    ftp.dir(lines.append)
    assert len(lines) == 2 and lines[0].startswith("-rw"), lines
    # Urgent data: the last byte of ABOR comes out of band.
    data = ftp.transfercmd("RETR a")
    assert data.recv(10) == content[:10]
    assert ftp.abort()[:3] in ("426", "226")
    data.close()
    assert ftp.voidresp().startswith("226")
    ftp.rename("a", "b")
    ftp.delete("b")
    ftp.delete("text")
    ftp.cwd("..")
    ftp.rmd("py")
    assert ftp.voidcmd("NOOP").startswith("200")
    assert ftp.quit().startswith("221")
"#;

#[test]
fn python_ftplib_in_both_modes() {
    if !has("python3") {
        return;
    }
    let server = start(|builder| builder);
    run("python3", &["-c", FTPLIB, &server.addr.port().to_string()]);
    assert!(server.names().is_empty(), "{:?}", server.names());
}

#[test]
fn anonymous_may_read_and_nothing_else() {
    if !has("curl") {
        return;
    }
    let server = start(|builder| builder);
    server.write("public", "open");
    let url = format!("ftp://{}/", server.addr);
    assert_eq!(
        run("curl", &["-sS", &format!("{url}public")]).stdout,
        b"open"
    );
    let mut raw = server.connect();
    raw.ask("USER ftp", 331);
    raw.ask("PASS a@b", 230);
    for command in [
        "STOR x",
        "APPE x",
        "DELE public",
        "MKD x",
        "RNFR public",
        "RMD x",
        "STOU",
    ] {
        raw.ask(command, 550);
    }
    raw.ask("MFMT 20010209135046 public", 550);
    assert_eq!(server.names(), ["public"]);
}
