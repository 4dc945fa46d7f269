use std::io::{self, BufWriter, Write};
use std::sync::mpsc::{Receiver, Sender, channel};

use tracer::{Analyzer, Explained, Frame, LinkType, Packet, Render, Timestamp, decode};

use super::super::Out;
use super::{Pipeline, Shower};

/// Shows nothing before it may, and then tells each packet's number and bytes.
struct Gate {
    opened: Receiver<()>,
    seen: Sender<(u64, usize)>,
    whole: bool,
}

impl Render for Gate {
    fn packet(
        &mut self,
        frame: &Frame<'_>,
        _: &Packet<'_>,
        explained: &Explained<'_>,
        _: &mut dyn Write,
    ) -> io::Result<()> {
        // Once it is open the sender is gone.
        let _ = self.opened.recv();
        let told = self.seen.send((explained.number, frame.bytes.len()));
        told.map_err(io::Error::other)
    }

    fn looks_into_segments(&self) -> bool {
        self.whole
    }
}

/// What a segment carries; its headers have 54 bytes.
const CARRIED: usize = 1400;

fn segment(ports: [u16; 2]) -> Vec<u8> {
    let len = u16::try_from(40 + CARRIED).unwrap();
    let mut bytes = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0];
    bytes.extend(len.to_be_bytes());
    bytes.extend([0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    bytes.extend(ports.map(u16::to_be_bytes).concat());
    bytes.extend([0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0]);
    bytes.resize(bytes.len() + CARRIED, b'x');
    bytes
}

/// Gives so many segments while nothing is shown; says what was seen of them in the end, and how
/// much waited at most.
fn wait(count: u64, room: usize, whole: bool, ports: [u16; 2]) -> (Vec<(u64, usize)>, usize) {
    let (open, opened) = channel();
    let (seen, shown) = channel();
    let gate = Gate {
        opened,
        seen,
        whole,
    };
    let shower = Shower {
        render: Box::new(gate),
        out: Out::Stdout(BufWriter::new(io::stdout())),
    };
    let mut pipeline = Pipeline::start(shower, room).unwrap();
    let mut analyzer = Analyzer::default();
    let bytes = segment(ports);
    let mut waiting = 0;
    for number in 0..count {
        let frame = Frame {
            time: Timestamp(i64::try_from(number).unwrap()),
            odd_time: None,
            wire_len: u32::try_from(bytes.len()).unwrap(),
            link: LinkType::Ethernet,
            bytes: &bytes,
        };
        let packet = decode(&frame);
        let explained = Explained {
            notes: &[],
            ..analyzer.push(&packet)
        };
        pipeline
            .packet(&frame, &packet, explained, &mut analyzer)
            .unwrap();
        waiting = waiting.max(pipeline.waiting);
    }
    drop(open);
    pipeline.finish().unwrap();
    (shown.try_iter().collect(), waiting)
}

#[test]
fn live_packets_wait_while_nothing_is_shown() {
    const ROOM: usize = 64 << 20;
    for (whole, ports, expected) in [
        (true, [40_000, 50_000], 54 + CARRIED),
        (false, [40_000, 50_000], 54),
        // What goes to a port of HTTP's is told.
        (false, [40_000, 80], 54 + CARRIED),
    ] {
        // Far more than there are batches for from the start: without room this would not end.
        let (seen, waiting) = wait(20_000, ROOM, whole, ports);
        let all: Vec<_> = (1..=20_000).map(|number| (number, expected)).collect();
        assert_eq!(seen, all);
        assert!(waiting < ROOM, "{waiting}");
        assert_eq!(waiting > 20_000 * CARRIED, expected > CARRIED, "{waiting}");
    }
}
