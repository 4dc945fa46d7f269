//! Capture files.

use tracer::{MAX_RECORD_LEN, PcapReader};

use super::frames::LINKS;

/// Reads a file to its end: never more frames than it has bytes, nor longer ones.
fn read(file: &[u8]) {
    let Ok(mut reader) = PcapReader::new(file) else {
        return;
    };
    let mut left = file.len();
    while let Ok(Some(record)) = reader.next_record() {
        assert!(record.frame.bytes.len() <= left.min(MAX_RECORD_LEN as usize));
        assert!(record.comments.clone().count() <= left);
        // A header is longer than this in each format.
        left = left.checked_sub(record.frame.bytes.len() + 8).unwrap();
    }
    assert!(matches!(reader.next_record(), Ok(None)), "it goes on");
}

/// Records of a classic file, after a header of whichever kind the first byte names.
pub fn pcap(data: &[u8]) {
    read(data);
    let Some((kind, records)) = data.split_first() else {
        return;
    };
    let magic = [0xa1b2_c3d4_u32, 0xa1b2_3c4d, 0xa1b2_cd34][usize::from(kind % 3)];
    let header = [
        magic,
        0x0004_0002,
        0,
        0,
        65535,
        LINKS[usize::from(*kind) % LINKS.len()],
    ];
    let bytes = |field: u32| {
        if kind & 0x80 == 0 {
            field.to_le_bytes()
        } else {
            field
                .rotate_left(if field == 0x0004_0002 { 16 } else { 0 })
                .to_be_bytes()
        }
    };
    let mut file: Vec<u8> = header.into_iter().flat_map(bytes).collect();
    file.extend(records);
    read(&file);
}

/// Blocks of a pcapng file, after a section header and an interface.
pub fn pcapng(data: &[u8]) {
    read(data);
    let Some((kind, blocks)) = data.split_first() else {
        return;
    };
    let mut file = Vec::new();
    let fields = [0x0a0d_0d0a_u32, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28];
    file.extend(fields.iter().flat_map(|field| field.to_le_bytes()));
    let link = LINKS[usize::from(*kind) % LINKS.len()];
    let fields = [1, 20, link, 0, 20];
    file.extend(fields.iter().flat_map(|field| field.to_le_bytes()));
    file.extend(blocks);
    read(&file);
}
