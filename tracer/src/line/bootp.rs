//! BOOTP and DHCP (RFC 951, RFC 2131): the first line.

use super::Printer;
use super::text::{Append, Cut, array, byte};

pub(super) fn bootp(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "bootp";
    let operation = byte(bytes, 0)?;
    p.text("BOOTP/DHCP, ");
    match operation {
        1 => p.text("Request"),
        2 => p.text("Reply"),
        _ => {
            p.text("unknown (0x");
            p.out.hex(u32::from(operation), 2);
            p.text(")");
        }
    }
    if (byte(bytes, 1)?, byte(bytes, 2)?, operation) == (1, 6, 1) {
        let address = array(bytes, 28)?;
        p.text(" from ");
        p.ethernet_address(address);
    }
    p.text(", length ");
    p.dec(len);
    Ok(())
}
