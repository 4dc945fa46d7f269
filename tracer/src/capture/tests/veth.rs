//! Through pnet, on interfaces that can go, and on none.

use super::super::{Capture, CaptureError, CaptureOptions};
use super::{PRIVATE, expect_end, expect_frame, frame_sender, inside, ip, test_frame, veth_pair};

#[test]
fn a_veth_shows_both_directions() {
    if !inside("veth::a_veth_shows_both_directions", PRIVATE) {
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
        "veth::an_interface_that_goes_down_or_away_ends_the_capture",
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
        "veth::an_unknown_interface_is_named_with_those_that_exist",
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
    if !inside(
        "veth::without_the_privilege_the_error_names_it",
        &["--user"],
    ) {
        return;
    }
    let error = Capture::open(&CaptureOptions::new("lo")).err().unwrap();
    assert!(
        matches!(error, CaptureError::NotPermitted { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("CAP_NET_RAW"), "{error}");
}
