//! On which side of the network a capture was made: by the times of the handshake, and by the times
//! to live.

use std::time::Duration;

use super::{DIALLER, Near, Verdict, Verdicts};
use crate::analyze::connection::Connection;

impl Verdicts {
    pub(super) fn vantage(&mut self, connection: &Connection) {
        /// Below, the times are those of machines, not of ways.
        const FAR: Duration = Duration::from_millis(1);
        let legs = connection.legs;
        let hops = connection.ttls.map(hops);
        let by_time = match (legs[DIALLER], legs[1 - DIALLER]) {
            (Some(client), Some(server)) if server > FAR && server / 4 > client => {
                Some(Near::Client)
            }
            (Some(client), Some(server)) if client > FAR && client / 4 > server => {
                Some(Near::Server)
            }
            (Some(client), Some(server)) if client > FAR && server > FAR => Some(Near::Between),
            _ => None,
        };
        let by_hops = match (hops, connection.ttls) {
            (_, [0, _] | [_, 0]) | ([0, 0], _) => None,
            ([0, _], _) => Some(Near::Client),
            ([_, 0], _) => Some(Near::Server),
            _ => Some(Near::Between),
        };
        let near = match (by_time, by_hops) {
            (Some(time), Some(hops)) if time != hops => return,
            (time, hops) => time.or(hops),
        };
        let told = |verdict: &Verdict| matches!(verdict, Verdict::Vantage { near: n, .. } if Some(*n) == near);
        if let Some(near) = near
            && !self.vantages.iter().any(told)
        {
            self.vantages.push(Verdict::Vantage {
                connection: connection.name,
                near,
                server_leg: legs[1 - DIALLER],
                client_leg: legs[DIALLER],
                hops: connection.ttls.iter().all(|&ttl| ttl > 0).then_some(hops),
            });
        }
    }
}

/// Routers passed, when the time to live began at one of the usual numbers.
fn hops(ttl: u8) -> u8 {
    let began = [32, 64, 128, 255].into_iter().find(|&began| began >= ttl);
    began.map_or(0, |began| began - ttl)
}
