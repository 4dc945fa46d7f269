//! Tests that need a network of their own: they are run again in a namespace with only `lo`.

use std::process::Command;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::{LIMIT, Running, available, finish, ftplab, said, within};

/// Says to a test that it has been started inside.
const INSIDE: &str = "FTPLAB_TEST_INSIDE";

/// A network namespace, as root of a user namespace: root of a container.
const ROOT: &[&str] = &["--user", "--map-root-user", "--net"];

/// A network namespace, as an ordinary user with every capability in it. tcpdump, as root, would
/// want to become another user, and there is none.
const CAPABLE: &[&str] = &[
    "--user",
    "--map-user=65534",
    "--map-group=65534",
    "--keep-caps",
    "--net",
];

/// What a shell does in the namespace so that no further one is allowed in it.
pub const NO_NAMESPACES: &str = "echo 0 > /proc/sys/user/max_user_namespaces && \
     echo 0 > /proc/sys/user/max_net_namespaces";

/// Whether this machine lets a process have namespaces of its own.
pub fn has_namespaces() -> bool {
    let output = finish(Command::new("unshare").args(ROOT).arg("true"));
    available(
        "unshare --user --map-root-user --net",
        output.status.success(),
    )
}

/// A program as root of a network namespace of its own, where `lo` is up, after some shell
/// commands.
pub fn under(prepare: &str, program: &Command) -> Command {
    unshare(ROOT, prepare, program)
}

fn unshare(namespaces: &[&str], prepare: &str, program: &Command) -> Command {
    let mut shell = Command::new("unshare");
    shell
        .args(namespaces)
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
        one_cpu();
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
    let mut running = Running::start(&mut unshare(CAPABLE, "true", &again));
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

/// Keeps this thread, and all that it starts, on one CPU: two captures of the same packets then
/// have them in the same order.
fn one_cpu() {
    let allowed = sched_getaffinity(None).unwrap();
    let first = (0..CpuSet::MAX_CPU).find(|&cpu| allowed.is_set(cpu));
    let mut one = CpuSet::new();
    one.set(first.unwrap());
    sched_setaffinity(None, &one).unwrap();
}
