//! Tests that need a network of their own: they are run again in a namespace with only `lo`.

use std::process::Command;

use crate::{LIMIT, Running, available, finish, ftplab, said, within};

/// Says to a test that it has been started inside.
const INSIDE: &str = "FTPLAB_TEST_INSIDE";

/// Root of a user namespace of its own, with a network namespace of its own.
const UNSHARE: [&str; 3] = ["--user", "--map-root-user", "--net"];

/// What a shell does in the namespace so that no further one is allowed in it.
pub const NO_NAMESPACES: &str = "echo 0 > /proc/sys/user/max_user_namespaces && \
     echo 0 > /proc/sys/user/max_net_namespaces";

/// Whether this machine lets a process have namespaces of its own.
pub fn has_namespaces() -> bool {
    let output = finish(Command::new("unshare").args(UNSHARE).arg("true"));
    available(
        "unshare --user --map-root-user --net",
        output.status.success(),
    )
}

/// A program in a network namespace of its own, where `lo` is up, after some shell commands.
pub fn under(prepare: &str, program: &Command) -> Command {
    let mut shell = Command::new("unshare");
    shell
        .args(UNSHARE)
        .args(["sh", "-c"])
        .arg(format!(
            "ip link set lo up && {{ {prepare}; }} && exec \"$@\""
        ))
        .arg("sh")
        .arg(program.get_program())
        .args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.stdin(std::process::Stdio::null());
    shell
}

/// Whether this test already runs in a network namespace of its own. If not, it is run there
/// under its own name, and its failure is ours.
pub fn inside(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    if !has_namespaces() {
        return false;
    }
    let mut again = Command::new(std::env::current_exe().unwrap());
    again
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        // Nothing is to be built in there.
        .env("FTPLAB_BIN", ftplab().get_program());
    let mut running = Running::start(&mut under("true", &again));
    // A test has several programs to wait for.
    within(LIMIT * 3, test, || (!running.is_running()).then_some(()));
    let output = running.finish();
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "in a namespace: {}", said(&output));
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("1 passed"),
        "the test did not run: {}",
        said(&output)
    );
    false
}
