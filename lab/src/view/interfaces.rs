//! On which interface a frame was seen: by its own header, or as the capture has it.

use tracer::{ANY, Frame, Packet, decode, interfaces};

/// Names of interfaces by their numbers, in order.
#[derive(Default)]
pub(crate) struct Interfaces(Vec<(u32, String)>);

/// Those of the machine that captured a file: its numbers tell them apart, and have no names here.
pub(crate) static ELSEWHERE: Interfaces = Interfaces(Vec::new());

impl Interfaces {
    /// Those that this machine has now.
    pub(super) fn here() -> Self {
        let named = interfaces().into_iter().map(|it| (it.index, it.name));
        let mut named: Vec<_> = named.collect();
        named.sort_unstable();
        Self(named)
    }

    /// The layers of a frame, with the number and the name of the interface that the capture has
    /// it from.
    pub(crate) fn decode<'a>(
        &'a self,
        frame: &Frame<'a>,
        index: Option<u32>,
        name: Option<&'a str>,
    ) -> Packet<'a> {
        let mut packet = decode(frame);
        let sighting = &mut packet.sighting;
        sighting.interface = sighting.interface.or(index);
        // All together have no name.
        let name = name.filter(|name| *name != ANY);
        sighting.name = name.or_else(|| self.name(sighting.interface?));
        packet
    }

    fn name(&self, index: u32) -> Option<&str> {
        let place = self.0.binary_search_by_key(&index, |(index, _)| *index);
        self.0.get(place.ok()?).map(|(_, name)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use tracer::{Frame, LinkType, Timestamp};

    use super::Interfaces;

    #[test]
    fn an_interface_has_the_name_that_the_capture_tells_or_this_machine() {
        let here = Interfaces(vec![(2, "eth0".into()), (5, "docker0".into())]);
        let mut bytes = [0; 20];
        bytes[7] = 5;
        let seen = |link, index, name| {
            let frame = Frame {
                time: Timestamp(0),
                odd_time: None,
                wire_len: 20,
                link,
                bytes: &bytes,
            };
            let sighting = here.decode(&frame, index, name).sighting;
            (sighting.interface, sighting.name.map(str::to_owned))
        };
        let any = seen(LinkType::LinuxSll2, None, Some("any"));
        assert_eq!(any, (Some(5), Some("docker0".into())));
        let file = seen(LinkType::Ethernet, Some(0), Some("wan"));
        assert_eq!(file, (Some(0), Some("wan".into())));
        assert_eq!(seen(LinkType::Ethernet, None, None), (None, None));
        assert_eq!(seen(LinkType::Ethernet, Some(7), None), (Some(7), None));
    }
}
