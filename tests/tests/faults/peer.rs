//! A client by hand, which can leave at any moment and in any way.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use ftplab_tests::LIMIT;
use rustix::net::sockopt;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// A connection, in clear text or under TLS.
trait Wire: Read + Write + Send {}
impl<T: Read + Write + Send> Wire for T {}

/// A client's control connection.
pub(crate) struct Peer {
    /// The connection itself, to be cut.
    pub(crate) socket: TcpStream,
    lines: BufReader<Box<dyn Wire>>,
    tls: Option<Arc<ClientConfig>>,
}

/// A client's data connection.
pub(crate) struct Data {
    /// The connection itself, to be cut.
    pub(crate) socket: TcpStream,
    tls: Option<Box<StreamOwned<ClientConnection, TcpStream>>>,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// We send no more, and wait for the other side to end as well.
    Fin,
    /// A reset.
    Rst,
    /// Whatever the kernel makes of `close`: a FIN, or a reset when bytes are unread.
    Close,
}

impl Cut {
    pub(crate) const ALL: [Self; 3] = [Self::Fin, Self::Rst, Self::Close];

    /// Sends the FIN or the reset; the reset goes when `socket` and all its copies are dropped.
    pub(crate) fn begin(self, socket: &TcpStream) {
        match self {
            // The server may have been first.
            Self::Fin => drop(socket.shutdown(Shutdown::Write)),
            Self::Rst => sockopt::set_socket_linger(socket, Some(Duration::ZERO)).unwrap(),
            Self::Close => {}
        }
    }

    /// After a FIN, waits for the server's; what comes before it is not looked at.
    pub(crate) fn end(self, mut socket: TcpStream) {
        if self == Self::Fin {
            let mut bytes = vec![0; 1 << 16];
            while matches!(socket.read(&mut bytes), Ok(1..)) {}
        }
    }
}

impl Peer {
    pub(crate) fn connect(addr: SocketAddr) -> Self {
        let socket = TcpStream::connect(addr).unwrap();
        socket.set_read_timeout(Some(LIMIT)).unwrap();
        socket.set_write_timeout(Some(LIMIT)).unwrap();
        socket.set_nodelay(true).unwrap();
        Self {
            lines: BufReader::new(Box::new(socket.try_clone().unwrap())),
            socket,
            tls: None,
        }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.lines.get_mut().write_all(bytes.as_ref()).unwrap();
        self.lines.get_mut().flush().unwrap();
    }

    /// The next reply, whole; or what the connection ended with.
    pub(crate) fn try_reply(&mut self) -> std::io::Result<String> {
        let mut reply = String::new();
        loop {
            let begin = reply.len();
            if self.lines.read_line(&mut reply)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let line = &reply.as_bytes()[begin..];
            if line.len() > 3 && line[..3].iter().all(u8::is_ascii_digit) && line[3] == b' ' {
                return Ok(reply);
            }
        }
    }

    #[track_caller]
    pub(crate) fn expect(&mut self, code: u16) -> String {
        let reply = self.try_reply().unwrap();
        assert_eq!(reply[..3], code.to_string(), "{reply}");
        reply
    }

    #[track_caller]
    pub(crate) fn ask(&mut self, line: &str, code: u16) -> String {
        self.send(format!("{line}\r\n"));
        let reply = self.try_reply().unwrap();
        assert_eq!(reply[..3], code.to_string(), "{line}: {reply}");
        reply
    }

    /// Asserts that the server has closed the connection, and said nothing more.
    #[track_caller]
    pub(crate) fn expect_closed(&mut self) {
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
    }

    pub(crate) fn login(&mut self) {
        self.ask("USER ann", 331);
        self.ask("PASS secret", 230);
        self.ask("TYPE I", 200);
    }

    /// AUTH TLS and the handshake.
    pub(crate) fn secure(&mut self, certificate: &[u8]) {
        self.ask("AUTH TLS", 234);
        let config = tls(certificate);
        let wire = StreamOwned::new(handshake(&config), self.socket.try_clone().unwrap());
        self.lines = BufReader::new(Box::new(wire));
        self.tls = Some(config);
    }

    /// PASV, and where it leads.
    pub(crate) fn passive(&mut self) -> SocketAddr {
        let reply = self.ask("PASV", 227);
        let addr = proto::HostPort::parse_227(&reply.as_bytes()[4..]).unwrap();
        addr.addr().into()
    }

    /// PASV and the connection, still in clear text.
    pub(crate) fn dial(&mut self) -> TcpStream {
        let socket = TcpStream::connect(self.passive()).unwrap();
        socket.set_read_timeout(Some(LIMIT)).unwrap();
        socket.set_write_timeout(Some(LIMIT)).unwrap();
        socket
    }

    /// PORT with an address where somebody listens.
    pub(crate) fn port(&mut self) -> TcpListener {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let [high, low] = listener.local_addr().unwrap().port().to_be_bytes();
        self.ask(&format!("PORT 127,0,0,1,{high},{low}"), 200);
        listener
    }

    /// The data connection of a transfer that has begun, under TLS if the control connection is.
    pub(crate) fn data(&self, socket: TcpStream) -> Data {
        let tls = self.tls.as_ref().map(|config| {
            let copy = socket.try_clone().unwrap();
            Box::new(StreamOwned::new(handshake(config), copy))
        });
        Data { socket, tls }
    }

    /// PASV, the connection, and a command that begins a transfer.
    #[track_caller]
    pub(crate) fn begin(&mut self, command: &str) -> Data {
        let socket = self.dial();
        self.ask(command, 150);
        self.data(socket)
    }

    #[track_caller]
    pub(crate) fn fetch(&mut self, command: &str) -> Vec<u8> {
        let mut data = self.begin(command);
        let mut bytes = Vec::new();
        data.read_to_end(&mut bytes).unwrap();
        self.expect(226);
        bytes
    }

    #[track_caller]
    pub(crate) fn store(&mut self, name: &str, content: &[u8]) {
        let mut data = self.begin(&format!("STOR {name}"));
        data.write_all(content).unwrap();
        data.close();
        self.expect(226);
    }
}

impl Data {
    /// Ends the data as it should be ended.
    pub(crate) fn close(mut self) {
        if let Some(tls) = &mut self.tls {
            tls.conn.send_close_notify();
            tls.flush().unwrap();
        }
    }
}

impl Read for Data {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        match &mut self.tls {
            Some(tls) => tls.read(bytes),
            None => self.socket.read(bytes),
        }
    }
}

impl Write for Data {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match &mut self.tls {
            Some(tls) => tls.write(bytes),
            None => self.socket.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match &mut self.tls {
            Some(tls) => tls.flush(),
            None => self.socket.flush(),
        }
    }
}

/// Trusts this certificate alone.
fn tls(certificate: &[u8]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from(certificate.to_vec()))
        .unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

fn handshake(config: &Arc<ClientConfig>) -> ClientConnection {
    ClientConnection::new(Arc::clone(config), "localhost".try_into().unwrap()).unwrap()
}

/// The first message of a handshake, as bytes.
pub(crate) fn client_hello(certificate: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    handshake(&tls(certificate)).write_tls(&mut bytes).unwrap();
    bytes
}
