//! What a cable does with the packets on it.

use std::time::Duration;

use super::PacketMatch;

/// The longest time that anything on a cable may be asked to take.
const LONGEST: Duration = Duration::from_mins(1);
/// Rules of one cable.
const MAX_RULES: usize = 256;
/// Bytes that [`PacketMatch::begins`] compares.
const MAX_BEGINS: usize = 1500;

/// What a cable does: delay, jitter, loss and duplication by chance, and rules for packets that
/// they name. Put on a link with [`LinkPlan::wire`](crate::net::LinkPlan::wire).
///
/// Chance comes from the seed alone: for the n-th IP packet from a host it is the same in every
/// run. ARP and what is not IP is delayed and nothing else, since its moments are the kernel's
/// own. Packets in one direction keep their order, jitter or not; only those that a rule holds
/// or delays step out of it.
#[derive(Clone, Debug)]
pub struct WirePlan {
    pub(super) delay: Duration,
    pub(super) delay_from: Vec<(String, Duration)>,
    pub(super) jitter: Duration,
    pub(super) loss: f64,
    pub(super) duplication: f64,
    pub(super) seed: u64,
    pub(super) rules: Vec<Rule>,
}

impl Default for WirePlan {
    fn default() -> Self {
        Self::new()
    }
}

impl WirePlan {
    /// A cable that adds some tens of microseconds and nothing else.
    pub fn new() -> Self {
        Self {
            delay: Duration::ZERO,
            delay_from: Vec::new(),
            jitter: Duration::ZERO,
            loss: 0.0,
            duplication: 0.0,
            seed: 1,
            rules: Vec::new(),
        }
    }

    /// With this round-trip time: half of it in each direction. At most 60 s each.
    #[must_use]
    pub fn rtt(self, rtt: Duration) -> Self {
        self.delay(rtt / 2)
    }

    /// With this delay in each direction, at most 60 s. It counts from the moment at which the
    /// kernel saw the frame.
    #[must_use]
    pub fn delay(mut self, one_way: Duration) -> Self {
        self.delay = one_way;
        self
    }

    /// With this delay for what `host` sends, whatever [`WirePlan::delay`] says.
    #[must_use]
    pub fn delay_from(mut self, host: impl Into<String>, one_way: Duration) -> Self {
        self.delay_from.push((host.into(), one_way));
        self
    }

    /// With a further delay for each packet, by chance from zero to this, at most 60 s.
    #[must_use]
    pub fn jitter(mut self, most: Duration) -> Self {
        self.jitter = most;
        self
    }

    /// With this part of the packets lost: 0.0 to 1.0.
    #[must_use]
    pub fn loss(mut self, part: f64) -> Self {
        self.loss = part;
        self
    }

    /// With this part of the packets doubled, the copy right behind the packet: 0.0 to 1.0.
    #[must_use]
    pub fn duplication(mut self, part: f64) -> Self {
        self.duplication = part;
        self
    }

