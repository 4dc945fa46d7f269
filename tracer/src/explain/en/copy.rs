//! Packets that were captured before, in English.

use crate::Way;
use crate::explain::plural;
use crate::note::CopyNote;

pub(super) fn note(note: &CopyNote) -> String {
    match note {
        CopyNote::Copy {
            of,
            interface,
            name,
            way,
            ttl,
            ttl_there,
            here,
            id,
        } => {
            let at = match (name, interface) {
                (Some(name), _) => name.to_string(),
                (None, Some(number)) => format!("interface {number}"),
                (None, None) => String::new(),
            };
            let place = match (way, at.as_str()) {
                (Some(Way::In), "") => ", on its way in".to_owned(),
                (Some(Way::By), "") => ", on its way to others".to_owned(),
                (Some(Way::Out), "") => ", on its way out".to_owned(),
                (Some(Way::In), at) => format!(", on its way in at {at}"),
                (Some(Way::By), at) => format!(", passing by at {at}"),
                (Some(Way::Out), at) => format!(", on its way out of {at}"),
                (None, "") => String::new(),
                (None, at) => format!(", seen at {at}"),
            };
            let routers = match ttl_there.cmp(ttl) {
                std::cmp::Ordering::Greater => format!(
                    ", {} on: its time to live is {ttl} here and {ttl_there} there",
                    plural(u64::from(ttl_there - ttl), "router")
                ),
                std::cmp::Ordering::Less => format!(
                    ", {} before: its time to live is {ttl} here and {ttl_there} there",
                    plural(u64::from(ttl - ttl_there), "router")
                ),
                std::cmp::Ordering::Equal => String::new(),
            };
            let proof = match (here, id) {
                (true, Some(_)) => {
                    " IP's identification is the same, so it was not sent again: the capture took \
                     it twice, or the network delivered it twice."
                }
                _ => " It was sent once.",
            };
            format!("The same packet as packet {of}{place}{routers}.{proof}")
        }
    }
}
