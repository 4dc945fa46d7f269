//! What a file is, by how it begins: a capture, or a text with a printed trace in it.

use std::io::{self, Cursor, Read};

use tracer::begins_packet;

/// Bytes in which the first packet of a printed trace must come.
const PREFACE: usize = 1 << 20;

/// How a capture file begins: pcap with either precision in either byte order, and pcapng.
const CAPTURES: [[u8; 4]; 5] = [
    [0xa1, 0xb2, 0xc3, 0xd4],
    [0xd4, 0xc3, 0xb2, 0xa1],
    [0xa1, 0xb2, 0x3c, 0x4d],
    [0x4d, 0x3c, 0xb2, 0xa1],
    [0x0a, 0x0d, 0x0d, 0x0a],
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Kind {
    /// Bytes: also what is neither, for the reader of captures says what it expects.
    Capture,
    /// Text.
    Printed,
}

/// Reads as far as it takes to know, and gives the source back with what was read.
pub(in crate::cli) fn of<R: Read>(mut source: R) -> io::Result<(Kind, impl Read)> {
    let mut begun = Vec::new();
    let mut looked = 0;
    let kind = loop {
        if let Some(kind) = told(&begun, &mut looked) {
            break kind;
        }
        let mut chunk = [0; 4096];
        match source.read(&mut chunk) {
            Ok(0) => {
                let last = begun.get(looked..).unwrap_or_default();
                break if begins_packet(&String::from_utf8_lossy(last)) {
                    Kind::Printed
                } else {
                    Kind::Capture
                };
            }
            Ok(count) => begun.extend_from_slice(chunk.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    };
    Ok((kind, Cursor::new(begun).chain(source)))
}

/// What the bytes so far tell; `looked` is where the first line begins that was not judged.
fn told(begun: &[u8], looked: &mut usize) -> Option<Kind> {
    let magic = begun.get(..4)?;
    if CAPTURES.iter().any(|known| known == magic) || begun.contains(&0) {
        return Some(Kind::Capture);
    }
    while let Some(rest) = begun.get(*looked..)
        && let Some(end) = rest.iter().position(|&byte| byte == b'\n')
    {
        let line = String::from_utf8_lossy(rest.get(..end).unwrap_or_default());
        if begins_packet(line.trim_start_matches('\u{feff}')) {
            return Some(Kind::Printed);
        }
        *looked += end + 1;
    }
    (begun.len() > PREFACE).then_some(Kind::Capture)
}

#[cfg(test)]
mod tests {
    use super::{Kind, of};

    #[test]
    fn by_how_it_begins() {
        let packet = "13:50:46.564494 a.b.1 > c.d.2: . ack 1 win 5";
        for (bytes, kind) in [
            (&b"\xd4\xc3\xb2\xa1"[..], Kind::Capture),
            (b"", Kind::Capture),
            (b"a word of prose\n", Kind::Capture),
            (packet.as_bytes(), Kind::Printed),
            (format!("a word\n{packet}\n").as_bytes(), Kind::Printed),
            (format!("a\0word\n{packet}\n").as_bytes(), Kind::Capture),
        ] {
            let (found, mut source) = of(bytes).unwrap();
            assert_eq!(found, kind, "{bytes:?}");
            let mut again = Vec::new();
            std::io::Read::read_to_end(&mut source, &mut again).unwrap();
            assert_eq!(again, bytes);
        }
    }
}
