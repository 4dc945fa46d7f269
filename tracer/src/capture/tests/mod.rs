//! Each test that needs a network of its own runs again as a child inside new namespaces.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use pnet::datalink::{Channel, Config, DataLinkSender};

use super::{Capture, CaptureError};
use crate::Timestamp;

mod any;
mod loopback;
mod ring;
mod several;
mod veth;

const INSIDE: &str = "FTPLAB_TEST_INSIDE";

const PRIVATE: &[&str] = &["--user", "--map-root-user", "--net"];

/// Whether this process already runs inside the namespaces. If not, the test is run there, and
/// its failure is ours.
fn inside(test: &str, namespaces: &[&str]) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    if let Err(reason) = allowed(namespaces) {
        assert!(
            std::env::var_os("CI").is_none(),
            "`unshare {}` is needed in CI: {reason}",
            namespaces.join(" ")
        );
        eprintln!(
            "skipped {test}: `unshare {}`: {reason}",
            namespaces.join(" ")
        );
        return false;
    }
    let output = Command::new("unshare")
        .args(namespaces)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &format!("capture::tests::{test}"), "--nocapture"])
        .env(INSIDE, "1")
        .process_group(0)
        .output()
        .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "inside the namespace: {said}");
    assert!(said.contains("1 passed"), "the test did not run: {said}");
    false
}

fn allowed(namespaces: &[&str]) -> Result<(), String> {
    match Command::new("unshare")
        .args(namespaces)
        .arg("true")
        .output()
    {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn ip(arguments: &str) {
    let status = Command::new("ip")
        .args(arguments.split(' '))
        .status()
        .unwrap();
    assert!(status.success(), "ip {arguments}");
}

/// Two interfaces joined by a cable, without IPv6 so that nothing speaks by itself.
fn veth_pair() {
    std::fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1").unwrap();
    ip("link add left type veth peer name right");
    ip("link set left up");
    ip("link set right up");
    // Until the carrier is known the kernel drops what is sent.
    let deadline = Instant::now() + Duration::from_secs(5);
    for end in ["left", "right"] {
        loop {
            let shown = Command::new("ip")
                .args(["link", "show", end])
                .output()
                .unwrap();
            if String::from_utf8_lossy(&shown.stdout).contains("state UP") {
                break;
            }
            assert!(Instant::now() < deadline, "{end} did not come up");
        }
    }
}

/// An Ethernet frame of the type that is kept free for experiments.
fn test_frame(mark: u8, number: u8) -> Vec<u8> {
    let mut frame = vec![0xff; 6];
    frame.extend([2, 0, 0, 0, 0, mark, 0x88, 0xb5]);
    frame.extend([number; 46]);
    frame
}

fn frame_sender(name: &str) -> Box<dyn DataLinkSender> {
    let interface = pnet::datalink::interfaces()
        .into_iter()
        .find(|found| found.name == name)
        .unwrap();
    match pnet::datalink::channel(&interface, Config::default()).unwrap() {
        Channel::Ethernet(sender, _) => sender,
        _ => unreachable!("pnet has one kind of channel"),
    }
}

fn expect_frame(capture: &mut Capture) -> Seen {
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        if let Some(frame) = capture.next().unwrap() {
            return Seen {
                time: frame.time,
                wire_len: frame.wire_len,
                bytes: frame.bytes.to_vec(),
            };
        }
    }
    panic!("no frame");
}

struct Seen {
    time: Timestamp,
    wire_len: u32,
    bytes: Vec<u8>,
}

fn expect_end(capture: &mut Capture) -> CaptureError {
    for _ in 0..1000 {
        if let Err(error) = capture.next() {
            return error;
        }
    }
    panic!("the capture goes on")
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp(i64::try_from(since.as_nanos()).unwrap())
}
