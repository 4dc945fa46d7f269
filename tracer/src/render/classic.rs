//! The lines of tcpdump 3.7 and `WinDump`, the format of the articles of 2001.

use std::io::{self, Write};

use super::Render;
use crate::{ClassicLine, Explained, Frame, LineOptions, Packet};

/// Prints each packet as `tcpdump -nS` did then.
#[derive(Debug)]
pub struct Classic {
    line: ClassicLine,
    text: String,
}

impl Classic {
    /// With tcpdump's options; `windump` prints the sequence numbers of bare acknowledgements too.
    pub fn new(options: LineOptions, windump: bool) -> Self {
        Self {
            line: ClassicLine::new(options, windump),
            text: String::new(),
        }
    }
}

impl Render for Classic {
    fn packet(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        _: &Explained<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        self.text.clear();
        self.line.write(frame, packet, &mut self.text);
        self.text.push('\n');
        out.write_all(self.text.as_bytes())
    }
}