    /// With another course of chance.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// With one more rule, at most 256. Of several that mean a packet the first decides, and
    /// chance leaves that packet alone; all of them count it.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// What is wrong with it, on a cable between these hosts.
    pub(in crate::net) fn mistake(&self, ends: [&str; 2]) -> Option<String> {
        let unknown = |host: &str| {
            (!ends.contains(&host)).then(|| {
                let [one, other] = ends;
                format!("{host:?} is not at an end of the cable, which are {one:?} and {other:?}")
            })
        };
        let long = |what: &str, time: Duration| {
            (time > LONGEST).then(|| format!("{what} of {time:?} is more than {LONGEST:?}"))
        };
        let part = |what: &str, value: f64| {
            (!(0.0..=1.0).contains(&value)).then(|| format!("{what} of {value} is not 0 to 1"))
        };
        let in_match = |wanted: &PacketMatch| {
            let host = wanted.from.as_deref().and_then(unknown);
            host.or_else(|| wanted.mistake())
        };
        let in_rule = |(place, rule): (usize, &Rule)| {
            let found = in_match(&rule.packet).or_else(|| match &rule.action {
                Action::Drop | Action::Duplicate => None,
                Action::Delay(by) => long("a delay", *by),
                Action::Hold {
                    until,
                    then,
                    at_most,
                } => in_match(until)
                    .or_else(|| long("a wait", *then))
                    .or_else(|| long("a time-out", *at_most)),
            });
            found.map(|mistake| format!("rule {place}: {mistake}"))
        };
        if ends[0] == ends[1] {
            return Some(format!("both ends are at {:?}", ends[0]));
        }
        if self.rules.len() > MAX_RULES {
            return Some(format!("{} rules, more than {MAX_RULES}", self.rules.len()));
        }
        long("a delay", self.delay)
            .or_else(|| long("a jitter", self.jitter))
            .or_else(|| part("a loss", self.loss))
            .or_else(|| part("a duplication", self.duplication))
            .or_else(|| {
                self.delay_from
                    .iter()
                    .find_map(|(host, delay)| unknown(host).or_else(|| long("a delay", *delay)))
            })
            .or_else(|| self.rules.iter().enumerate().find_map(in_rule))
    }

    /// The delay of what this host sends.
    pub(super) fn delay_of(&self, host: &str) -> Duration {
        let own = self.delay_from.iter().rfind(|(name, _)| name == host);
        own.map_or(self.delay, |(_, delay)| *delay)
    }
}

/// A packet, and what happens to it.
#[derive(Clone, Debug)]
pub struct Rule {
    pub(super) packet: PacketMatch,
    pub(super) action: Action,
}

#[derive(Clone, Debug)]
pub(super) enum Action {
    Drop,
    Duplicate,
    Delay(Duration),
    Hold {
        until: PacketMatch,
        then: Duration,
        at_most: Duration,
    },
}

impl Rule {
    /// The packet does not arrive.
    pub fn drop(packet: PacketMatch) -> Self {
        Self {
            packet,
            action: Action::Drop,
        }
    }

    /// The packet arrives twice, the copy right behind it.
    pub fn duplicate(packet: PacketMatch) -> Self {
        Self {
            packet,
            action: Action::Duplicate,
        }
    }

    /// The packet arrives this much later, at most 60 s; those behind it pass it.
    pub fn delay(packet: PacketMatch, by: Duration) -> Self {
        Self {
            packet,
            action: Action::Delay(by),
        }
    }

    /// The packet waits until another, in either direction, has passed: has been handed to its
    /// receiver. Those behind it pass it. It waits one second at most, and that it waited in
    /// vain is reported. Without [`PacketMatch::nth`] the other is the first that passes while
    /// the packet waits; with it, the n-th since the network was built, and if that has passed
    /// already there is no wait.
    ///
    /// Linux sends a segment again after 200 ms and the round-trip time without an
    /// acknowledgement: a shorter hold keeps retransmissions out of the picture.
    pub fn hold(packet: PacketMatch, until: PacketMatch) -> Self {
        Self {
            packet,
            action: Action::Hold {
                until,
                then: Duration::ZERO,
                at_most: Duration::from_secs(1),
            },
        }
    }

    /// For [`Rule::hold`]: the packet comes this much after the other, at most 60 s.
    #[must_use]
    pub fn then(mut self, wait: Duration) -> Self {
        if let Action::Hold { then, .. } = &mut self.action {
            *then = wait;
        }
        self
    }

    /// For [`Rule::hold`]: how long the packet waits at most, up to 60 s.
    #[must_use]
    pub fn at_most(mut self, limit: Duration) -> Self {
        if let Action::Hold { at_most, .. } = &mut self.action {
            *at_most = limit;
        }
        self
    }
}

impl PacketMatch {
    fn mistake(&self) -> Option<String> {
        if self.nth == Some(0) {
            return Some("packets are counted from 1".to_owned());
        }
        self.compares(MAX_BEGINS)
            .then(|| format!("a payload is compared with more than {MAX_BEGINS} bytes"))
    }
}
