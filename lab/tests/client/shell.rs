//! The shell, from a script.

use std::fs;
use std::io::Write;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use std::process::{Command, Stdio};

use crate::programs::{Server, fail, ftplab, told};

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

/// Root would take `/dev/null` from the whole machine.
#[test]
fn what_is_no_file_is_written_to_or_left_alone() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let here = home.path();
    fs::write(server.root.path().join("a"), "content").unwrap();
    fs::create_dir(here.join("d")).unwrap();
    for name in ["pipe", "d/a"] {
        let made = Command::new("mkfifo").arg(here.join(name)).status();
        assert!(made.unwrap().success());
    }
    let pipe = here.join("pipe");
    let reader = std::thread::spawn(move || fs::read(pipe).unwrap());
    let (code, _, said) = shell(here, Some(&server.url("")), "get a pipe\n");
    assert_eq!(code, 0, "{said}");
    assert_eq!(reader.join().unwrap(), b"content");
    assert!(
        fs::metadata(here.join("pipe"))
            .unwrap()
            .file_type()
            .is_fifo()
    );

    for arguments in [
        ["mget", &server.url("a"), "d"],
        ["mirror", &server.url(""), "d"],
    ] {
        let (code, _, said) = told(&ftplab(here).args(arguments).output().unwrap());
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("no regular file"), "{said}");
        assert!(
            fs::metadata(here.join("d/a"))
                .unwrap()
                .file_type()
                .is_fifo()
        );
    }
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

#[test]
fn words_that_ftp_and_lftp_know() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let (here, there) = (home.path(), server.root.path());
    fs::create_dir_all(there.join("a/b/c")).unwrap();
    fs::write(there.join("a/b/f"), "text\n").unwrap();
    for name in ["x1", "x2", "y1", "z", ".x"] {
        fs::write(here.join(name), name).unwrap();
    }
    let script = "\
cd a/b
cd -
pwd
cd /a
cd
pwd
type
type a
type
bi
find a
cat a/b/f
ls -la a/b
prompt
hash on
passive off
passive
cd a
mput x[!2] {y*,z}
rename z 'it is'
mode f
rm -r b
features
noop
close
";
    let script = script.replace("mode f", "modt b/f");
    let (code, stdout, stderr) = shell(here, Some(&server.url("")), &script);
    assert_eq!(code, 0, "{stdout}\n{stderr}");
    let lines: Vec<_> = stdout.lines().collect();
    assert_eq!(
        lines[..7],
        ["/", "/", "binary", "ascii", "b", "b/c", "b/f"],
        "{stdout}"
    );
    assert!(lines.contains(&"text"), "{stdout}");
    assert!(lines.iter().any(|line| line.ends_with(" f")), "{stdout}");
    assert!(lines.contains(&"211 End"), "{stdout}");
    let mut names: Vec<_> = fs::read_dir(there.join("a"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["it is", "x1", "y1"]);
}

#[test]
fn one_file_that_fails_does_not_keep_the_others() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let (here, there) = (home.path(), server.root.path());
    for name in ["a", "b", "c"] {
        fs::write(there.join(name), name).unwrap();
    }
    // A folder stands where b would be.
    fs::create_dir_all(here.join("b/c")).unwrap();
    let (code, _, said) = shell(here, Some(&server.url("")), "mget [a-c]\n");
    assert_eq!(code, 1);
    assert!(said.contains("1 file failed"), "{said}");
    assert_eq!(fs::read(here.join("c")).unwrap(), b"c");
}

#[test]
fn a_script_can_end_at_its_first_failure() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let mut child = ftplab(home.path())
        .args(["shell", "-e", &server.url("")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let script = b"mkdir before\ncd nowhere\nmkdir after\n";
    child.stdin.take().unwrap().write_all(script).unwrap();
    let (code, _, said) = told(&child.wait_with_output().unwrap());
    assert_eq!(code, 1);
    assert!(said.contains("the rest was left out"), "{said}");
    assert!(server.root.path().join("before").is_dir());
    assert!(!server.root.path().join("after").exists());
}

#[test]
fn of_files_with_the_same_name_the_first_stays() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    for root in [server.root.path(), home.path()] {
        for folder in ["a", "b"] {
            fs::create_dir(root.join(folder)).unwrap();
            fs::write(root.join(folder).join("x"), folder).unwrap();
        }
    }
    let url = server.url("");
    let (code, _, said) = shell(home.path(), Some(&url), "mget */x\nmput a/x b/x\n");
    assert_eq!(code, 1);
    assert!(
        said.contains("b/x: left out: it would replace a/x here"),
        "{said}"
    );
    assert!(
        said.contains("b/x: left out: it would replace a/x there"),
        "{said}"
    );
    assert_eq!(said.matches("1 file failed").count(), 2, "{said}");
    for root in [server.root.path(), home.path()] {
        assert_eq!(fs::read(root.join("x")).unwrap(), b"a");
    }
    // Also of several URLs.
    let urls = [server.url("b/*"), server.url("a/*")];
    let said = fail(home.path(), 1, &["mget", &urls[0], &urls[1], "one"]);
    assert!(
        said.contains("a/x: left out: it would replace b/x here"),
        "{said}"
    );
    assert_eq!(fs::read(home.path().join("one/x")).unwrap(), b"b");
}
