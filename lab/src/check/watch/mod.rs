//! What the wire shows while scripts are played.
//!
//! ```text
//! recorder.rs   one raw socket for the whole run, on a thread of its own; keeps the last packets
//! ends.rs       which ends of connections are a script's own
//! judge.rs      the lines `wire: …` held against a script's packets
//! fits.rs       one packet held against what a line wants
//! numbers.rs    sequence numbers as tcpdump prints them
//! lines.rs      packets in tcpdump's words, for reports
//! ```

mod ends;
mod fits;
mod judge;
mod lines;
mod numbers;
mod recorder;

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use script::{Location, StepKind, Wire, step_in_words};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::time::Instant;

pub(super) use self::ends::{Ends, Whose};
use self::judge::Judge;
pub(super) use self::judge::Part;
use self::recorder::{Recorder, Segment};
use super::verdict::Fault;

/// How long the last packet of a script may take to be recorded.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many packets a report shows.
const SHOWN: usize = 12;

/// Watches the wire between the scripts and what they test.
pub(super) struct Watch {
    recorder: Recorder,
    /// Scripts about hosts that have no part in the session are played alone: nothing in such a
    /// packet says which script it belongs to.
    turns: RwLock<()>,
}

/// Where a script's packets begin, and that it has its turn.
pub(super) struct Turn<'a> {
    from: u64,
    _shared: Option<RwLockReadGuard<'a, ()>>,
    _alone: Option<RwLockWriteGuard<'a, ()>>,
}

/// A line `wire: …` whose variables were filled, and where it is written.
pub(super) type Line = (Location, Wire);

/// What the wire showed of one script.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The line that does not hold, and what came instead.
    pub(super) fault: Option<Fault>,
    /// The lines that could not be held against anything.
    pub(super) unwatched: Vec<Location>,
    /// Why not.
    pub(super) why: Option<String>,
    /// The last packets, or those around the fault, as tcpdump prints them.
    pub(super) packets: Vec<String>,
}

impl Seen {
    /// Nobody looked.
    fn nothing(lines: &[Line], why: &str) -> Self {
        Self {
            unwatched: lines.iter().map(|(at, _)| *at).collect(),
            why: (!lines.is_empty()).then(|| why.to_owned()),
            ..Self::default()
        }
    }
}

/// What the wire showed, or why nobody looked.
pub(super) async fn seen(
    watch: &Result<Watch, String>,
    turn: Option<&Turn<'_>>,
    ends: &Ends,
    part: Part,
    lines: &[Line],
) -> Seen {
    match (watch, turn) {
        (Ok(watch), Some(turn)) => watch.look(turn, ends, part, lines).await,
        (Ok(_), None) => Seen::nothing(lines, "the script had no turn"),
        (Err(why), _) => Seen::nothing(lines, why),
    }
}

impl Watch {
    /// Begins to record what this machine says to `server`, or everything on `lo` when it is a
    /// server of its own.
    ///
    /// # Errors
    /// Why the wire cannot be watched, in a few words.
    pub(super) fn begin(server: IpAddr) -> Result<Self, String> {
        let interfaces = tracer::interfaces();
        let local = source_for(server).ok_or_else(|| format!("no way to {server} was found"))?;
        let own = local.is_loopback() || local == server;
        let interface = interfaces
            .iter()
            .find(|found| {
                if own {
                    found.loopback
                } else {
                    found.addresses.contains(&local)
                }
            })
            .ok_or_else(|| format!("no interface has the address {local}"))?;
        Ok(Self {
            recorder: Recorder::start(&interface.name, own)?,
            turns: RwLock::new(()),
        })
    }

    /// Whether it watches what this machine says to itself.
    pub(super) fn is_on_loopback(&self) -> bool {
        self.recorder.loopback
    }

    /// Waits until a script may be played; `alone` when it must be the only one.
    pub(super) async fn turn(&self, alone: bool) -> Turn<'_> {
        let (shared, alone) = if alone {
            (None, Some(self.turns.write().await))
        } else {
            (Some(self.turns.read().await), None)
        };
        Turn {
            from: self.recorder.count(),
            _shared: shared,
            _alone: alone,
        }
    }

    /// Holds a script's lines against its packets. Its connections must be closed by now: they
    /// are waited for until the recorder has seen it.
    async fn look(&self, turn: &Turn<'_>, ends: &Ends, part: Part, lines: &[Line]) -> Seen {
        let deadline = Instant::now() + PATIENCE;
        let ended = self.recorder.ended(turn.from, ends, deadline).await;
        let packets = match self.recorder.packets(turn.from) {
            Ok(packets) => packets,
            Err(why) => return Seen::nothing(lines, &why),
        };
        let judge = Judge::new(&packets, ends, part);
        let mut seen = if ended {
            Seen::default()
        } else {
            // What was not seen to the end could still have shown anything.
            Seen::nothing(lines, "the end of the connection was not seen")
        };
        let before = |(packet, _): &(&Segment, _)| ends.is_before_failure(packet.time);
        let mut around = judge.own().filter(before).count();
        let mut cursor = 0;
        for (at, wire) in lines.iter().filter(|_| ended) {
            if ends.hides(wire) {
                seen.unwatched.push(*at);
                seen.why = Some("under TLS lengths and payloads are others".into());
                continue;
            }
            if wire.names_an_address()
                && let Err(why) = self.sees(wire)
            {
                seen.unwatched.push(*at);
                seen.why = Some(why);
                continue;
            }
            match judge.holds(wire, &mut cursor) {
                Ok(()) => {}
                Err(found) => {
                    around = found.at.saturating_add(SHOWN / 2);
                    seen.fault = Some(Fault {
                        at: *at,
                        // With the addresses and ports that its variables stood for.
                        expected: step_in_words(&StepKind::Wire(wire.clone())),
                        got: found.got,
                    });
                    break;
                }
            }
        }
        seen.packets = lines::around(judge.own(), around, SHOWN);
        seen
    }

    /// Whether packets to the line's address would come by here.
    fn sees(&self, wire: &Wire) -> Result<(), String> {
        if !self.recorder.loopback {
            return Err("what another machine sends elsewhere cannot be seen from here".into());
        }
        for address in fits::addresses(wire) {
            if !source_for(address).is_some_and(|source| source.is_loopback()) {
                return Err(format!("packets to {address} do not go by way of lo here"));
            }
        }
        Ok(())
    }
}

/// The address that this machine would send from; sends nothing.
fn source_for(to: IpAddr) -> Option<IpAddr> {
    let any: SocketAddr = match to {
        IpAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
        IpAddr::V6(_) => ([0; 8], 0).into(),
    };
    let socket = UdpSocket::bind(any).ok()?;
    // The discard port; connecting a UDP socket only looks up the route.
    socket.connect((to, 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}
