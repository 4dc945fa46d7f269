//! BEEP (RFC 3080): which frame a segment begins with.

use super::Printer;

/// tcpdump compares four bytes, and takes the zero byte that ends its string for one of them.
const FRAMES: [(&[u8; 4], &str); 7] = [
    (b"MSG\0", "MSG"),
    (b"RPY ", "RPY"),
    (b"ERR ", "ERR"),
    (b"ANS ", "ANS"),
    (b"NUL ", "NUL"),
    (b"SEQ ", "SEQ"),
    (b"END\0", "END"),
];

pub(super) fn beep(p: &mut Printer<'_>, bytes: &[u8], len: u32) {
    p.protocol = "beep";
    let start = bytes.first_chunk().filter(|_| len >= 4);
    let frame = FRAMES.iter().find(|(letters, _)| start == Some(*letters));
    p.text(" BEEP ");
    p.text(frame.map_or("(payload or undecoded)", |(_, name)| name));
}
