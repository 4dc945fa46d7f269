//! Data connections of a script, either way round.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::channel::{Channel, Secure};

/// The most bytes that a script keeps of what comes: 64 MiB.
const KEPT: usize = 64 << 20;

/// One data connection, or the place where it is awaited.
#[derive(Debug, Default)]
pub(in crate::check) struct Data {
    listener: Option<TcpListener>,
    channel: Option<Channel>,
    /// The port that was last dialled from, whether or not somebody answered.
    dialled_from: Option<u16>,
    /// One that was cut, until its other side ends too or sends on and on.
    cut: Option<Unread>,
    /// The peer ended the connection where the handshake was due.
    ended: bool,
}

/// How much of what comes behind a cut is taken: more than tickets of TLS are, less than a file.
const TAKEN: u64 = 16 * 1024;

/// Takes a little of what still comes and looks at none of it; ends when this is dropped.
#[derive(Debug)]
struct Unread(JoinHandle<()>);

impl Drop for Unread {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Data {
    /// Waits at this address; returns where.
    pub(in crate::check) fn listen(&mut self, at: IpAddr) -> Result<SocketAddr, String> {
        let address = SocketAddr::new(at, 0);
        let listening = || {
            let socket = socket_for(at)?;
            socket.bind(address)?;
            let listener = socket.listen(4)?;
            let at = listener.local_addr()?;
            Ok((listener, at))
        };
        let (listener, at) = listening()
            .map_err(|error: std::io::Error| format!("cannot listen at {at}: {error}"))?;
        self.listener = Some(listener);
        Ok(at)
    }

    /// Where it listens, if it does.
    pub(in crate::check) fn listening(&self) -> Option<SocketAddr> {
        self.listener.as_ref()?.local_addr().ok()
    }

    /// The port that it dialled from, if it did.
    pub(in crate::check) fn dialled_from(&self) -> Option<u16> {
        self.dialled_from
    }

    /// Whether there is an open connection.
    pub(in crate::check) fn is_open(&self) -> bool {
        self.channel.is_some()
    }

    /// Takes the connection; returns the peer.
    pub(in crate::check) async fn accept(
        &mut self,
        deadline: Instant,
    ) -> Result<SocketAddr, String> {
        let Some(listener) = &self.listener else {
            return Err("the script does not listen: `data listen` must come first".into());
        };
        match timeout_at(deadline, listener.accept()).await {
            Err(_) => Err("nobody connected".into()),
            Ok(Err(error)) => Err(format!("no connection could be accepted: {error}")),
            Ok(Ok((stream, peer))) => {
                self.channel = Some(Channel::Plain(stream));
                Ok(peer)
            }
        }
    }

    /// Nobody connects up to then.
    pub(in crate::check) async fn nobody(&mut self, deadline: Instant) -> Result<(), String> {
        let Some(listener) = &self.listener else {
            return Err("the script does not listen: `data listen` must come first".into());
        };
        match timeout_at(deadline, listener.accept()).await {
            Err(_) => Ok(()),
            Ok(Err(error)) => Err(format!("no connection could be accepted: {error}")),
            Ok(Ok((_, peer))) => Err(format!("a connection from {peer}")),
        }
    }

    /// Connects to the server.
    pub(in crate::check) async fn dial(
        &mut self,
        to: SocketAddr,
        deadline: Instant,
    ) -> Result<(), String> {
        self.connect(to, deadline).await.map_err(|error| {
            if error.kind() == ErrorKind::TimedOut {
                format!("{to} did not answer")
            } else {
                format!("{to}: {error}")
            }
        })
    }

    async fn connect(&mut self, to: SocketAddr, deadline: Instant) -> std::io::Result<()> {
        let socket = || {
            let socket = socket_for(to.ip())?;
            let any: SocketAddr = if to.is_ipv4() {
                ([0, 0, 0, 0], 0).into()
            } else {
                ([0; 8], 0).into()
            };
            // The port is known before there is an answer: the wire may be asked about it.
            socket.bind(any)?;
            let port = socket.local_addr()?.port();
            std::io::Result::Ok((socket, port))
        };
        let (socket, port) = socket()?;
        self.dialled_from = Some(port);
        let connecting = timeout_at(deadline, socket.connect(to)).await;
        let stream = connecting.map_err(|_| std::io::Error::from(ErrorKind::TimedOut))??;
        self.channel = Some(Channel::Plain(stream));
        Ok(())
    }

    /// Whether there is an open connection under TLS.
    pub(in crate::check) fn is_secure(&self) -> bool {
        self.channel.as_ref().is_some_and(Channel::is_secure)
    }

