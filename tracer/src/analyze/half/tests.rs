//! A direction by its own segments and the acknowledgements of the other.

use super::{Half, Placement};
use crate::{Seq, Tcp, TcpFlags, TcpOptions, Timestamp};

fn segment(seq: u32, payload: &[u8], flags: TcpFlags) -> Tcp<'_> {
    Tcp {
        src_port: 1,
        dst_port: 2,
        seq: Seq(seq),
        ack: Seq(0),
        flags,
        window: 1000,
        checksum: 0,
        urgent: 0,
        options: TcpOptions(&[]),
        payload,
        len: u32::try_from(payload.len()).unwrap(),
    }
}

fn half() -> Half {
    let mut half = Half::new("127.0.0.1:1".parse().unwrap());
    half.place(&segment(u32::MAX - 3, b"", TcpFlags::SYN), 1, Timestamp(0));
    half
}

#[test]
fn bytes_are_counted_once_across_the_wrap() {
    let mut half = half();
    let first = segment(u32::MAX - 2, b"abcdef", TcpFlags::ACK);
    assert_eq!(
        half.place(&first, 2, Timestamp(0)),
        Placement::InOrder {
            position: 0,
            new: 6,
            old: 0,
            fills_gap: false
        }
    );
    assert_eq!(half.place(&first, 3, Timestamp(0)), Placement::Repeated);
    assert_eq!(half.next, Some(Seq(3)));
    assert_eq!((half.bytes, half.segments), (6, 1));
}

#[test]
fn a_fin_that_overtakes_its_data_is_whole_once_the_data_came() {
    let mut half = half();
    let start = u32::MAX - 2;
    let fin = segment(start.wrapping_add(4), b"", TcpFlags::FIN);
    assert!(matches!(
        half.place(&fin, 2, Timestamp(0)),
        Placement::Ahead { missing: 4, .. }
    ));
    assert!(!half.acknowledge(Seq(start)).covered.fin);
    assert!(!half.whole());
    let data = segment(start, b"data", TcpFlags::ACK);
    assert_eq!(
        half.place(&data, 3, Timestamp(0)),
        Placement::InOrder {
            position: 0,
            new: 4,
            old: 0,
            fills_gap: true
        }
    );
    assert!(half.whole());
    let acked = half.acknowledge(Seq(start.wrapping_add(5)));
    assert!(acked.advanced && acked.covered.fin && acked.unseen == 0);
    assert_eq!((acked.covered.bytes, half.bytes), (4, 4));
}

#[test]
fn acknowledged_bytes_that_were_not_captured_are_counted_as_missing() {
    let mut half = half();
    let acked = half.acknowledge(Seq((u32::MAX - 2).wrapping_add(19)));
    assert_eq!(acked.unseen, 19);
    let next = segment((u32::MAX - 2).wrapping_add(19), b"x", TcpFlags::ACK);
    assert_eq!(
        half.place(&next, 5, Timestamp(0)),
        Placement::InOrder {
            position: 19,
            new: 1,
            old: 0,
            fills_gap: false
        }
    );
}
