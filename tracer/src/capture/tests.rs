//! Each test that needs a network of its own runs again as a child inside new namespaces.

use std::net::{Ipv4Addr, UdpSocket};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use pnet::datalink::{Channel, Config, DataLinkSender};

use super::{Capture, CaptureError, CaptureOptions, Engine, Filter, TimeStamps};
use crate::Timestamp;

const INSIDE: &str = "FTPLAB_TEST_INSIDE";

#[test]
fn loopback_yields_every_packet_once_in_order_and_whole() {
    if !inside(
        "loopback_yields_every_packet_once_in_order_and_whole",
        PRIVATE,
    ) {
        return;
    }
    ip("link set lo up");
    let mut capture = Capture::open(&CaptureOptions::new("lo")).unwrap();
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    sender.connect(receiver.local_addr().unwrap()).unwrap();
    let before = now();
    let mut previous = before;
    for number in 0..300_u32 {
        // The largest datagram makes a frame of 65 549 bytes.
        let size = if number % 50 == 7 {
            65_507
        } else {
            8 + number as usize
        };
        let mut datagram = vec![0x5a; size];
        datagram[..4].copy_from_slice(&number.to_be_bytes());
        sender.send(&datagram).unwrap();
        let frame = expect_frame(&mut capture);
        assert_eq!(frame.bytes.len(), 14 + 20 + 8 + size);
        assert_eq!(&frame.bytes[42..], &datagram);
        assert_eq!(frame.wire_len as usize, frame.bytes.len());
        assert!(frame.time >= previous, "time went back at {number}");
        previous = frame.time;
    }
    assert!(previous <= now());
    // The echo of each packet is what a packet socket on `lo` shows by default.
    assert!(capture.next().unwrap().is_none());
    let statistics = capture.statistics().unwrap();
    assert_eq!((statistics.received, statistics.dropped), (300, 0));
    assert_eq!(capture.statistics().unwrap(), statistics);
}

#[test]
fn a_burst_is_kept_in_order_with_the_kernels_own_time_stamps() {
    if !inside(
        "a_burst_is_kept_in_order_with_the_kernels_own_time_stamps",
        PRIVATE,
    ) {
        return;
    }
    ip("link set lo up");
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    sender.connect(receiver.local_addr().unwrap()).unwrap();
    // Often, since it is chance whether the kernel is still about to begin.
    for _ in 0..50 {
        let _stamps = TimeStamps::hold().unwrap();
        let mut capture = Capture::open(&CaptureOptions::new("lo")).unwrap();
        for number in 0..200_u32 {
            sender.send(&number.to_be_bytes()).unwrap();
        }
        let sent = now();
        let mut previous = Timestamp(0);
        for number in 0..200_u32 {
            let frame = expect_frame(&mut capture);
            assert_eq!(&frame.bytes[42..46], &number.to_be_bytes());
            assert!(frame.time >= previous, "time went back at {number}");
            assert!(frame.time <= sent, "{number} was stamped when it was read");
            previous = frame.time;
        }
    }
}

#[test]
fn a_veth_shows_both_directions() {
    if !inside("a_veth_shows_both_directions", PRIVATE) {
        return;
    }
    veth_pair();
    let mut capture = Capture::open(&CaptureOptions::new("left")).unwrap();
    let (mut left, mut right) = (frame_sender("left"), frame_sender("right"));
    for number in 0..200_u8 {
        let (sender, mark) = if number % 3 == 0 {
            (&mut right, 0xbb)
        } else {
            (&mut left, 0xaa)
        };
        sender
            .send_to(&test_frame(mark, number), None)
            .unwrap()
            .unwrap();
        let frame = expect_frame(&mut capture);
        assert_eq!(frame.bytes, test_frame(mark, number));
    }
    assert!(capture.next().unwrap().is_none());
}

#[test]
fn an_interface_that_goes_down_or_away_ends_the_capture() {
    if !inside(
        "an_interface_that_goes_down_or_away_ends_the_capture",
        PRIVATE,
    ) {
        return;
    }
    veth_pair();
    let mut down = Capture::open(&CaptureOptions::new("left")).unwrap();
    let mut gone = Capture::open(&CaptureOptions::new("right")).unwrap();
    frame_sender("left")
        .send_to(&test_frame(1, 1), None)
        .unwrap()
        .unwrap();
    ip("link set left down");
    ip("link del right");
    // What came before the end is still there.
    assert_eq!(expect_frame(&mut down).bytes, test_frame(1, 1));
    assert_eq!(expect_frame(&mut gone).bytes, test_frame(1, 1));
    for _ in 0..2 {
        // Deleting one end of a pair deletes both.
        assert!(matches!(
            expect_end(&mut down),
            CaptureError::InterfaceGone { .. }
        ));
        assert!(matches!(
            expect_end(&mut gone),
            CaptureError::InterfaceGone { .. }
        ));
    }

    veth_pair();
    let mut down = Capture::open(&CaptureOptions::new("left")).unwrap();
    ip("link set left down");
    assert!(matches!(
        expect_end(&mut down),
        CaptureError::InterfaceDown { .. }
    ));
    let error = Capture::open(&CaptureOptions::new("left")).err().unwrap();
    assert_eq!(error.to_string(), "left: the interface is down");
}

#[test]
fn an_unknown_interface_is_named_with_those_that_exist() {
    if !inside(
        "an_unknown_interface_is_named_with_those_that_exist",
        PRIVATE,
    ) {
        return;
    }
    for name in ["eth7", "", "a-name-longer-than-the-kernel-takes"] {
        let error = Capture::open(&CaptureOptions::new(name)).err().unwrap();
        assert_eq!(
            error.to_string(),
            format!("{name}: no such interface (there are: lo)")
        );
    }
}

