//! TCP options: from their words back to the bytes that they stand for.

/// Bytes of options that a TCP header has room for.
const ROOM: usize = 40;

/// The options in `text`, as both tcpdumps print them: `mss 1460,nop,wscale 10`. What is not
/// known, or does not fit, ends the list.
pub(super) fn encode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for option in text.split(',') {
        let before = bytes.len();
        if one(option.trim(), &mut bytes).is_none() || bytes.len() > ROOM {
            bytes.truncate(before);
            break;
        }
    }
    bytes
}

fn one(text: &str, out: &mut Vec<u8>) -> Option<()> {
    let mut words = text.split_ascii_whitespace();
    let name = words.next()?;
    let mut number = |out: &mut Vec<u8>| -> Option<()> {
        // OpenBSD marks its own with signs.
        let word = words.find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
        out.extend(word.parse::<u32>().ok()?.to_be_bytes());
        Some(())
    };
    match name {
        "nop" => out.push(1),
        "eol" => out.push(0),
        "mss" => {
            let mss = words.next()?.parse::<u16>().ok()?;
            out.extend([2, 4]);
            out.extend(mss.to_be_bytes());
        }
        "wscale" => out.extend([3, 3, words.next()?.parse().ok()?]),
        "sackOK" => out.extend([4, 2]),
        "TS" | "timestamp" => {
            out.extend([8, 10]);
            number(out)?;
            number(out)?;
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::encode;
    use crate::{TcpOption, TcpOptions};

    #[test]
    fn both_spellings_are_the_same_bytes() {
        let new = encode("mss 1460,sackOK,TS val 349799182 ecr 7,nop,wscale 10");
        let old = encode("mss 1460,sackOK,timestamp 349799182 7,nop,wscale 10");
        assert_eq!(new, old);
        let options: Vec<_> = TcpOptions(&new).iter().collect();
        assert_eq!(options.len(), 5);
        assert_eq!(options[0], TcpOption::Mss(1460));
        let (value, echo) = (349_799_182, 7);
        assert_eq!(options[2], TcpOption::Timestamps { value, echo });
        assert!(encode("mss 99999,nop").is_empty());
        assert_eq!(encode("nop,unknown-7"), [1]);
    }
}
