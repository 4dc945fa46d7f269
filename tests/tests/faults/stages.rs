//! How far a client comes before it is cut.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::peer::{Cut, Data, Peer, client_hello};
use crate::served::Served;

/// The moment of a session at which it is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Connected,
    Greeted,
    MidLine,
    Named,
    LoggedIn,
    MidCommand,
    Passive,
    PassiveDialled,
    Active,
    RenameFrom,
    /// RETR without a data connection: the server waits for it.
    RetrAlone,
    /// RETR where the server has dialled a port that nobody accepts on.
    RetrActive,
    RetrOpen,
    RetrAmid,
    RetrText,
    StorAlone,
    StorOpen,
    StorFew,
    StorAmid,
    StorText,
    StorUnique,
    AppeAmid,
    ListOpen,
    StatDuring,
    AborRetr,
    AborStor,
    /// A command waits for the transfer's end.
    Queued,
    AuthAccepted,
    AuthHello,
    TlsLoggedIn,
    TlsDataSilent,
    TlsDataHello,
    TlsRetrAmid,
    TlsStorAmid,
    TlsStorUnended,
}

/// What a client has open.
#[derive(Default)]
pub(crate) struct Open {
    pub(crate) control: Option<Peer>,
    pub(crate) data: Option<Data>,
    socket: Option<TcpStream>,
    listener: Option<TcpListener>,
}

impl Stage {
    pub(crate) const ALL: [Self; 35] = [
        Self::Connected,
        Self::Greeted,
        Self::MidLine,
        Self::Named,
        Self::LoggedIn,
        Self::MidCommand,
        Self::Passive,
        Self::PassiveDialled,
        Self::Active,
        Self::RenameFrom,
        Self::RetrAlone,
        Self::RetrActive,
        Self::RetrOpen,
        Self::RetrAmid,
        Self::RetrText,
        Self::StorAlone,
        Self::StorOpen,
        Self::StorFew,
        Self::StorAmid,
        Self::StorText,
        Self::StorUnique,
        Self::AppeAmid,
        Self::ListOpen,
        Self::StatDuring,
        Self::AborRetr,
        Self::AborStor,
        Self::Queued,
        Self::AuthAccepted,
        Self::AuthHello,
        Self::TlsLoggedIn,
        Self::TlsDataSilent,
        Self::TlsDataHello,
        Self::TlsRetrAmid,
        Self::TlsStorAmid,
        Self::TlsStorUnended,
    ];

    /// Brings a new client to this moment. What it uploads is called `cut`.
    pub(crate) fn reach(self, served: &Served) -> Open {
        let mut open = Open::default();
        let mut peer = Peer::connect(served.addr);
        if self != Self::Connected {
            peer.expect(220);
        }
        match self {
            Self::Connected | Self::Greeted => {}
            Self::MidLine => peer.send("USE"),
            Self::Named => drop(peer.ask("USER ann", 331)),
            Self::AuthAccepted => drop(peer.ask("AUTH TLS", 234)),
            Self::AuthHello => {
                peer.ask("AUTH TLS", 234);
                let hello = client_hello(&served.certificate);
                peer.send(&hello[..hello.len() / 2]);
            }
            _ => self.log_in_and_reach(served, &mut peer, &mut open),
        }
        open.control = Some(peer);
        open
    }