#[test]
fn without_the_privilege_the_error_names_it() {
    // A user namespace of its own, but the network of everybody: no raw socket.
    if !inside("without_the_privilege_the_error_names_it", &["--user"]) {
        return;
    }
    let error = Capture::open(&CaptureOptions::new("lo")).err().unwrap();
    assert!(
        matches!(error, CaptureError::NotPermitted { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("CAP_NET_RAW"), "{error}");
}

#[test]
fn the_filter_lets_through_what_is_between_its_addresses() {
    if !inside(
        "the_filter_lets_through_what_is_between_its_addresses",
        PRIVATE,
    ) {
        return;
    }
    ip("link set lo up");
    let hosts = [Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::new(127, 0, 0, 3)];
    let mut capture = Capture::open(&CaptureOptions {
        filter: Some(Filter::between(&hosts).unwrap()),
        ..CaptureOptions::new("lo")
    })
    .unwrap();
    let receiver = UdpSocket::bind("127.0.0.3:0").unwrap();
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    let own = UdpSocket::bind("127.0.0.2:0").unwrap();
    let to = receiver.local_addr().unwrap();
    for _ in 0..3 {
        stranger.send_to(b"stranger", to).unwrap();
        own.send_to(b"own", to).unwrap();
        own.send_to(b"out", stranger.local_addr().unwrap()).unwrap();
        assert_eq!(&expect_frame(&mut capture).bytes[42..], b"own");
    }
    assert!(capture.next().unwrap().is_none());
}

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

/// The ring gives the frames that pnet gives, with the kernel's times, and counts what is lost.
#[test]
fn the_ring_yields_every_packet_once_in_order_and_whole() {
    if !inside(
        "the_ring_yields_every_packet_once_in_order_and_whole",
        PRIVATE,
    ) {
        return;
    }
    ip("link set lo up");
    let mut capture = Capture::open(&CaptureOptions {
        engine: Engine::Ring,
        read_timeout: Duration::from_millis(50),
        buffer_size: 4 << 20,
        ..CaptureOptions::new("lo")
    })
    .unwrap();
    assert_eq!(capture.buffer_size(), 4 << 20);
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    sender.connect(receiver.local_addr().unwrap()).unwrap();
    let mut previous = now();
    // More than the ring holds at a time.
    for round in 0..10_u32 {
        let size = |number: u32| {
            if number % 50 == 7 {
                65_507
            } else {
                8 + number as usize
            }
        };
        for number in 0..200_u32 {
            let mut datagram = vec![0x5a; size(number)];
            datagram[..4].copy_from_slice(&(round * 200 + number).to_be_bytes());
            sender.send(&datagram).unwrap();
        }
        let sent = now();
        for number in 0..200_u32 {
            let frame = expect_frame(&mut capture);
            assert_eq!(frame.bytes.len(), 14 + 20 + 8 + size(number));
            assert_eq!(frame.wire_len as usize, frame.bytes.len());
            assert_eq!(frame.bytes[42..46], (round * 200 + number).to_be_bytes());
            assert!(frame.time >= previous && frame.time <= sent, "{number}");
            previous = frame.time;
        }
    }
    assert!(capture.next().unwrap().is_none());
    let statistics = capture.statistics().unwrap();
    assert_eq!((statistics.received, statistics.dropped), (2000, 0));
    // Ten times what it holds, and nobody reads.
    for _ in 0..700 {
        sender.send(&vec![0; 65_000]).unwrap();
    }
    let statistics = capture.statistics().unwrap();
    assert_eq!(statistics.received, 2700);
    assert!(statistics.dropped > 500, "{statistics:?}");
    let mut left = 0;
    while capture.next().unwrap().is_some() {
        left += 1;
    }
    assert_eq!(left, 700 - statistics.dropped);
}

#[test]
fn the_ring_filters_and_puts_tags_back() {
    if !inside("the_ring_filters_and_puts_tags_back", PRIVATE) {
        return;
    }
    veth_pair();
    let open = |text: &str| {
        Capture::open(&CaptureOptions {
            engine: Engine::Ring,
            read_timeout: Duration::from_millis(50),
            buffer_size: 4 << 20,
            expression: Some(crate::Expression::parse(text).unwrap()),
            promiscuous: true,
            ..CaptureOptions::new("left")
        })
        .unwrap()
    };
    let mut all = open("");
    let mut some = open("ether[14] = 3 or ether[14] = 4");
    let mut tags = open("vlan");
    let mut right = frame_sender("right");
    let mut tagged = test_frame(0xbb, 9);
    tagged.splice(12..12, [0x81, 0x00, 0x00, 0x05]);
    for number in 0..6 {
        right
            .send_to(&test_frame(0xbb, number), None)
            .unwrap()
            .unwrap();
    }
    right.send_to(&tagged, None).unwrap().unwrap();
    for number in 0..6 {
        assert_eq!(expect_frame(&mut all).bytes, test_frame(0xbb, number));
    }
    let frame = expect_frame(&mut all);
    assert_eq!(frame.bytes, tagged);
    assert_eq!(frame.wire_len as usize, tagged.len());
    for number in [3, 4] {
        assert_eq!(expect_frame(&mut some).bytes, test_frame(0xbb, number));
    }
    assert!(some.next().unwrap().is_none());
    // The kernel cannot answer this: it lets everything through.
    assert_eq!(expect_frame(&mut tags).bytes, test_frame(0xbb, 0));

    ip("link set left down");
    assert!(matches!(
        expect_end(&mut all),
        CaptureError::InterfaceDown { .. }
    ));
    ip("link del right");
    assert!(matches!(
        expect_end(&mut some),
        CaptureError::InterfaceGone { .. } | CaptureError::InterfaceDown { .. }
    ));
}
