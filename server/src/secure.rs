//! The TLS layer of a control connection. It is driven by hand rather than wrapped round the
//! socket: a session without TLS pays one pointer for it, and losing a future loses no byte.

use std::io::{self, Read, Write};

use tokio::net::TcpStream;
use tokio_rustls::rustls::ServerConnection;

use crate::tls::Tls;

/// Our end of a TLS connection, from the handshake on.
#[derive(Debug)]
pub(crate) struct Secure {
    connection: ServerConnection,
}

impl Secure {
    /// Expects the client's handshake.
    pub(crate) fn new(tls: &Tls) -> io::Result<Self> {
        let mut connection = tls.connection()?;
        // A reply is bounded where it is made; a second bound here would cut it.
        connection.set_buffer_limit(None);
        Ok(Self { connection })
    }

    /// Whether text was decrypted that nobody has read yet.
    pub(crate) fn has_text(&mut self) -> bool {
        use io::BufRead;
        self.connection
            .reader()
            .fill_buf()
            .is_ok_and(|text| !text.is_empty())
    }

    /// Reads what there is of the socket and decrypts it; 0 is the end. Does not wait.
    pub(crate) fn try_read(&mut self, stream: &TcpStream, text: &mut [u8]) -> io::Result<usize> {
        if !self.has_text() && self.connection.wants_read() {
            if self.connection.read_tls(&mut Socket(stream))? == 0 {
                return Ok(0);
            }
            if let Err(error) = self.connection.process_new_packets() {
                // The alert that tells the client what was wrong.
                let _ = self.connection.write_tls(&mut Socket(stream));
                return Err(io::Error::new(io::ErrorKind::InvalidData, error));
            }
        }
        self.connection.reader().read(text)
    }

    /// Encrypts `text`; [`flush`](Self::flush) sends it.
    pub(crate) fn write(&mut self, text: &[u8]) -> io::Result<()> {
        self.connection.writer().write_all(text)
    }

    /// Sends what waits, the handshake's messages included.
    pub(crate) async fn flush(&mut self, stream: &TcpStream) -> io::Result<()> {
        while self.connection.wants_write() {
            stream.writable().await?;
            match self.connection.write_tls(&mut Socket(stream)) {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Sends as much of what waits as the socket takes at once.
    pub(crate) fn try_flush(&mut self, stream: &TcpStream) {
        while self.connection.wants_write() {
            if self.connection.write_tls(&mut Socket(stream)).is_err() {
                return;
            }
        }
    }

    /// Tells the client that nothing was cut off.
    pub(crate) fn close(&mut self, stream: &TcpStream) {
        self.connection.send_close_notify();
        self.try_flush(stream);
    }
}

/// What a client still sends of a TLS connection that we have ended: whole records, its own
/// `close_notify` among them, up to the first byte that begins none. They are dropped unread:
/// whoever could forge them can forge the clear text behind them too.
#[derive(Debug, Default)]
pub(crate) struct Leftover {
    /// What came of a record's type, version and length (RFC 8446 §5.1).
    head: Vec<u8>,
    /// How much of its content is still to come.
    content: usize,
}

impl Leftover {
    /// `bytes` from the first one on that is clear text, if it has come.
    pub(crate) fn clear_text<'a>(&mut self, mut bytes: &'a [u8]) -> Option<&'a [u8]> {
        loop {
            let dropped = self.content.min(bytes.len());
            bytes = &bytes[dropped..];
            self.content -= dropped;
            let (&first, after) = bytes.split_first()?;
            // The types of records; no command begins with one of them.
            if self.head.is_empty() && !matches!(first, 20..=24) {
                return Some(bytes);
            }
            bytes = after;
            self.head.push(first);
            if let &[_, _, _, high, low] = self.head.as_slice() {
                self.content = u16::from_be_bytes([high, low]).into();
                self.head.clear();
            }
        }
    }
}

/// A socket that never waits.
struct Socket<'a>(&'a TcpStream);

impl Read for Socket<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(bytes)
    }
}

impl Write for Socket<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Leftover;

    #[test]
    fn records_are_dropped_however_they_are_cut() {
        let stream = b"\x15\x03\x03\0\x02\x01\0\x17\x03\x03\0\0\x17\x03\x03\x01\0".to_vec();
        let stream = [stream, vec![b'x'; 256], b"NOOP\r\n\x15".to_vec()].concat();
        for size in 1..stream.len() {
            let mut leftover = Leftover::default();
            let mut chunks = stream.chunks(size);
            let mut text = chunks
                .find_map(|chunk| leftover.clear_text(chunk))
                .unwrap()
                .to_vec();
            text.extend(chunks.flatten());
            assert_eq!(text, b"NOOP\r\n\x15", "in pieces of {size}");
        }
    }
}
