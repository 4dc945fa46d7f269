//! The lines `data …` of a script that plays the client.

use std::net::SocketAddr;

use script::{DataStep, Template};
use tokio::time::Instant;

use super::{Found, Got, Player};
use crate::check::data::Data;
use crate::check::watch::Whose;

impl Player<'_> {
    /// Plays a line `data …`.
    pub(super) async fn data_step(&mut self, name: &str, step: &DataStep) -> Found {
        let limit = match step {
            DataStep::Accept { within, .. } | DataStep::Closed(within) => *within,
            DataStep::NoConnection(within) => Some(*within),
            _ => None,
        };
        let deadline = Instant::now() + limit.unwrap_or(self.limit);
        let mut data = self.data.remove(name).unwrap_or_default();
        let found = self.with_data(name, &mut data, step, deadline).await;
        if let Some(at) = data.listening() {
            self.ends.add_data(at, &self.session, name);
        }
        if let (Some(port), Some(control)) = (data.dialled_from(), self.controls.get(&self.session))
        {
            let from = SocketAddr::new(control.local.ip(), port);
            self.ends.add_data(from, &self.session, name);
        }
        if let (DataStep::Accept { .. } | DataStep::Dial(_), Some(control)) =
            (step, self.controls.get_mut(&self.session))
        {
            name.clone_into(&mut control.data);
        }
        self.data.insert(name.to_owned(), data);
        found
    }

    /// What must have come before a line, whatever the server did.
    fn fits(&mut self, data: &Data, step: &DataStep) -> Found {
        let what = match step {
            DataStep::Accept { .. } | DataStep::NoConnection(_) if data.listening().is_none() => {
                "the script does not listen: `data listen` must come first"
            }
            DataStep::Dial(None) | DataStep::DialRefused(None)
                if !self.control()?.asked_passive =>
            {
                "nowhere to connect to: PASV or EPSV must come first"
            }
            DataStep::Read(_)
            | DataStep::Receive(_)
            | DataStep::Send(_)
            | DataStep::SendFilled(_)
            | DataStep::Shutdown
            | DataStep::Cut
            | DataStep::Reset
            | DataStep::Closed(_)
            | DataStep::Tls
                if !data.is_open() =>
            {
                "no open data connection: `data accept` or `data dial` must come first"
            }
            _ => return Ok(()),
        };
        Err(Got::Mistake(what.into()))
    }

    async fn with_data(
        &mut self,
        name: &str,
        data: &mut Data,
        step: &DataStep,
        deadline: Instant,
    ) -> Found {
        if !data.is_ended() {
            self.fits(data, step)?;
        }
        if self.is_handshake_due(data, step) {
            let secured = self.secure_data(data, deadline).await;
            if !data.is_ended() {
                secured?;
            }
        }
        if data.is_ended() && matches!(step, DataStep::Closed(_)) {
            return Ok(());
        }
        match step {
            DataStep::Listen(address) => {
                let at = match address {
                    None => self.control()?.local.ip(),
                    Some(address) => self.address(address)?,
                };
                let at = data.listen(at)?;
                if let SocketAddr::V4(at) = at {
                    self.set("port_arg", proto::HostPort::from(at).to_string());
                }
                self.set("eprt_arg", proto::encode_eprt(at));
                self.set("host", at.ip().to_string());
                self.set("port", at.port().to_string());
                let [high, low] = at.port().to_be_bytes();
                self.set("port_high", high.to_string());
                self.set("port_low", low.to_string());
            }
            DataStep::Accept { from_port, .. } => {
                let peer = data.accept(deadline).await?;
                if peer.ip() != self.target.server.ip() {
                    return Err(format!("a connection from {peer}").into());
                }
                if let Some(port) = from_port {
                    let port = self.fill(port)?;
                    if peer.port().to_string().as_bytes() != port {
                        return Err(format!("a connection from port {}", peer.port()).into());
                    }
                }
            }
            DataStep::NoConnection(_) => {
                data.nobody(deadline).await?;
            }
            DataStep::Dial(to) => {
                let to = self.where_to(to.as_ref())?;
                data.dial(to, deadline).await?;
            }
            DataStep::DialRefused(to) => {
                let to = self.where_to(to.as_ref())?;
                data.refused(to, deadline).await?;
            }
            DataStep::Read(size) => data.read(*size, deadline).await?,
            DataStep::Receive(contents) => {
                let bytes = data.receive(deadline).await?;
                self.say_data(name, ["data from S", "from S"], &bytes);
                self.hold(&bytes, contents).await?;
            }
            DataStep::Send(bytes) => {
                let bytes = self.fill(bytes)?;
                self.say_data(name, ["data from C", "from C"], &bytes);
                data.send(&bytes, deadline).await?;
            }
            DataStep::SendFilled(size) => data.send_filled(*size, deadline).await?,
            DataStep::Shutdown => data.shutdown(deadline).await?,
            DataStep::Close => data.close(deadline).await?,
            DataStep::Cut => data.cut()?,
            DataStep::Reset => data.reset()?,
            DataStep::Closed(_) => data.closed(deadline).await?,
            DataStep::Tls => self.secure_data(data, deadline).await?,
        }
        Ok(())
    }

    /// Puts what went over a data connection into the dialogue, with its name where it has one.
    fn say_data(&mut self, name: &str, [mark, behind_name]: [&'static str; 2], bytes: &[u8]) {
        if name.is_empty() {
            return self.dialogue.say(&self.session, mark, bytes);
        }
        let whose = Whose {
            session: self.session.clone(),
            data: name.to_owned(),
        };
        self.dialogue.say(&whose.to_string(), behind_name, bytes);
    }

    /// Where a data connection is opened to.
    fn where_to(&mut self, to: Option<&(Template, Template)>) -> Result<SocketAddr, Got> {
        let Some((host, port)) = to else {
            return self.control()?.passive.ok_or_else(|| {
                Got::Instead("no reply 227 or 229 said where the server listens".into())
            });
        };
        let host = self.address(host)?;
        let port = self.fill(port)?;
        let port = String::from_utf8_lossy(&port).parse();
        let port = port.map_err(|_| "a port that is no number".to_owned())?;
        Ok(SocketAddr::new(host, port))
    }

    fn address(&self, template: &Template) -> Result<std::net::IpAddr, Got> {
        let text = self.fill(template)?;
        let text = String::from_utf8_lossy(&text);
        text.parse()
            .map_err(|_| Got::Instead(format!("`{text}`, which is no address")))
    }
}
