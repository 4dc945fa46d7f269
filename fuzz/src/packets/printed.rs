//! Printed traces.

use tracer::{Analyzer, Frame, LinkType, PrintedReader};

use super::show::of_packets;

/// A text that may hold a printed trace: it ends, each packet is explained, and each style that
/// needs no bytes shows it.
pub fn printed(data: &[u8]) {
    let mut styles = of_packets();
    let mut analyzer = Analyzer::default();
    let mut reader = PrintedReader::new(data);
    let (mut out, mut packets) = (Vec::new(), 0);
    // A time alone makes no packet, so there are fewer of them than bytes.
    while let Ok(Some(packet)) = reader.next_packet() {
        packets += 1;
        assert!(packets <= data.len());
        let frame = Frame {
            time: packet.time,
            odd_time: None,
            wire_len: packet.wire_len,
            link: LinkType::Raw,
            bytes: &[],
        };
        let explained = analyzer.push(&packet);
        assert!(!explained.notes.is_empty());
        for style in &mut styles {
            style.packet(&frame, &packet, &explained, &mut out).unwrap();
        }
    }
    let names = reader.stand_ins();
    assert!(names.len() <= data.len());
    let mut summary = analyzer.finish();
    summary.names = names;
    for style in &mut styles {
        style.finish(&summary, &mut out).unwrap();
    }
    assert!(
        out.len() < 4000 * (data.len() + 20),
        "{} bytes became {}",
        data.len(),
        out.len()
    );
    String::from_utf8(out).unwrap();
}
