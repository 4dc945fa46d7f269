//! Clients with several tasks in one run, and the codes with which clients end

use std::os::unix::fs::PermissionsExt;

use ftplab_tests::{assert_code, events, finish, ftplab, has_program};

use super::{check, script, scripts, text};

/// A client of a careless hand, which is called as curl is and has the one defect that its first
/// line names.
const CARELESS: &str = r#"
import re, socket, sys
urls = [re.match("ftp://([^:/]*):([0-9]*)/(.*)", word) for word in sys.argv if "ftp://" in word]
host, port = urls[0][1], int(urls[0][2])
control = socket.create_connection((host, port), timeout=8)
lines = control.makefile("rb")
def reply():
    line = lines.readline()
    while line[3:4] == b"-":
        line = lines.readline()
    return line.decode()
def ask(line):
    control.sendall(line.encode() + b"\r\n")
    return reply()
reply()
ask("USER ann")
ask("PASS secret")
ask("TYPE I")
listens, begin = None, 0
for number, url in enumerate(urls):
    name = url[3]
    if not name:
        ask("TYPE A")
    if listens is None or DEFECT != "dials the old port":
        listens = int(ask("EPSV").split("|")[3])
    try:
        data = socket.create_connection((host, listens), timeout=8)
    except OSError:
        sys.exit(1)
    if begin:
        ask(f"REST {begin}")
    if not ask(f"RETR {name}" if name else "LIST").startswith("1"):
        data.close()
        if DEFECT == "ends at a refusal":
            sys.exit(1)
        continue
    file = b"".join(iter(lambda: data.recv(4096), b""))
    data.close()
    if name:
        open(name, "wb").write(file)
    else:
        print(file.decode())
    if DEFECT == "forgets no REST":
        begin = len(file)
    if not (DEFECT == "waits for no 226" and number == 0):
        reply()
    if not name and DEFECT != "stays in TYPE A":
        ask("TYPE I")
ask("QUIT")
"#;

/// A client that logs in, and ends with this code.
fn ends_with(code: u8) -> String {
    format!(
        "bash -c 'exec 3<>/dev/tcp/%HOST%/%PORT%; read -r line <&3; printf \"QUIT\\r\\n\" >&3; \
         read -r line <&3; exit {code}'"
    )
}

#[test]
fn a_client_ends_with_a_code_of_those_that_are_named() {
    for (line, code, ended) in [
        ("then client exits 9", 9, None),
        ("then client exits 9 | 78", 78, None),
        ("then client exits 0", 0, None),
        ("then client exits 255", 255, None),
        ("then client exits", 9, Some("the client ends with code 0")),
        (
            "then client exits 9 | 78",
            7,
            Some("the client ends with code 9 or 78"),
        ),
        (
            "then client exits 9",
            0,
            Some("the client ends with code 9"),
        ),
    ] {
        let body = format!("given file \"a.txt\" \"x\"\ntask: get \"a.txt\"\n{line}");
        let played = script("server", &body);
        let run = check(played.path(), &["--client", &ends_with(code)]);
        let Some(expected) = ended else {
            run.assert_passed();
            continue;
        };
        let failed = run.failure();
        assert_eq!(failed["expected"], expected, "{line}");
        let got = failed["got"].as_str().unwrap();
        let told = format!("a client that ended with code {code} ");
        assert!(got.starts_with(&told), "{got}");
    }
    // Who was ended by a signal has no code.
    let played = script(
        "server",
        "task: get \"a.txt\"\nC: QUIT\nthen client exits 137 | 9",
    );
    let killed = ends_with(0).replace("exit 0", "kill -KILL $$");
    let run = check(played.path(), &["--client", &killed]);
    let got = run.failure()["got"].as_str().unwrap();
    assert!(
        got.starts_with("a client that was ended by signal 9"),
        "{got}"
    );
}

/// What the client is told to do it does in the order of the lines, in one session.
#[test]
fn several_tasks_are_done_in_one_session() {
    let body = "\
given file \"a b.txt\" \"one\"
given file \"b.txt\" \"two\"
task: put \"up.bin\" \"three\"
task: get \"a b.txt\"
task: list
task: get \"b.txt\"
on connect once
  S: 220 Ready.
end
on connect
  S: 421 There is a session already.
  close
end
C: USER
C: STOR \"up.bin\"
C: RETR \"a b.txt\"
C: LIST | MLSD | NLST
C: RETR \"b.txt\"
then client exits
then client has \"a b.txt\" \"one\"
then client has \"b.txt\" \"two\"
then client says \"up.bin\"
then file \"up.bin\" \"three\"";
    let played = script("server", body);
    for (client, program) in [
        ("ftplab", None),
        ("curl", Some("curl")),
        ("lftp", Some("lftp")),
        ("python", Some("python3")),
    ] {
        if program.is_none_or(has_program) {
            check(played.path(), &["--client", client]).assert_passed();
        }
    }
}

/// To run a command line twice would be two sessions: nothing is made up.
#[test]
fn a_command_line_is_for_one_task() {
    let several = scripts().join("client/several/pasv-anew.ftp");
    for flags in [
        ["--client", "curl -sS %URL% -o %OUT%"].as_slice(),
        &["--client", "ftplab", "--client-put", "true %URL%"],
    ] {
        let run = check(&several, flags);
        let why = run.with("skipped")[0]["why"].as_str().unwrap();
        assert!(why.contains("several tasks for one run"), "{why}");
        assert_eq!(run.code, Some(1));
    }
}

