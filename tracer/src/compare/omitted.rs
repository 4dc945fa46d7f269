//! What an article leaves out: bytes that none of its lines carries, though a later line comes
//! behind them or acknowledges them.

use super::trace::{Channel, Seen};
use crate::TcpFlags;

/// Here an article leaves bytes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Of this connection.
    pub channel: Channel,
    /// Bytes of the client.
    pub client: u32,
    /// Bytes of the server.
    pub server: u32,
    /// The index of the line before which they are missing.
    pub(super) before: usize,
}

/// Relative sequence numbers that are missing, `from` to `to` without it.
#[derive(Clone, Copy, Debug)]
struct Missing {
    channel: Channel,
    by_client: bool,
    from: u32,
    to: u32,
}

/// All that is left out.
#[derive(Debug, Default)]
pub(super) struct Omissions {
    missing: Vec<Missing>,
    /// In the order of their lines.
    pub(super) gaps: Vec<Gap>,
}

impl Omissions {
    pub(super) fn of(lines: &[Seen]) -> Self {
        let mut all = Self::default();
        let mut channels: Vec<Channel> = Vec::new();
        for line in lines {
            if line.segment.is_some() && !channels.contains(&line.channel) {
                channels.push(line.channel);
            }
        }
        for channel in channels {
            for by_client in [true, false] {
                all.look(lines, channel, by_client);
            }
        }
        all.gaps.sort_by_key(|gap| gap.before);
        all
    }

    /// Looks at what one side of a connection sent.
    fn look(&mut self, lines: &[Seen], channel: Channel, by_client: bool) {
        let mut carried = Vec::new();
        let mut end = 1;
        for line in lines.iter().filter(|line| line.channel == channel) {
            let Some(segment) = line.segment else {
                continue;
            };
            if line.from_client == by_client {
                if let Some(seq) = segment.seq {
                    let fin = u32::from(segment.flags.contains(TcpFlags::FIN));
                    carried.push((seq, seq.saturating_add(line.len).saturating_add(fin)));
                    end = end.max(seq);
                }
            } else if let Some(ack) = segment.ack {
                // It may be that of a FIN, which is no byte.
                end = end.max(ack.saturating_sub(1));
            }
        }
        carried.sort_unstable();
        let mut next = 1;
        for (from, to) in carried {
            if from > next {
                self.add(lines, channel, by_client, [next, from]);
            }
            next = next.max(to);
        }
        if end > next {
            self.add(lines, channel, by_client, [next, end]);
        }
    }

    fn add(&mut self, lines: &[Seen], channel: Channel, by_client: bool, [from, to]: [u32; 2]) {
        let shows = |line: &Seen| {
            let segment = line.segment.filter(|_| line.channel == channel);
            segment.is_some_and(|segment| {
                let number = if line.from_client == by_client {
                    segment.seq
                } else {
                    segment.ack
                };
                number.is_some_and(|number| number >= to)
            })
        };
        let Some(before) = lines.iter().position(shows) else {
            return;
        };
        self.missing.push(Missing {
            channel,
            by_client,
            from,
            to,
        });
        let same = |gap: &Gap| gap.before == before && gap.channel == channel;
        let known = self.gaps.iter().position(same).unwrap_or_else(|| {
            self.gaps.push(Gap {
                channel,
                client: 0,
                server: 0,
                before,
            });
            self.gaps.len() - 1
        });
        let Some(gap) = self.gaps.get_mut(known) else {
            return;
        };
        *(if by_client {
            &mut gap.client
        } else {
            &mut gap.server
        }) += to - from;
    }

    /// Whether a packet carries what is left out, or does no more than acknowledge it.
    pub(super) fn has(&self, seen: &Seen) -> bool {
        let Some(segment) = seen.segment else {
            return false;
        };
        self.missing.iter().any(|missing| {
            if missing.channel != seen.channel {
                return false;
            }
            if missing.by_client == seen.from_client && seen.len > 0 {
                let range = missing.from..missing.to;
                segment.seq.is_some_and(|seq| range.contains(&seq))
            } else {
                segment.is_lone_ack(seen.len)
                    && missing.by_client != seen.from_client
                    && segment
                        .ack
                        .is_some_and(|ack| ack > missing.from && ack <= missing.to)
            }
        })
    }
}
