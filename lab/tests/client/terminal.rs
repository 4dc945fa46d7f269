//! The shell by hand, on a pseudo-terminal.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Barrier, LazyLock};

use rexpect::session::{Options, PtySession, spawn_with_options};

use crate::programs::{Server, ftplab, scripted};

/// With the directory behind it.
const PROMPT: &str = "ftplab 127.0.0.1:/";

/// The transfer is under way, and the test may interrupt it.
static FAR_ENOUGH: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(2));

fn shell(folder: &Path, arguments: &[&str]) -> PtySession {
    let mut command = ftplab(folder);
    command
        .arg("shell")
        .args(arguments)
        .stdin(Stdio::inherit())
        .env("TERM", "xterm")
        .env("PAGER", "cat")
        .env_remove("XDG_STATE_HOME");
    let options = Options::new()
        .timeout_ms(Some(60_000))
        .strip_ansi_escape_codes(true);
    spawn_with_options(command, options).unwrap()
}

/// A bar has been seen.
static SEEN: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(2));

/// Types, and waits for what must be shown.
fn type_in(terminal: &mut PtySession, keys: &str, shown: &str) {
    terminal.send(keys).unwrap();
    terminal.flush().unwrap();
    if let Err(error) = terminal.exp_string(shown) {
        panic!("{keys:?}: {error}");
    }
}

/// The shell ends well.
fn end(terminal: &mut PtySession) {
    terminal.exp_eof().unwrap();
    // The crate does not let its type be named.
    let status = format!("{:?}", terminal.process().wait().unwrap());
    assert!(
        status.starts_with("Exited(") && status.ends_with(", 0)"),
        "{status}"
    );
}

#[test]
fn names_are_completed_here_and_there() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let there = server.root.path();
    for name in ["two words.txt", "it's", "#odd", "say \"hi\""] {
        fs::write(there.join(name), "1").unwrap();
    }
    fs::create_dir_all(there.join("a dir/below")).unwrap();
    fs::write(home.path().join("local file"), "22").unwrap();
    let mut terminal = shell(home.path(), &[&server.url("")]);
    terminal.exp_string("230 ").unwrap();
    terminal.exp_string(PROMPT).unwrap();
    for (keys, shown) in [
        ("get two\t\n", "two words.txt: 1 byte"),
        ("get \"two w\t\"\n", "two words.txt: 1 byte"),
        ("get 'two w\t'\n", "two words.txt: 1 byte"),
        ("get it\t\n", "it's: 1 byte"),
        ("get \"say\t\"\n", "say \"hi\": 1 byte"),
        // A # would have begun a comment.
        ("get \\#\t\n", "#odd: 1 byte"),
        // The first word is the server's, the second ours, and the other way round.
        ("get it\t loc\tx\n", "local filex: 1 byte"),
        ("put local\\ file\t it\t\n", "local file: 2 bytes"),
        ("size it\t\n", "\r\n2\r\n"),
        ("cd a\tbel\t\n", "bel"),
        ("pw\t\n", "\r\n/a dir/below\r\n"),
    ] {
        type_in(&mut terminal, keys, shown);
        terminal.exp_string(PROMPT).unwrap();
    }
    // The last prompt has the directory, and waits for what is typed next.
    terminal.exp_string("a dir/below> ").unwrap();
    assert_eq!(fs::read(there.join("it's")).unwrap(), b"22");
    terminal.send_line("bye").unwrap();
    end(&mut terminal);
}

#[test]
fn the_prompt_forgives_and_remembers() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    fs::write(server.root.path().join("f"), "some text\n").unwrap();
    let mut terminal = shell(home.path(), &[]);
    terminal.exp_string("ftplab> ").unwrap();
    type_in(&mut terminal, "ls\n", "not connected");
    let open = format!("open {}\n", server.url(""));
    type_in(&mut terminal, &open, PROMPT);
    // Ctrl-C at the prompt drops the line, and nothing else.
    terminal.send("delete f").unwrap();
    terminal.flush().unwrap();
    terminal.exp_string("delete f").unwrap();
    terminal.send_control('c').unwrap();
    terminal.exp_string(PROMPT).unwrap();
    type_in(&mut terminal, "size f\n", "\r\n10\r\n");
    terminal.exp_string(PROMPT).unwrap();
    // Up, and Enter: the same again.
    type_in(&mut terminal, "\x1b[A\n", "\r\n10\r\n");
    type_in(&mut terminal, "gte f\n", "did you mean get");
    type_in(&mut terminal, "more f\n", "\r\nsome text\r\n");
    // What is pressed while another program runs is that program's.
    type_in(
        &mut terminal,
        "!echo it; echo runs; sleep 60\n",
        "\r\nruns\r\n",
    );
    terminal.send_control('c').unwrap();
    terminal.exp_string("signal: 2").unwrap();
    terminal.exp_string(PROMPT).unwrap();
    type_in(&mut terminal, "size f\n", "\r\n10\r\n");
    terminal.exp_string(PROMPT).unwrap();
    type_in(
        &mut terminal,
        "user ann wrong\n",
        "login refused for ann: 530 ",
    );
    type_in(&mut terminal, "user ann secret\n", "\r\n230 ");
    type_in(&mut terminal, "close\n", "ftplab> ");
    terminal.send_control('d').unwrap();
    end(&mut terminal);
    let history = home.path().join(".local/state/ftplab/history");
    let history = fs::read_to_string(history).unwrap();
    assert!(
        history.contains("size f") && !history.contains("secret"),
        "{history}"
    );
    // And in the next shell; the lines with a password are not there.
    let mut terminal = shell(home.path(), &[&server.url("")]);
    terminal.exp_string(PROMPT).unwrap();
    type_in(&mut terminal, "\x1b[A\x1b[A\n", "\r\n10\r\n");
}

