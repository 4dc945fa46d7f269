//! Authentication (RFC 4302) and encryption (RFC 4303) of IP packets.

use super::Printer;
use super::text::{Append, Cut, be16, be32, byte, from, len32, upto};

/// RFC 4302. Returns its length.
pub(super) fn authentication_header(p: &mut Printer<'_>, bytes: &[u8]) -> Result<u32, Cut> {
    p.text("AH");
    let words = byte(bytes, 1)?;
    let len = (u32::from(words) + 2) * 4;
    p.text("(");
    if p.verbose() > 0 {
        p.text("length=");
        p.dec(words);
        p.text("(");
        p.dec(len);
        p.text("-bytes),");
    }
    let reserved = be16(bytes, 2)?;
    if reserved != 0 {
        p.text("reserved=0x");
        p.out.hex(u32::from(reserved), 1);
        p.text("[MustBeZero],");
    }
    let (spi, seq) = (be32(bytes, 4)?, be32(bytes, 8));
    p.text("spi=0x");
    p.out.hex(spi, 8);
    p.text(",");
    let seq = seq?;
    p.text("seq=0x");
    p.out.hex(seq, 1);
    p.text(",icv=0x");
    let icv = from(upto(bytes, len), 12);
    p.out.hex_bytes(icv);
    if len32(bytes) < len {
        return Err(Cut);
    }
    p.text("): ");
    Ok(len)
}

/// RFC 4303: without its key there is nothing more to say.
pub(super) fn encrypted(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "esp";
    if bytes.len() <= 8 {
        p.truncated();
        return Ok(());
    }
    p.text("ESP(spi=0x");
    p.out.hex(be32(bytes, 0)?, 8);
    p.text(",seq=0x");
    p.out.hex(be32(bytes, 4)?, 1);
    p.text("), length ");
    p.dec(len);
    Ok(())
}
