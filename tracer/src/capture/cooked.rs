//! Linux's cooked header, version 2, for frames of several interfaces together: what the kernel
//! tells of a frame in the place of its own link layer.

/// How long the header is, in bytes.
pub(super) const COOKED: u8 = 20;
/// Behind `struct tpacket3_hdr` in the ring, aligned: `struct sockaddr_ll`, of 20 bytes.
const ADDRESS: usize = 48;
const ADDRESS_LEN: usize = 20;

/// Writes the header before a frame's bytes, into room that the kernel leaves between the two.
/// Says where the frame begins now; without the room nothing is written.
pub(super) fn put(block: &mut [u8], header: usize, begin: usize) -> usize {
    let from = header + ADDRESS;
    let Some(at) = begin
        .checked_sub(COOKED.into())
        .filter(|at| *at >= from + ADDRESS_LEN)
    else {
        return begin;
    };
    let Some(address) = block.get(from..).and_then(<[u8]>::first_chunk) else {
        return begin;
    };
    let made = cooked(address);
    if let Some(room) = block.get_mut(at..begin) {
        room.copy_from_slice(&made);
    }
    at
}

/// From the kernel's `sockaddr_ll`, of which only the protocol is in network order.
fn cooked(address: &[u8; ADDRESS_LEN]) -> [u8; COOKED as usize] {
    let &[
        _,
        _,
        p0,
        p1,
        i0,
        i1,
        i2,
        i3,
        h0,
        h1,
        kind,
        len,
        ref hardware @ ..,
    ] = address;
    let index = u32::from_ne_bytes([i0, i1, i2, i3]).to_be_bytes();
    let type_ = u16::from_ne_bytes([h0, h1]).to_be_bytes();
    let mut made = [0; COOKED as usize];
    let parts: [&[u8]; 6] = [&[p0, p1, 0, 0], &index, &type_, &[kind], &[len], hardware];
    for (to, from) in made.iter_mut().zip(parts.into_iter().flatten()) {
        *to = *from;
    }
    made
}

#[cfg(test)]
mod tests {
    use super::{COOKED, cooked, put};

    #[test]
    fn the_kernels_words_become_the_header() {
        let mut address = [0; 20];
        address[0..2].copy_from_slice(&17_u16.to_ne_bytes());
        address[2..4].copy_from_slice(&[0x86, 0xdd]);
        address[4..8].copy_from_slice(&7_i32.to_ne_bytes());
        address[8..10].copy_from_slice(&772_u16.to_ne_bytes());
        address[10] = 4;
        address[11] = 6;
        address[12..18].copy_from_slice(&[2, 0, 0, 0, 0, 9]);
        let expected = [
            0x86, 0xdd, 0, 0, 0, 0, 0, 7, 3, 4, 4, 6, 2, 0, 0, 0, 0, 9, 0, 0,
        ];
        assert_eq!(cooked(&address), expected);
        let mut block = vec![0; 200];
        block[48..68].copy_from_slice(&address);
        assert_eq!(put(&mut block, 0, 96), 96 - usize::from(COOKED));
        assert_eq!(block[76..96], expected);
        // No room, and a place beyond the block.
        assert_eq!(put(&mut block, 0, 80), 80);
        assert_eq!(put(&mut block, 190, 300), 300);
    }
}