    fn log_in_and_reach(self, served: &Served, peer: &mut Peer, open: &mut Open) {
        if self.is_secure() {
            peer.secure(&served.certificate);
        }
        peer.login();
        if self.is_secure() && self != Self::TlsLoggedIn {
            peer.ask("PBSZ 0", 200);
            peer.ask("PROT P", 200);
        }
        match self {
            Self::MidCommand => peer.send("RETR dow"),
            Self::Passive => drop(peer.passive()),
            Self::PassiveDialled => open.socket = Some(peer.dial()),
            Self::Active => open.listener = Some(peer.port()),
            Self::RenameFrom => drop(peer.ask("RNFR small-1", 350)),
            Self::RetrAlone | Self::StorAlone => {
                peer.passive();
                peer.ask(
                    if self == Self::RetrAlone {
                        "RETR down.bin"
                    } else {
                        "STOR cut"
                    },
                    150,
                );
            }
            Self::RetrActive => {
                open.listener = Some(peer.port());
                peer.ask("RETR down.bin", 150);
            }
            Self::RetrOpen => open.data = Some(peer.begin("RETR down.bin")),
            Self::RetrText => {
                peer.ask("TYPE A", 200);
                open.data = Some(begin_reading(peer, "RETR down.bin"));
            }
            Self::RetrAmid | Self::TlsRetrAmid => {
                open.data = Some(begin_reading(peer, "RETR down.bin"));
            }
            Self::StatDuring => {
                open.data = Some(begin_reading(peer, "RETR down.bin"));
                peer.send("STAT\r\n");
            }
            Self::Queued => {
                open.data = Some(begin_reading(peer, "RETR down.bin"));
                peer.send("STOR cut\r\nDELE none\r\nPASV\r\nSTOR cut\r\n");
            }
            Self::AborRetr => {
                open.data = Some(begin_reading(peer, "RETR down.bin"));
                peer.send("ABOR\r\n");
            }
            Self::AborStor => {
                open.data = Some(begin_writing(peer, "STOR cut", AMID));
                peer.send("ABOR\r\n");
            }
            Self::StorOpen => open.data = Some(peer.begin("STOR cut")),
            Self::StorFew => open.data = Some(begin_writing(peer, "STOR cut", 5)),
            Self::StorAmid | Self::TlsStorAmid => {
                open.data = Some(begin_writing(peer, "STOR cut", AMID));
            }
            Self::StorText => {
                peer.ask("TYPE A", 200);
                open.data = Some(begin_writing(peer, "STOR cut", AMID));
            }
            Self::StorUnique => open.data = Some(begin_writing(peer, "STOU", AMID)),
            Self::AppeAmid => open.data = Some(begin_writing(peer, "APPE cut", AMID)),
            Self::ListOpen => open.data = Some(peer.begin("LIST")),
            Self::TlsDataSilent | Self::TlsDataHello => {
                let mut socket = peer.dial();
                peer.ask("STOR cut", 150);
                if self == Self::TlsDataHello {
                    let hello = client_hello(&served.certificate);
                    socket.write_all(&hello[..hello.len() / 2]).unwrap();
                }
                open.socket = Some(socket);
            }
            // Everything that was to come, but not the alert that says so.
            Self::TlsStorUnended => {
                open.data = Some(begin_writing(peer, "STOR cut", 1000));
            }
            _ => {}
        }
    }

    const fn is_secure(self) -> bool {
        matches!(
            self,
            Self::TlsLoggedIn
                | Self::TlsDataSilent
                | Self::TlsDataHello
                | Self::TlsRetrAmid
                | Self::TlsStorAmid
                | Self::TlsStorUnended
        )
    }
}

/// More than is worth a pipe, so that the server is past its first reads.
const AMID: usize = 300_000;

fn begin_reading(peer: &mut Peer, command: &str) -> Data {
    let mut data = peer.begin(command);
    data.read_exact(&mut [0; 1000]).unwrap();
    data
}

fn begin_writing(peer: &mut Peer, command: &str, count: usize) -> Data {
    let mut data = peer.begin(command);
    data.write_all(&vec![b'x'; count]).unwrap();
    data.flush().unwrap();
    data
}

impl Open {
    /// Its connections.
    pub(crate) fn sockets(&self) -> impl Iterator<Item = &TcpStream> {
        let control = self.control.as_ref().map(|peer| &peer.socket);
        let data = self.data.as_ref().map(|data| &data.socket);
        [control, data, self.socket.as_ref()].into_iter().flatten()
    }

    /// Ends all of it; the control connection first, as nothing else tells half an upload from a
    /// whole one, and this process may lose the CPU for any time between the two.
    pub(crate) fn cut(self, cut: Cut) {
        let control = self.control.map(|peer| {
            cut.begin(&peer.socket);
            peer.socket.try_clone().unwrap()
        });
        let data = self.data.map(|data| data.socket).or(self.socket);
        if let Some(data) = &data {
            cut.begin(data);
        }
        let mut sockets = [control, data];
        if cut == Cut::Fin {
            // Both have ended on our side; the server ends the control connection only when all
            // of the data was taken.
            sockets.reverse();
        }
        for socket in sockets.into_iter().flatten() {
            cut.end(socket);
        }
    }
}