    pub(in crate::check) async fn secure(
        &mut self,
        secure: Secure<'_>,
        deadline: Instant,
    ) -> Result<(), String> {
        let channel = self.channel.take();
        let channel = channel.ok_or("there is no open data connection")?;
        let secured = channel.secured(secure, deadline).await;
        self.ended = secured.as_ref().is_err_and(|why| why.ended);
        self.channel = Some(secured?);
        Ok(())
    }

    /// Whether the peer ended the connection where the handshake was due.
    pub(in crate::check) fn is_ended(&self) -> bool {
        self.ended && self.channel.is_none()
    }

    pub(in crate::check) async fn send(
        &mut self,
        bytes: &[u8],
        deadline: Instant,
    ) -> Result<(), String> {
        let channel = self.open()?;
        match timeout_at(deadline, channel.write_all(bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(format!("the data connection failed: {error}")),
            Err(_) => Err("the other side did not read it".into()),
        }
    }

    /// Bytes of a file of this size, the same in every run.
    pub(in crate::check) async fn send_filled(
        &mut self,
        size: u64,
        deadline: Instant,
    ) -> Result<(), String> {
        const BLOCK: u64 = 256 * 1024;
        let mut sent = 0;
        while sent < size {
            let length = (size - sent).min(BLOCK);
            self.send(&filling(sent, length), deadline).await?;
            sent += length;
        }
        Ok(())
    }

    /// Exactly so many bytes.
    pub(in crate::check) async fn read(
        &mut self,
        size: u64,
        deadline: Instant,
    ) -> Result<(), String> {
        let channel = self.open()?;
        let mut rest = size;
        let mut bytes = vec![0; 64 * 1024];
        while rest > 0 {
            let room = usize::try_from(rest).map_or(bytes.len(), |rest| rest.min(bytes.len()));
            match timeout_at(deadline, channel.read(&mut bytes[..room])).await {
                Err(_) => return Err(format!("only {} bytes came in time", size - rest)),
                Ok(Ok(0)) => {
                    return Err(format!("the connection ended after {} bytes", size - rest));
                }
                Ok(Err(error)) => return Err(format!("the data connection failed: {error}")),
                Ok(Ok(read)) => rest -= read as u64,
            }
        }
        Ok(())
    }

    /// Everything to the end, which must be in order.
    pub(in crate::check) async fn receive(&mut self, deadline: Instant) -> Result<Vec<u8>, String> {
        let channel = self.open()?;
        let mut all = Vec::new();
        let mut bytes = vec![0; 64 * 1024];
        loop {
            match timeout_at(deadline, channel.read(&mut bytes)).await {
                Err(_) => {
                    return Err(format!(
                        "the connection did not end: {} bytes came",
                        all.len()
                    ));
                }
                Ok(Ok(0)) => {
                    // Whoever said goodbye may have gone without waiting for ours.
                    let _ = timeout_at(deadline, channel.say_goodbye()).await;
                    let _ = timeout_at(deadline, channel.leave_first_fin()).await;
                    self.channel = None;
                    return Ok(all);
                }
                Ok(Err(error)) => {
                    return Err(format!(
                        "the connection broke off after {} bytes: {error}",
                        all.len()
                    ));
                }
                Ok(Ok(read)) if all.len() + read > KEPT => {
                    return Err(format!("more than {KEPT} bytes came"));
                }
                Ok(Ok(read)) => all.extend_from_slice(&bytes[..read]),
            }
        }
    }

    /// The peer ends it, whatever comes before.
    pub(in crate::check) async fn closed(&mut self, deadline: Instant) -> Result<(), String> {
        let channel = self.open()?;
        let mut bytes = vec![0; 64 * 1024];
        loop {
            match timeout_at(deadline, channel.read(&mut bytes)).await {
                Err(_) => return Err("the connection is still open".into()),
                Ok(Ok(0)) => {
                    let _ = timeout_at(deadline, channel.leave_first_fin()).await;
                    return Ok(());
                }
                Ok(Err(_)) => return Ok(()),
                Ok(Ok(_)) => {}
            }
        }
    }

    /// Connecting fails, or the connection ends without a byte.
    pub(in crate::check) async fn refused(
        &mut self,
        to: SocketAddr,
        deadline: Instant,
    ) -> Result<(), String> {
        match self.connect(to, deadline).await {
            Ok(()) => {}
            Err(error) if is_refusal(&error) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::TimedOut => {
                return Err(format!("{to} did not answer"));
            }
            Err(error) => return Err(format!("{to}: {error}")),
        }
        let channel = self.open()?;
        let mut bytes = [0; 1024];
        match timeout_at(deadline, channel.read(&mut bytes)).await {
            Err(_) => Err(format!("{to} accepted the connection and kept it")),
            Ok(Err(error)) if !is_refusal(&error) => Err(format!("{to}: {error}")),
            Ok(Ok(0) | Err(_)) => {
                self.channel = None;
                Ok(())
            }
            Ok(Ok(read)) => Err(format!(
                "{to} accepted the connection and sent {read} bytes"
            )),
        }
    }

    /// No more is sent: FIN, under TLS with its goodbye before it.
    pub(in crate::check) async fn shutdown(&mut self, deadline: Instant) -> Result<(), String> {
        match timeout_at(deadline, self.open()?.shutdown()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(format!("the data connection failed: {error}")),
            Err(_) => Err("the data connection could not be ended in time".into()),
        }
    }

    /// In order, both ways.
    pub(in crate::check) async fn close(&mut self, deadline: Instant) -> Result<(), String> {
        let ended = std::mem::take(&mut self.ended);
        if self.channel.is_none() && (self.listener.take().is_some() || ended) {
            return Ok(());
        }
        // What cannot be said to the end is closed all the same.
        let said = self.shutdown(deadline).await;
        if let (Ok(()), Some(channel)) = (&said, &mut self.channel) {
            channel.see_out().await;
        }
        self.channel = None;
        self.listener = None;
        said
    }

    /// FIN, under TLS without its goodbye: as somebody in between would cut it. Who sends a file
    /// on then sees a reset, as nobody takes it.
    pub(in crate::check) fn cut(&mut self) -> Result<(), String> {
        self.open()?;
        if let Some(channel) = self.channel.take() {
            let stream = channel.into_tcp();
            // Who has gone first has seen its end.
            let _ = rustix::net::shutdown(&stream, rustix::net::Shutdown::Write);
            // To close while something is unread, such as the tickets of TLS 1.3, would be an RST.
            self.cut = Some(Unread(tokio::spawn(async move {
                let _ = tokio::io::copy(&mut stream.take(TAKEN), &mut tokio::io::sink()).await;
            })));
        }
        Ok(())
    }

    /// RST.
    pub(in crate::check) fn reset(&mut self) -> Result<(), String> {
        let channel = self.open()?;
        rustix::net::sockopt::set_socket_linger(channel.tcp(), Some(Duration::ZERO))
            .map_err(|error| error.to_string())?;
        self.channel = None;
        Ok(())
    }

    fn open(&mut self) -> Result<&mut Channel, String> {
        let why = if self.ended {
            "the other side ended the data connection where the TLS handshake was due"
        } else {
            "there is no open data connection"
        };
        self.channel.as_mut().ok_or_else(|| why.into())
    }
}

/// Whether the peer said no: not silence, and nothing that went wrong here.
fn is_refusal(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset
    )
}

/// So many bytes of an endless pattern, from this one on: all 256 values, so that no conversion
/// goes unseen, and no part like the next, so that none is missing or doubled unseen.
pub(in crate::check) fn filling(from: u64, size: u64) -> Vec<u8> {
    (from..from + size)
        .map(|at| (at % 251 + at / 251 * 7).to_le_bytes()[0])
        .collect()
}

/// A socket of the kind that can reach this address.
pub(in crate::check) fn socket_for(address: IpAddr) -> std::io::Result<TcpSocket> {
    if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    /// Whoever is told that a connection was cut must not see it reset.
    #[tokio::test]
    async fn what_is_cut_over_unread_bytes_ends_with_a_fin() {
        let peer = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let deadline = Instant::now() + Duration::from_mins(1);
        let mut data = Data::default();
        let to = peer.local_addr().unwrap();
        data.dial(to, deadline).await.unwrap();
        let (mut stream, _) = peer.accept().await.unwrap();
        stream.write_all(b"such as a ticket of TLS").await.unwrap();
        let here = data.channel.as_ref().unwrap().tcp();
        here.readable().await.unwrap();
        data.cut().unwrap();
        assert_eq!(stream.read(&mut [0; 10]).await.unwrap(), 0);
        stream.write_all(b"and more of it").await.unwrap();
    }

    /// Who sends a large file must see that nobody takes the rest of it.
    #[tokio::test]
    async fn what_is_cut_takes_no_more_than_a_little() {
        let peer = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let deadline = Instant::now() + Duration::from_mins(1);
        let mut data = Data::default();
        let to = peer.local_addr().unwrap();
        data.dial(to, deadline).await.unwrap();
        let (mut stream, _) = peer.accept().await.unwrap();
        stream.write_all(&[0; 2000]).await.unwrap();
        data.read(1000, deadline).await.unwrap();
        data.cut().unwrap();
        // More than the buffers of both ends hold.
        let file = vec![0; 128 << 20];
        assert!(stream.write_all(&file).await.is_err());
    }
}
