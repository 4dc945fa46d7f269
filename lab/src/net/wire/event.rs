//! What a cable did with a packet, so that a run can explain it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tracer::Timestamp;

use super::PacketName;

/// Something that a cable did to a packet, other than carry it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireEvent {
    /// When, on the clock of the packets: the kernel stamps frames with it.
    pub time: Timestamp,
    /// The host that sent the packet.
    pub from: Arc<str>,
    /// The packet.
    pub packet: PacketName,
    /// What was done.
    pub action: WireAction,
}

/// What was done to a packet. A rule is told by its place in [`WirePlan`](super::WirePlan), from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WireAction {
    /// A rule keeps it until another packet has passed.
    Held {
        /// The rule.
        rule: usize,
    },
    /// The other packet has passed, and this one follows, [`Rule::then`](super::Rule::then) later.
    Released {
        /// The rule.
        rule: usize,
        /// The packet that it waited for.
        by: PacketName,
        /// How long it was kept beyond the time of its journey, until this event.
        held: Duration,
    },
    /// The other packet did not pass in time, and this one goes now.
    TimedOut {
        /// The rule.
        rule: usize,
        /// How long it was kept beyond the time of its journey.
        held: Duration,
    },
    /// A rule lets it come later.
    Delayed {
        /// The rule.
        rule: usize,
        /// By how much.
        by: Duration,
    },
    /// It arrives twice.
    Duplicated {
        /// The rule; `None` when it was chance.
        rule: Option<usize>,
    },
    /// It does not arrive.
    Dropped(DropReason),
}

/// Why a packet does not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// A rule, by its place in the plan.
    Rule(usize),
    /// Chance, as [`WirePlan::loss`](super::WirePlan::loss) has it.
    Loss,
    /// More was under way than the cable keeps.
    Full,
    /// The receiver's kernel did not take it.
    Refused,
}

impl fmt::Display for WireEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: ", self.from, self.packet)?;
        let ms = |time: &Duration| format!("{:.3} ms", time.as_secs_f64() * 1e3);
        match &self.action {
            WireAction::Held { rule } => write!(f, "held by rule {rule}"),
            WireAction::Released { by, held, .. } => {
                write!(f, "held {}, until {by} had passed", ms(held))
            }
            WireAction::TimedOut { rule, held } => write!(
                f,
                "let go after {}: what rule {rule} waited for did not pass",
                ms(held)
            ),
            WireAction::Delayed { rule, by } => write!(f, "{} later by rule {rule}", ms(by)),
            WireAction::Duplicated { rule: Some(rule) } => write!(f, "doubled by rule {rule}"),
            WireAction::Duplicated { rule: None } => f.write_str("doubled by chance"),
            WireAction::Dropped(DropReason::Rule(rule)) => write!(f, "dropped by rule {rule}"),
            WireAction::Dropped(DropReason::Loss) => f.write_str("lost by chance"),
            WireAction::Dropped(DropReason::Full) => f.write_str("dropped, the cable is full"),
            WireAction::Dropped(DropReason::Refused) => {
                f.write_str("dropped, the receiver's kernel did not take it")
            }
        }
    }
}
