use super::{DifferenceTotals, FrameDifference, Halves, Varying};
use crate::explain::FieldName;
use crate::{Frame, Language, LinkType, Timestamp};

/// An IPv4 header with a TCP header and two bytes: 42 in all.
const FIRST: [u8; 42] = [
    0x45, 0, 0, 42, 0x12, 0x34, 0x40, 0, 64, 6, 0xaa, 0xbb, 10, 0, 0, 1, 10, 0, 0, 2, // IPv4
    0x9c, 0x40, 0, 21, 0, 0, 0, 1, 0, 0, 0, 9, 0x50, 0x18, 1, 0, 0xcc, 0xdd, 0, 0, // TCP
    b'\r', b'\n',
];

fn frame(bytes: &[u8]) -> Frame<'_> {
    Frame {
        time: Timestamp::default(),
        odd_time: None,
        wire_len: u32::try_from(bytes.len()).unwrap(),
        link: LinkType::Raw,
        bytes,
    }
}

fn varying(difference: &FrameDifference) -> Vec<(&'static str, FieldName, usize, usize)> {
    let fields = difference.varying.iter();
    fields
        .map(|field| (field.layer, field.name, field.differ, field.len))
        .collect()
}

#[test]
fn each_byte_that_differs_belongs_to_a_field() {
    let mut second = FIRST;
    second[5] = 0x35; // the low byte of the identification
    second[11] = 0xba; // and of the header checksum
    second[21] = 0x41; // source port
    second[24..28].copy_from_slice(&[9, 9, 9, 9]); // sequence number
    second[36] = 0xcd; // the high byte of the checksum
    let difference = FrameDifference::new(7, &[frame(&FIRST), frame(&second)], &[21]);
    assert_eq!(
        varying(&difference),
        [
            ("IPv4", FieldName::Identification, 1, 2),
            ("IPv4", FieldName::HeaderChecksum, 1, 2),
            ("TCP", FieldName::SourcePort, 1, 2),
            ("TCP", FieldName::SequenceNumber, 4, 4),
            ("TCP", FieldName::Checksum, 1, 2),
        ]
    );
    assert_eq!((difference.same, difference.differ()), (34, 8));
    let line = difference.line(Language::En);
    let expected = "    7     42     34       8  IPv4 identification 1 of 2, header checksum 1 of 2, \
                    TCP source port 1 of 2, sequence number 4 of 4, checksum 1 of 2";
    assert_eq!(line, expected);

    let mut totals = DifferenceTotals::default();
    totals.add(&difference);
    totals.add(&FrameDifference::new(8, &[frame(&FIRST); 3], &[]));
    assert_eq!((totals.frames, totals.same, totals.differ), (2, 34 + 42, 8));
    let expected = Halves {
        same: 1,
        low: 1,
        high: 0,
    };
    assert_eq!(
        (totals.identification, totals.header_checksum),
        (expected, expected)
    );
    assert_eq!((totals.coupled, totals.ipv4), (2, 2));
    let told = totals.text(2, Language::En);
    assert!(told.contains("76 of 84 bytes (90 %)"), "{told}");
    assert!(told.contains("here it is 84"), "{told}");
    assert!(totals.text(2, Language::Zh).contains("84 字节中有 76 字节"));
}

#[test]
fn what_only_one_of_them_has_differs() {
    let mut longer = FIRST.to_vec();
    longer.truncate(40);
    longer.extend_from_slice(b"QUIT\r\n");
    longer[3] = 46;
    let difference = FrameDifference::new(1, &[frame(&FIRST), frame(&longer)], &[21]);
    assert_eq!(difference.lengths, [42, 46]);
    assert_eq!(
        varying(&difference),
        [
            ("IPv4", FieldName::TotalLength, 1, 2),
            ("FTP", FieldName::Command, 4, 4),
            ("FTP", FieldName::LineEnd, 2, 2),
        ]
    );
    assert_eq!((difference.same, difference.differ()), (39, 7));
    assert!(difference.line(Language::En).contains("  42-46  "));
    assert_eq!(FrameDifference::new(1, &[], &[]).same, 0);
    let empty: Vec<Varying> = Vec::new();
    assert_eq!(FrameDifference::new(1, &[frame(&[])], &[]).varying, empty);
}
