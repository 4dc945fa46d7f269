//! Where the next data connection will be: PORT, PASV, EPRT, EPSV.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};

use proto::{EpsvArgument, HostPort};
use tracing::debug;

use crate::answer::Answer;
use crate::control::Ended;
use crate::data::{DataPort, listen};
use crate::session::Session;

impl Session {
    /// PORT and EPRT. Only to the client itself, and to no privileged port, unless the settings
    /// permit it: else this server could be made to attack others (RFC 2577 §3).
    pub(super) async fn port(&mut self, addr: SocketAddr) -> Result<(), Ended> {
        if self.epsv_only {
            // What EPSV prepared stays: nothing took its place.
            return self.reply(Answer::EpsvOnly).await;
        }
        self.data_port = DataPort::Unset;
        let addr = self.meant(addr);
        let own = addr.ip() == self.control.peer.ip() && addr.port() >= 1024;
        let third = self.config.third_hosts && !addr.ip().is_unspecified() && addr.port() != 0;
        if !own && !third {
            return self.reply(Answer::PortRefused).await;
        }
        // A link-local address means nothing without the interface it is on.
        let addr = match (addr, self.control.peer) {
            (SocketAddr::V6(mut addr), SocketAddr::V6(peer)) => {
                addr.set_scope_id(peer.scope_id());
                SocketAddr::V6(addr)
            }
            (addr, _) => addr,
        };
        self.data_port = DataPort::Active(addr);
        self.reply(Answer::PortSet).await
    }

    /// The address, however it is written; zero may be the client's own.
    fn meant(&self, addr: SocketAddr) -> SocketAddr {
        let ip = addr.ip().to_canonical();
        if self.config.zero_is_client && ip.is_ipv4() && ip.is_unspecified() {
            return SocketAddr::new(self.control.peer.ip(), addr.port());
        }
        if ip == addr.ip() {
            return addr;
        }
        SocketAddr::new(ip, addr.port())
    }

    pub(super) async fn eprt(&mut self, addr: SocketAddr) -> Result<(), Ended> {
        if !self.epsv_only && addr.is_ipv4() != self.control.peer.is_ipv4() {
            self.data_port = DataPort::Unset;
            return self.family_mismatch().await;
        }
        // lftp leaves its IPv6 address unspecified: it can mean its own only.
        let addr = match addr {
            SocketAddr::V6(v6) if v6.ip().is_unspecified() => {
                SocketAddr::new(self.control.peer.ip(), v6.port())
            }
            addr => addr,
        };
        self.port(addr).await
    }

    async fn family_mismatch(&mut self) -> Result<(), Ended> {
        let v4 = self.control.local.is_ipv4();
        self.reply(Answer::FamilyMismatch { v4 }).await
    }

    pub(super) async fn pasv(&mut self) -> Result<(), Ended> {
        if self.epsv_only {
            return self.reply(Answer::EpsvOnly).await;
        }
        self.data_port = DataPort::Unset;
        let IpAddr::V4(local) = self.control.local.ip() else {
            return self.reply(Answer::PassiveNeedsV4).await;
        };
        match self.listen() {
            Some(port) => {
                let shown: Ipv4Addr = self.config.passive_address.unwrap_or(local);
                let host_port = HostPort::from(SocketAddrV4::new(shown, port));
                self.reply(Answer::Passive(host_port)).await
            }
            None => self.reply(Answer::ListenFailed).await,
        }
    }

    pub(super) async fn epsv(&mut self, argument: Option<EpsvArgument>) -> Result<(), Ended> {
        let is_v4 = self.control.local.is_ipv4();
        match argument {
            Some(EpsvArgument::All) => {
                self.epsv_only = true;
                return self.reply(Answer::EpsvAll).await;
            }
            Some(EpsvArgument::V4) if !is_v4 => return self.family_mismatch().await,
            Some(EpsvArgument::V6) if is_v4 => return self.family_mismatch().await,
            _ => {}
        }
        self.data_port = DataPort::Unset;
        match self.listen() {
            Some(port) => self.reply(Answer::ExtendedPassive(port)).await,
            None => self.reply(Answer::ListenFailed).await,
        }
    }

    /// ABOR with no transfer: what waits for one is closed too (RFC 959 §3.2, RFC 2428 §3).
    pub(super) async fn abor(&mut self) -> Result<(), Ended> {
        self.data_port = DataPort::Unset;
        self.reply(Answer::AbortDone).await
    }

    /// Listens where the control connection came in, and says on which port.
    fn listen(&mut self) -> Option<u16> {
        debug!(target: "ftplab::server", session = self.control.session, "listen()");
        let listening = listen(&self.config, self.control.local)
            .and_then(|listener| Ok((listener.port()?, listener)));
        match listening {
            Ok((port, listener)) => {
                self.data_port = DataPort::Passive(listener);
                Some(port)
            }
            Err(error) => {
                tracing::warn!(
                    target: "ftplab::server",
                    session = self.control.session,
                    %error,
                    "listen() failed"
                );
                None
            }
        }
    }
}
