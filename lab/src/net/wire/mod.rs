//! The cable in user space: delay, loss, duplication, and rules that name a packet and say what happens to it.
//!
//! ```text
//!  client            the cable's own namespace              server
//!   eth0 ── veth ── end0 ── ring ─► Relay ─► send ── end1 ── veth ── eth0
//!                   end0 ◄─ send ─◄ Relay ◄─ ring ── end1
//!
//! plan.rs      what a cable does: WirePlan, Rule
//! matching.rs  naming a packet: PacketMatch, PacketName
//! event.rs     what it did: WireEvent
//! relay.rs     the decisions, without a socket or a clock
//! tally.rs     what its rules have met: RuleUse
//! ring.rs      a packet socket with a ring: frames in and out
//! cable.rs     the thread, and the handle on it
//! ```
//!
//! The kernel's netem is often missing and cannot name a packet. What passes here is what the
//! hosts' kernels made, byte for byte; nothing is rewritten.

mod cable;
mod event;
mod matching;
mod plan;
mod relay;
mod ring;
mod tally;

pub use cable::{Wire, WireStatistics};
pub use event::{DropReason, WireAction, WireEvent};
pub use matching::{PacketMatch, PacketName, Protocol};
pub use plan::{Rule, WirePlan};
pub use tally::RuleUse;

pub(super) use cable::WireEnd;

#[cfg(test)]
mod tests;