#[test]
fn ctrl_c_ends_a_transfer_and_the_session_lives_on() {
    let (addr, server) = scripted([|script| {
        script.login();
        script.answer("PWD", "257 \"/\"\r\n");
        script.answer("TYPE I", "200 ok\r\n");
        script.answer("SIZE", "213 1000\r\n");
        let (mut data, _) = script.data("RETR");
        data.write_all(b"some").unwrap();
        FAR_ENOUGH.wait();
        script.hear("ABOR");
        script.say("426 cut\r\n226 as you wish\r\n");
        script.answer("NOOP", "200 ok\r\n");
        script.answer("PWD", "257 \"/still/here\"\r\n");
        script.answer("QUIT", "221 bye\r\n");
    }]);
    let home = tempfile::tempdir().unwrap();
    let mut terminal = shell(home.path(), &[&format!("ftp://{addr}/")]);
    terminal.exp_string(PROMPT).unwrap();
    terminal.send_line("get x").unwrap();
    FAR_ENOUGH.wait();
    terminal.send_control('c').unwrap();
    terminal.exp_string("aborted").unwrap();
    terminal.exp_string(PROMPT).unwrap();
    type_in(&mut terminal, "pwd\n", "/still/here");
    terminal.exp_string(PROMPT).unwrap();
    terminal.send_control('d').unwrap();
    end(&mut terminal);
    server.join().unwrap();
    let left = fs::read_dir(home.path()).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, [".local"], "no part of the file");
}

#[test]
fn a_bar_takes_its_first_line_away_too() {
    let (addr, server) = scripted([|script| {
        script.login();
        script.answer("TYPE I", "200 ok\r\n");
        script.answer("SIZE", "213 10\r\n");
        let (mut data, _) = script.data("RETR");
        data.write_all(b"some").unwrap();
        SEEN.wait();
        data.write_all(b"thing.").unwrap();
        drop(data);
        script.say("226 done\r\n");
        script.answer("QUIT", "221 bye\r\n");
    }]);
    let home = tempfile::tempdir().unwrap();
    let mut command = ftplab(home.path());
    command
        .args(["get", &format!("ftp://{addr}/x")])
        .stdin(Stdio::inherit())
        .env("TERM", "xterm");
    let options = Options::new().timeout_ms(Some(60_000));
    let mut terminal = spawn_with_options(command, options).unwrap();
    let mut shown = terminal.exp_string("4 B/10 B").unwrap();
    SEEN.wait();
    shown += &terminal.exp_eof().unwrap();
    server.join().unwrap();
    // Between two of these there is one bar, and none after the last.
    let drawn: Vec<_> = shown.split("\x1b[2K").collect();
    assert!(drawn.len() > 1, "{shown:?}");
    for line in &drawn {
        assert!(line.matches(" B/10 B").count() <= 1, "{line:?}");
    }
    let last = drawn.last().unwrap();
    assert!(
        last.contains("x: 10 bytes") && !last.contains("B/10 B"),
        "{last:?}"
    );
}

#[test]
fn a_password_is_asked_for_by_name_and_a_new_one_twice() {
    let home = tempfile::tempdir().unwrap();
    let start = |arguments: &[&str]| {
        let mut command = ftplab(home.path());
        command
            .args(arguments)
            .stdin(Stdio::inherit())
            .env_remove("FTPLAB_PASSWORD");
        let options = Options::new().timeout_ms(Some(60_000));
        spawn_with_options(command, options).unwrap()
    };
    for (again, said) in [("one", "ann:$argon2"), ("two", "the two are not the same")] {
        let mut terminal = start(&["passwd", "ann"]);
        terminal.exp_string("New password for ann: ").unwrap();
        terminal.send_line("one").unwrap();
        terminal.exp_string("The same again: ").unwrap();
        terminal.send_line(again).unwrap();
        terminal.exp_string(said).unwrap();
        terminal.exp_eof().unwrap();
    }
    let mut terminal = start(&["passwd", "ann"]);
    for _ in 0..2 {
        terminal.exp_string(": ").unwrap();
        terminal.send_line("").unwrap();
    }
    terminal.exp_string("the password is empty").unwrap();
    let mut terminal = start(&[
        "serve", ".", "--listen", "0", "--user", "ann", "--user", "bob",
    ]);
    terminal
        .exp_string("New password for ann and bob: ")
        .unwrap();
    terminal.send_control('c').unwrap();
    terminal.exp_eof().unwrap();
    let server = Server::start();
    let mut terminal = start(&["ls", &server.url("")]);
    terminal
        .exp_string("Password for ann at 127.0.0.1: ")
        .unwrap();
    terminal.send_line("secret").unwrap();
    end(&mut terminal);
}
