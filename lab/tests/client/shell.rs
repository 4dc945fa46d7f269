//! The shell, from a script.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use crate::programs::{Server, ftplab, told};

fn shell(folder: &Path, url: Option<&str>, script: &str) -> (i32, String, String) {
    let mut child = ftplab(folder)
        .arg("shell")
        .args(url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(script.as_bytes()).unwrap();
    drop(stdin);
    told(&child.wait_with_output().unwrap())
}

#[test]
fn a_script_of_everything() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let (here, there) = (home.path(), server.root.path());
    fs::write(here.join("one.txt"), "1").unwrap();
    fs::write(here.join("two words.txt"), "22").unwrap();
    fs::create_dir(here.join("down")).unwrap();
    let script = "\
# a comment
open URL
mkdir d
cd d
mput *.txt
append one.txt 'two words.txt'
size two\\ words.txt
rename one.txt uno.txt
lcd down
mget *.txt
get uno.txt one.copy
reget 'two words.txt'
ascii
binary
active
nlist
passive
status
mdel u*.txt
cdup
pwd
quote NOOP
!pwd
help size
close
bye
bogus, but never read
";
    let script = script.replace("URL", &server.url(""));
    let (code, stdout, stderr) = shell(here, None, &script);
    assert_eq!(code, 0, "{stdout}\n{stderr}");
    assert_eq!(fs::read(there.join("d/two words.txt")).unwrap(), b"221");
    assert!(!there.join("d/uno.txt").exists());
    assert_eq!(fs::read(here.join("down/uno.txt")).unwrap(), b"1");
    assert_eq!(fs::read(here.join("down/one.copy")).unwrap(), b"1");
    assert_eq!(fs::read(here.join("down/two words.txt")).unwrap(), b"221");
    let lines: Vec<_> = stdout.lines().collect();
    for expected in ["3", "passive, binary", "uno.txt", "/"] {
        assert!(lines.contains(&expected), "{expected}: {stdout}");
    }
    assert!(
        stdout.contains("200 ") && stdout.contains("/down\n"),
        "{stdout}"
    );
    assert!(stdout.contains("size FILE"), "{stdout}");
}

#[test]
fn a_failed_command_is_the_exit_code_s_business() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let url = server.url("");
    let (code, _, said) = shell(home.path(), Some(&url), "cd nowhere\nmkdir after\n");
    assert_eq!(code, 1);
    assert!(said.contains("line 1: ftplab: CWD nowhere: 550"), "{said}");
    assert!(
        server.root.path().join("after").is_dir(),
        "the rest is done"
    );
    for script in ["bogus\n", "get\n", "cd 'unclosed\n", "!exit 3\n"] {
        let (code, _, said) = shell(home.path(), Some(&url), script);
        assert_eq!(code, 1, "{script}: {said}");
    }
    let (code, _, said) = shell(home.path(), None, "ls\n");
    assert_eq!(code, 1);
    assert!(said.contains("not connected"), "{said}");
}
