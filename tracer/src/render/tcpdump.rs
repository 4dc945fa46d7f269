//! tcpdump 4.99's own lines and nothing else.

use std::io::{self, Write};

use super::Render;
use crate::{Explained, Frame, LineOptions, Packet, TcpdumpLine};

/// Prints each packet as `tcpdump -n` does.
#[derive(Debug)]
pub struct Tcpdump {
    line: TcpdumpLine,
    /// Segments have to be there with the bytes that they carry.
    whole: bool,
    text: String,
}

impl Tcpdump {
    /// With tcpdump's options.
    pub fn new(options: LineOptions) -> Self {
        Self {
            whole: options.tells_of_payload(),
            line: TcpdumpLine::new(options),
            text: String::new(),
        }
    }
}

impl Render for Tcpdump {
    fn packet(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        _: &Explained<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        self.text.clear();
        self.line.write_packet(frame, packet, &mut self.text);
        self.text.push('\n');
        out.write_all(self.text.as_bytes())
    }

    fn looks_into_segments(&self) -> bool {
        self.whole
    }
}
