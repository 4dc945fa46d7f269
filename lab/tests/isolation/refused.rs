//! Being refused a private network: why, what to do about it, and that nothing has changed.

use std::fs;
use std::net::Ipv4Addr;

use lab::net::{self, Obstacle};
use lab::{Outcome, Verdict, examine};
use tracer::{Capture, CaptureOptions};

use super::{Result, expect, expect_ping, namespace, ping};

pub(super) fn with_threads() -> Result {
    let before = namespace()?;
    let (end, wait) = std::sync::mpsc::channel::<()>();
    let other = std::thread::spawn(move || wait.recv());
    let error = net::enter().err().ok_or("entered with two threads")?;
    expect("obstacle", error.obstacle(), Obstacle::Threads)?;
    expect(
        "message",
        error.to_string(),
        "leaving the machine's network: 2 threads are running; \
         it must happen before the first thread starts"
            .to_owned(),
    )?;
    drop(end);
    // It ends with the error that its channel is closed.
    let _ = other.join();
    expect("namespace", namespace()?, before)
}

pub(super) fn but_raw() -> Result {
    let before = namespace()?;
    let error = net::enter().err().ok_or("entered in spite of the limits")?;
    expect("obstacle", error.obstacle(), Obstacle::UserNamespacesOff)?;
    expect(
        "fix",
        error.obstacle().fix(),
        Some("sudo sysctl user.max_user_namespaces=15000"),
    )?;
    // Nothing has changed, and the fallback works.
    expect("namespace", namespace()?, before)?;
    let mut capture = Capture::open(&CaptureOptions::new("lo"))?;
    ping(Ipv4Addr::LOCALHOST, Ipv4Addr::LOCALHOST)?;
    expect_ping(&mut capture)?;

    let report = examine();
    expect("verdict", report.verdict, Verdict::Loopback)?;
    let check = report.check("user namespaces").ok_or("no such check")?;
    expect("outcome", check.outcome, Outcome::Refused)?;
    expect(
        "cause",
        check.detail.as_str(),
        "unshare(CLONE_NEWUSER): No space left on device (os error 28); \
         user namespaces are off (user.max_user_namespaces is 0)",
    )?;
    Ok(())
}

pub(super) fn network() -> Result {
    let before = (namespace()?, fs::read_link("/proc/self/ns/user")?);
    let error = net::enter().err().ok_or("entered in spite of the limit")?;
    expect("obstacle", error.obstacle(), Obstacle::NetworkNamespacesOff)?;
    // Above all not left in a user namespace from which there is no way back.
    let after = (namespace()?, fs::read_link("/proc/self/ns/user")?);
    expect("namespaces", after, before)?;
    let report = examine();
    expect("verdict", report.verdict, Verdict::Loopback)?;
    for (name, outcome) in [
        ("user namespaces", Outcome::Ok),
        ("network namespaces", Outcome::Refused),
    ] {
        expect(name, report.check(name).ok_or(name)?.outcome, outcome)?;
    }
    Ok(())
}

pub(super) fn all() -> Result {
    let error = net::enter().err().ok_or("entered in spite of the limits")?;
    expect("obstacle", error.obstacle(), Obstacle::UserNamespacesOff)?;
    let refused = Capture::open(&CaptureOptions::new("lo")).err();
    let refused = refused.ok_or("a raw socket without a capability")?;
    expect("named", refused.to_string().contains("CAP_NET_RAW"), true)?;
    let report = examine();
    expect("verdict", report.verdict, Verdict::Nothing)?;
    let fixes = report
        .checks
        .iter()
        .filter(|check| check.outcome == Outcome::Refused);
    expect(
        "a fix",
        fixes.filter(|check| check.fix.is_some()).count() >= 2,
        true,
    )
}

pub(super) fn process() -> Result {
    let before = namespace()?;
    let error = net::enter().err().ok_or("forked in spite of the limit")?;
    let told = error.to_string();
    let named = told.contains("Resource temporarily unavailable");
    expect("message", (named, told.as_str()), (true, told.as_str()))?;
    expect("namespace", namespace()?, before)
}
