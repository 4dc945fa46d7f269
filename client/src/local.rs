//! Our end of a transfer: what comes goes to a writer, what goes comes from a reader, and in TYPE
//! A line ends change on the way. Whatever carries the bytes, plain or TLS, uses these.

use std::io::{self, Read, Write};

use proto::{FromNetwork, to_network};

use crate::error::ClientError;
use crate::transfer::CHUNK;

/// Takes what comes from the network.
pub(crate) struct Taking<'a, W> {
    writer: &'a mut W,
    /// In TYPE A: what turns CR LF into LF.
    text: Option<FromNetwork>,
    lines: Vec<u8>,
}

impl<'a, W: Write> Taking<'a, W> {
    pub(crate) fn new(writer: &'a mut W, text: bool) -> Self {
        let text = text.then(FromNetwork::default);
        Self {
            writer,
            text,
            lines: Vec::new(),
        }
    }

    /// The next bytes.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
        let bytes = match &mut self.text {
            Some(converter) => {
                self.lines.clear();
                converter.convert(bytes, &mut self.lines);
                &self.lines
            }
            None => bytes,
        };
        self.writer.write_all(bytes).map_err(ClientError::Local)
    }

    /// There are no more: what a line end was waited for is written as it is.
    pub(crate) fn finish(mut self) -> Result<(), ClientError> {
        let Some(converter) = &mut self.text else {
            return Ok(());
        };
        self.lines.clear();
        converter.finish(&mut self.lines);
        self.writer
            .write_all(&self.lines)
            .map_err(ClientError::Local)
    }
}

/// Gives what goes to the network.
pub(crate) struct Giving<'a, R> {
    reader: &'a mut R,
    text: bool,
    bytes: Vec<u8>,
    lines: Vec<u8>,
}

impl<'a, R: Read> Giving<'a, R> {
    pub(crate) fn new(reader: &'a mut R, text: bool) -> Self {
        Self {
            reader,
            text,
            bytes: vec![0; CHUNK],
            lines: Vec::new(),
        }
    }

    /// The next bytes; empty when there are no more.
    pub(crate) fn give(&mut self) -> Result<&[u8], ClientError> {
        let count = loop {
            match self.reader.read(&mut self.bytes) {
                Ok(count) => break count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ClientError::Local(error)),
            }
        };
        let bytes = &self.bytes[..count];
        if !self.text {
            return Ok(bytes);
        }
        self.lines.clear();
        to_network(bytes, &mut self.lines);
        Ok(&self.lines)
    }
}
