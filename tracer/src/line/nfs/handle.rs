//! File handles. What is in one is the server's own business; tcpdump guesses from its shape
//! which system made it, and so which bytes number the file system and the file.

use super::super::Printer;
use super::super::text::{Cut, array, be16, be32, byte, from, upto};
use super::Stop;

/// Of version 2, in words of 32 bits.
const WORDS: u32 = 8;

/// The system that a handle looks like.
#[derive(Clone, Copy)]
enum System {
    Auspex,
    Bsd44,
    Osf,
    Irix4,
    SunOs4,
    SunOs5,
    Ultrix,
    HpUx9,
    Vms,
    Unknown,
}

/// ` fh 0,1/53`; returns what follows the handle.
pub(super) fn handle<'a>(p: &mut Printer<'_>, bytes: &'a [u8], v3: bool) -> Result<&'a [u8], Stop> {
    let (words, bytes) = if v3 {
        (be32(bytes, 0)? / 4, from(bytes, 4))
    } else {
        (WORDS, bytes)
    };
    let len = (words as usize).saturating_mul(4);
    let handle = bytes.get(..len).ok_or(Stop::Short)?;
    print(p, handle, bytes, words)?;
    Ok(from(bytes, len))
}

/// `handle` is whole; the guess looks at the `bytes` behind it, too.
fn print(p: &mut Printer<'_>, handle: &[u8], bytes: &[u8], words: u32) -> Result<(), Cut> {
    let system = system(bytes, words)?;
    p.text(" fh ");
    let (major, minor, file) = match system {
        System::Unknown => {
            // tcpdump copies no more of this word than the handle has words.
            p.text(upto_str("Unknown", words));
            p.text("/");
            for byte in handle.iter().take(32) {
                p.text(&format!("{byte:02X}"));
            }
            return Ok(());
        }
        System::Vms => {
            let name = upto(from(handle, 1), words.min(64));
            let end = |byte: &u8| matches!(byte, 0 | b' ');
            let len = name.iter().position(end).unwrap_or(name.len());
            name.iter()
                .take(len)
                .for_each(|&b| p.out.push(char::from(b)));
            p.text("/");
            let [high, next, ..]: [u8; 2] = array(bytes, 26)?;
            let [low, middle]: [u8; 2] = array(bytes, 22)?;
            p.dec(u32::from_be_bytes([high, next, middle, low]));
            return Ok(());
        }
        System::Auspex => (
            byte(bytes, 6)?.into(),
            byte(bytes, 7)?.into(),
            be32(bytes, 12)?,
        ),
        System::Bsd44 => (
            byte(bytes, 1)?.into(),
            byte(bytes, 0)?.into(),
            be32(bytes, 12)?.swap_bytes(),
        ),
        System::Osf => {
            let device = be32(bytes, 0)?.swap_bytes();
            let file = be32(bytes, 12)?.swap_bytes();
            (device >> 20, device & 0xf_ffff, file)
        }
        System::Irix4 => (
            byte(bytes, 2)?.into(),
            byte(bytes, 3)?.into(),
            be32(bytes, 8)?,
        ),
        System::SunOs4 => (
            byte(bytes, 2)?.into(),
            byte(bytes, 3)?.into(),
            be32(bytes, 12)?,
        ),
        System::SunOs5 => (
            u32::from(be16(bytes, 0)? >> 2),
            be32(bytes, 0)? & 0x3_ffff,
            be32(bytes, 12)?,
        ),
        System::Ultrix => (
            byte(bytes, 1)?.into(),
            byte(bytes, 0)?.into(),
            be32(bytes, 4)?.swap_bytes(),
        ),
        System::HpUx9 => (
            byte(bytes, 0)?.into(),
            be32(bytes, 0)? & 0xff_ffff,
            be32(bytes, 12)?,
        ),
    };
    p.dec(major);
    p.text(",");
    p.dec(minor);
    p.text("/");
    p.dec(file);
    Ok(())
}

fn upto_str(text: &str, len: u32) -> &str {
    text.get(..len as usize).unwrap_or(text)
}

fn system(bytes: &[u8], words: u32) -> Result<System, Cut> {
    if words < 4 {
        return Ok(System::Unknown);
    }
    let at = |at| byte(bytes, at);
    let start: [u8; 16] = array(bytes, 0)?;
    let first: [u8; 2] = array(&start, 0)?;
    let second: [u8; 2] = array(&start, 2)?;
    let third: [u8; 4] = array(&start, 4)?;
    let fourth: [u8; 2] = array(&start, 8)?;
    Ok(match (first, second) {
        ([0, 0], [0, 0]) => System::Auspex,
        ([0, 0], _) => match (third, fourth) {
            ([1..=u8::MAX, 0, ..], [12, 0]) => System::Osf,
            ([0, 8, 0, 0], _) => System::Irix4,
            _ => System::SunOs4,
        },
        (_, [0, 0]) => match (third, fourth) {
            ([.., 0, 0], _) => System::Bsd44,
            _ if words >= 6 && at(21)? == 0 && at(23)? == 0 => System::Ultrix,
            (_, [_, 10]) => System::SunOs5,
            _ => System::Unknown,
        },
        _ => match (third, fourth) {
            (_, [12, 0]) => System::Osf,
            ([0, 0, 0, 0], [0, 10]) => System::HpUx9,
            (_, [0, 10]) => System::SunOs5,
            _ if words >= 7 && is_device_name(&start) => System::Vms,
            _ => System::Unknown,
        },
    })
}

/// Printable, then zeros.
fn is_device_name(start: &[u8; 16]) -> bool {
    let name = start.get(1..14).unwrap_or_default();
    let end = name.iter().position(|&byte| byte == 0);
    let (name, zeros) = name.split_at(end.unwrap_or(name.len()));
    name.iter().all(|byte| matches!(byte, b' '..=b'~')) && zeros.iter().all(|&byte| byte == 0)
}
