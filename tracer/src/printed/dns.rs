//! DNS messages in tcpdump's words: what is asked, and the addresses that are answered.

use std::net::IpAddr;

/// Addresses of one answer that are kept.
const ADDRESSES: usize = 64;

/// What a line says of a DNS message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dns {
    pub(crate) id: u16,
    pub(crate) response: bool,
    /// The name asked for, without its last dot; an answer may not repeat it.
    pub(crate) name: Option<String>,
    /// The kind of record, by its number.
    pub(crate) kind: Option<u16>,
    /// Records of the answer.
    pub(crate) records: u16,
    pub(crate) addresses: Vec<IpAddr>,
    /// The response code.
    pub(crate) code: u8,
}

/// Reads `1+ A? ftp.microsoft.com. (35)` or `1 1/4/4 A 207.46.133.140 (215)`.
pub(super) fn read(text: &str) -> Option<Dns> {
    let mut words = text.split_ascii_whitespace().peekable();
    let first = words.next()?;
    let digits = first
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(first.len());
    let id = first.get(..digits)?.parse().ok()?;
    let mut dns = Dns {
        id,
        response: false,
        name: None,
        kind: None,
        records: 0,
        addresses: Vec::new(),
        code: 0,
    };
    let mut asked = false;
    while let Some(word) = words.next() {
        if let Some(kind) = word.strip_suffix('?').and_then(kind) {
            dns.kind = Some(kind);
            dns.name = words.next().map(plain);
            asked = true;
        } else if word == "q:" {
            if let Some(next) = words.peek()
                && !next.ends_with('?')
            {
                dns.name = words.next().map(plain);
            }
        } else if let Some(records) = counts(word) {
            dns.response = true;
            dns.records = records;
            answers(&mut dns, words);
            break;
        } else if let Some(code) = code(word) {
            dns.code = code;
        }
    }
    (dns.response || asked).then_some(dns)
}

/// Addresses, and the name before the first of them.
fn answers<'a>(dns: &mut Dns, words: impl Iterator<Item = &'a str>) {
    let mut before = "";
    let mut kind_before = None;
    for word in words {
        let word = word.trim_end_matches(',');
        if let Some(found) = kind_before.take()
            && let Ok(address) = word.parse::<IpAddr>()
            && dns.addresses.len() < ADDRESSES
        {
            dns.addresses.push(address);
            dns.kind = dns.kind.or(Some(found));
        }
        kind_before = kind(word).filter(|kind| [1, 28].contains(kind));
        if kind_before.is_some() && dns.name.is_none() && before.ends_with('.') {
            dns.name = Some(plain(before));
        }
        before = word;
    }
}

fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_owned()
}

/// `1/4/4`: answers, authorities, others.
fn counts(word: &str) -> Option<u16> {
    let mut parts = word.split('/');
    let answers = parts.next()?.parse().ok()?;
    for _ in 0..2 {
        parts.next()?.parse::<u16>().ok()?;
    }
    parts.next().is_none().then_some(answers)
}

fn kind(word: &str) -> Option<u16> {
    Some(match word {
        "A" => 1,
        "NS" => 2,
        "CNAME" => 5,
        "SOA" => 6,
        "PTR" => 12,
        "MX" => 15,
        "TXT" => 16,
        "AAAA" => 28,
        "SRV" => 33,
        "HTTPS" => 65,
        "ANY" => 255,
        other => other.strip_prefix("Type")?.parse().ok()?,
    })
}

fn code(word: &str) -> Option<u8> {
    let word = word.trim_end_matches(['*', '-', '|', '$']);
    Some(match word {
        "FormErr" => 1,
        "ServFail" => 2,
        "NXDomain" => 3,
        "NotImp" => 4,
        "Refused" => 5,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn questions_and_answers_of_three_tcpdumps() {
        let asked = read("1+ A? ftp.microsoft.com. (35)").unwrap();
        assert_eq!((asked.id, asked.response), (1, false));
        assert_eq!(asked.name.as_deref(), Some("ftp.microsoft.com"));
        for text in [
            "1 q: ftp.microsoft.com. 1/4/4 ftp.microsoft.com. A 207.46.133.140 (215)",
            "1 q: A? ftp.microsoft.com. 1/4/4 ftp.microsoft.com. A 207.46.133.140 (215)",
            "1 1/4/4 A 207.46.133.140 (215)",
        ] {
            let told = read(text).unwrap();
            assert!(told.response, "{text}");
            assert_eq!((told.records, told.kind), (1, Some(1)), "{text}");
            assert_eq!(
                told.addresses,
                ["207.46.133.140".parse::<std::net::IpAddr>().unwrap()]
            );
        }
        let failed = read("7 NXDomain* 0/1/0 (90)").unwrap();
        assert_eq!((failed.code, failed.records), (3, 0));
        assert_eq!(read("udp 35"), None);
    }
}
