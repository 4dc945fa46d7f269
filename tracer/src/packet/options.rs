//! TCP options (RFC 9293 §3.2).

/// The options of a TCP header, read one by one.
#[derive(Clone, Copy, Debug, Default)]
pub struct TcpOptions<'a>(pub &'a [u8]);

/// One TCP option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpOption<'a> {
    /// End of the list (RFC 9293 §3.2).
    End,
    /// Padding between options.
    Nop,
    /// Maximum segment size in bytes.
    Mss(u16),
    /// Window scale: the shift (RFC 7323 §2).
    WindowScale(u8),
    /// SACK permitted (RFC 2018 §2).
    SackPermitted,
    /// SACK blocks, 8 bytes each (RFC 2018 §3).
    Sack(&'a [u8]),
    /// Timestamp value and echo reply (RFC 7323 §3).
    Timestamps {
        /// The sender's clock.
        value: u32,
        /// The peer's clock, echoed.
        echo: u32,
    },
    /// Another option: kind and data.
    Other(u8, &'a [u8]),
    /// A length that does not fit; reading stops here.
    Malformed(u8),
}

impl<'a> TcpOptions<'a> {
    /// The options in order. Ends after `End`, after a malformed one, or with the bytes.
    pub fn iter(&self) -> impl Iterator<Item = TcpOption<'a>> + use<'a> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let (&kind, after) = rest.split_first()?;
            if kind == 0 {
                rest = &[];
                return Some(TcpOption::End);
            }
            if kind == 1 {
                rest = after;
                return Some(TcpOption::Nop);
            }
            let data = after
                .first()
                .and_then(|&len| usize::from(len).checked_sub(2))
                .and_then(|len| after[1..].get(..len));
            let Some(data) = data else {
                rest = &[];
                return Some(TcpOption::Malformed(kind));
            };
            rest = &after[1 + data.len()..];
            Some(match (kind, data) {
                (2, &[a, b]) => TcpOption::Mss(u16::from_be_bytes([a, b])),
                (3, &[shift]) => TcpOption::WindowScale(shift),
                (4, []) => TcpOption::SackPermitted,
                (5, blocks) if !blocks.is_empty() && blocks.len() % 8 == 0 => {
                    TcpOption::Sack(blocks)
                }
                (8, clocks) if clocks.len() == 8 => TcpOption::Timestamps {
                    value: be32(clocks),
                    echo: be32(&clocks[4..]),
                },
                _ => TcpOption::Other(kind, data),
            })
        })
    }

    /// The maximum segment size, if announced.
    pub fn mss(&self) -> Option<u16> {
        self.iter().find_map(|o| {
            if let TcpOption::Mss(v) = o {
                Some(v)
            } else {
                None
            }
        })
    }

    /// The window scale, if announced.
    pub fn window_scale(&self) -> Option<u8> {
        self.iter().find_map(|o| {
            if let TcpOption::WindowScale(v) = o {
                Some(v)
            } else {
                None
            }
        })
    }

    /// Whether SACK is permitted.
    pub fn sack_permitted(&self) -> bool {
        self.iter().any(|o| o == TcpOption::SackPermitted)
    }
}

/// The first four bytes as a number; 0 when there are fewer.
fn be32(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |b| u32::from_be_bytes(*b))
}
