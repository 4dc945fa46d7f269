//! Address resolution in English.

use crate::explain::span;
use crate::note::ArpNote;

pub(super) fn note(note: &ArpNote) -> String {
    match note {
        ArpNote::Request {
            asker,
            target,
            broadcast: true,
        } => format!(
            "{asker} wants to send to {target} but knows only its IP address. Ethernet needs a \
             hardware address, so it asks everybody on the link (broadcast to ff:ff:ff:ff:ff:ff)."
        ),
        ArpNote::Request {
            asker,
            target,
            broadcast: false,
        } => {
            format!("{asker} asks {target} alone whether its Ethernet address is still the same.")
        }
        ArpNote::Reply {
            owner,
            mac,
            request: Some(request),
            after,
        } => {
            let after = after
                .map(|after| format!(" {} later", span(after)))
                .unwrap_or_default();
            format!(
                "The answer to packet {request},{after}, to the asker alone: {owner} is at {mac}. \
                 The asker keeps this in its ARP cache, so the question is not needed again soon."
            )
        }
        ArpNote::Reply {
            owner,
            mac,
            request: None,
            ..
        } => {
            format!("{owner} says it is at {mac}; the question was not captured.")
        }
        ArpNote::Announcement {
            address,
            probe: false,
        } => {
            format!("A host announces that {address} is its address, so that caches learn it.")
        }
        ArpNote::Announcement {
            address,
            probe: true,
        } => {
            format!("A host checks that nobody uses {address} before it takes the address.")
        }
    }
}
