//! The TLS layer of a control connection. It is driven by hand rather than wrapped round the
//! socket: a session without TLS pays one pointer for it, and losing a future loses no byte.

use std::io::{self, Read, Write};

use tokio::io::AsyncReadExt;
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

    /// Ends TLS and leaves the connection open: exchanges the closing alerts and takes not a byte
    /// of what follows them. A client that goes on in the clear without its own is believed.
    pub(crate) async fn end(&mut self, stream: &mut TcpStream) -> io::Result<()> {
        self.connection.send_close_notify();
        self.flush(stream).await?;
        loop {
            let state = self.connection.process_new_packets();
            if state.map_err(broken)?.peer_has_closed() {
                return Ok(());
            }
            if self.has_text() {
                return Err(broken("the client went on with TLS that was ended"));
            }
            let mut first = [0];
            if stream.peek(&mut first).await? == 0 || !is_record(first[0]) {
                return Ok(());
            }
            let mut record = vec![0; RECORD_HEAD];
            stream.read_exact(&mut record).await?;
            let length = usize::from(u16::from_be_bytes([record[3], record[4]]));
            record.resize(RECORD_HEAD + length, 0);
            stream.read_exact(&mut record[RECORD_HEAD..]).await?;
            let mut record = record.as_slice();
            while !record.is_empty() {
                if self.connection.read_tls(&mut record)? == 0 {
                    break;
                }
                self.connection.process_new_packets().map_err(broken)?;
            }
        }
    }

    /// Tells the client that nothing was cut off.
    pub(crate) fn close(&mut self, stream: &TcpStream) {
        self.connection.send_close_notify();
        self.try_flush(stream);
    }
}

/// A record's type, version and length (RFC 8446 §5.1).
const RECORD_HEAD: usize = 5;

/// Whether a byte is the type of a TLS record; none of them begins a command.
const fn is_record(byte: u8) -> bool {
    matches!(byte, 20..=24)
}

fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
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