/// The scripts with several tasks find what they are for.
#[test]
fn careless_clients_are_found() {
    if !has_program("python3") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = format!(
        "{}:{}",
        folder.path().display(),
        std::env::var("PATH").unwrap()
    );
    for (defect, file) in [
        ("none", ""),
        ("dials the old port", "pasv-anew.ftp"),
        ("forgets no REST", "rest-is-over.ftp"),
        ("waits for no 226", "late-226.ftp"),
        ("stays in TYPE A", "type-after-list.ftp"),
        ("ends at a refusal", "get-after-refusal.ftp"),
        ("ends at a refusal", "no-data-connection.ftp"),
    ] {
        let curl = folder.path().join("curl");
        let program = format!("#!/usr/bin/env python3\nDEFECT = {defect:?}\n{CARELESS}");
        std::fs::write(&curl, program).unwrap();
        std::fs::set_permissions(&curl, PermissionsExt::from_mode(0o755)).unwrap();
        let mut played = [
            "pasv-anew.ftp",
            "rest-is-over.ftp",
            "late-226.ftp",
            "type-after-list.ftp",
            "get-after-refusal.ftp",
            "no-data-connection.ftp",
        ]
        .to_vec();
        played.retain(|name| file.is_empty() || *name == file);
        let mut command = ftplab();
        command.args(["check", "--client", "curl", "--format", "json", "--strict"]);
        command.env("PATH", &path);
        for name in played {
            command.arg(scripts().join("client/several").join(name));
        }
        let output = finish(&mut command);
        assert_code(&output, i32::from(!file.is_empty()));
        let events = events(std::str::from_utf8(&output.stdout).unwrap());
        let wanted = if file.is_empty() { "passed" } else { "failed" };
        let scripts = events.iter().filter(|event| event["event"] == "script");
        for script in scripts {
            assert_eq!(script["verdict"], wanted, "{defect}: {}", text(&output));
        }
    }
}

/// A name is a name in each client's language, whatever it means there elsewhere.
#[test]
fn names_of_tasks_are_no_commands() {
    let names = [
        r#"a\"b"#,
        r#"a\"; !touch PWN; echo \""#,
        "it's",
        r"back\\slash\\",
        "a #b;c&d",
        "[1-3]{a,b}*?",
        "%OUT%%PATH2%%HOST%",
        "~tilde",
        "$$(touch PWN)`touch PWN`",
        "-c",
        "!touch PWN",
    ];
    let folder = tempfile::tempdir().unwrap();
    let add = |name: String, body: &str| {
        let text = std::fs::read_to_string(script("server", body).path()).unwrap();
        // Several tasks of one client take longer than a test of the tests has.
        let text = text.replace("limit: 2 s", "limit: 60 s");
        std::fs::write(folder.path().join(name), text).unwrap();
    };
    let (mut given, mut tasks, mut kept) = (String::new(), String::new(), String::new());
    for (number, name) in names.iter().enumerate() {
        let file = format!("given file \"{name}\" \"text of {name}\"\n");
        let get = format!("task: get \"{name}\"\n");
        let has = format!("then client has \"{name}\" \"text of {name}\"\n");
        given += &file;
        tasks += &get;
        kept += &has;
        // Alone they are told alike: some show that.
        if number % 4 != 1 {
            continue;
        }
        let alone = format!("{file}{get}{has}then client has no \"PWN\"");
        add(format!("get-{number}.ftp"), &alone);
        let put = format!("task: put \"{name}\" \"sent\"\nthen file \"{name}\" \"sent\"\n");
        add(
            format!("put-{number}.ftp"),
            &format!("{put}then client has no \"PWN\""),
        );
    }
    tasks += "task: put \"up\\\"; !touch PWN; \\\".bin\" \"sent\"\n";
    kept += "then file \"up\\\"; !touch PWN; \\\".bin\" \"sent\"\nthen client has no \"PWN\"";
    add("several.ftp".into(), &format!("{given}{tasks}{kept}"));
    for (client, program) in [
        ("ftplab", None),
        ("curl", Some("curl")),
        ("lftp", Some("lftp")),
        ("python", Some("python3")),
    ] {
        if program.is_none_or(has_program) {
            let run = check(folder.path(), &["--client", client]);
            assert_eq!(run.scripts.len(), 7, "{}", run.stderr);
            for script in &run.scripts {
                assert_eq!(script["verdict"], "passed", "{client}: {script:#}");
            }
        }
    }
}

/// A script names files of the server's: the client's lie in its folder, whatever they are called.
#[test]
fn nothing_is_written_outside_of_the_clients_folder() {
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().join("there.txt");
    let path = there.display();
    let body = format!(
        "task: get \"{path}\"\non RETR\n  S: 150 Here.\n  data send \"some text\"\n  \
         S: 226 Done.\nend\nthen client has \"there.txt\" \"some text\""
    );
    let played = script("server", &body);
    check(played.path(), &["--client", "ftplab"]).assert_passed();
    assert!(!there.exists());
}
