//! The lines of `on VERB … end`.

use std::time::Duration;

use script::{DataStep, Handler, StepKind, step_in_words};
use tokio::time::{Instant, timeout_at};

use super::fault;
use super::session::{Flow, Session};
use super::usual::is_transfer;
use crate::check::content;
use crate::check::data::Data;
use crate::check::play::MAX_VALUE;

/// Why a handler breaks off.
enum Broken {
    /// The client has gone, or does not listen any more: it may.
    Left(String),
    /// The client did not do its part.
    Wrong(String),
}

impl Session {
    /// Plays a handler.
    pub(super) async fn handle(&mut self, handler: &Handler) -> Flow {
        for step in &handler.steps {
            let done = match &step.kind {
                StepKind::Reply(line) => match self.fill(line) {
                    Ok(line) if self.reply(&line).await == Flow::Over => {
                        Err(Broken::Left("the client has gone".into()))
                    }
                    Ok(_) => Ok(()),
                    Err(why) => Err(Broken::Wrong(why)),
                },
                StepKind::ReplyRaw(bytes) => match self.fill(bytes) {
                    Ok(bytes) if self.reply_raw(&bytes).await == Flow::Over => {
                        Err(Broken::Left("the client has gone".into()))
                    }
                    Ok(_) => Ok(()),
                    Err(why) => Err(Broken::Wrong(why)),
                },
                // A client may refuse what it is shown.
                StepKind::Tls(certificate) => self.secure(*certificate).await.map_err(Broken::Left),
                StepKind::Wait(time) => {
                    tokio::time::sleep(*time).await;
                    Ok(())
                }
                StepKind::Set { name, value } => match self.fill(value) {
                    Ok(value) if value.len() > MAX_VALUE => Err(Broken::Wrong(format!(
                        "a value of more than {MAX_VALUE} bytes"
                    ))),
                    Ok(value) => {
                        self.set(name, value);
                        Ok(())
                    }
                    Err(why) => Err(Broken::Wrong(why)),
                },
                StepKind::Hangup { reset } => {
                    self.hang_up(*reset).await;
                    return Flow::Over;
                }
                StepKind::Data { step, .. } => self.data_step(step).await,
                // The parser lets nothing else into a handler.
                other => Err(Broken::Wrong(step_in_words(other))),
            };
            match done {
                Ok(()) => {}
                Err(Broken::Left(why)) => {
                    self.say("!", why.as_bytes());
                    return Flow::Over;
                }
                Err(Broken::Wrong(got)) => {
                    let expected = step_in_words(&step.kind);
                    self.stage.wrong(fault(step.at, expected, got));
                    return Flow::Over;
                }
            }
        }
        if handler.verbs.iter().any(|verb| is_transfer(verb)) {
            // Each transfer has a data connection of its own (RFC 959 §3.3).
            self.data = Data::default();
            self.active = None;
        }
        Flow::On
    }

    async fn hang_up(&mut self, reset: bool) {
        let Some(mut channel) = self.channel.take() else {
            return;
        };
        if reset {
            // Where it cannot be set, the connection ends in order.
            let _ = rustix::net::sockopt::set_socket_linger(channel.tcp(), Some(Duration::ZERO));
        } else {
            let deadline = Instant::now() + self.stage.limit;
            // The client may have gone first.
            let _ = timeout_at(deadline, channel.shutdown()).await;
        }
    }

    fn fill(&self, template: &script::Template) -> Result<Vec<u8>, String> {
        content::fill(template, &self.stage.said().variables)
    }

    async fn data_step(&mut self, step: &DataStep) -> Result<(), Broken> {
        let deadline = Instant::now() + self.stage.limit;
        let own = matches!(
            step,
            DataStep::Listen(_)
                | DataStep::Accept { .. }
                | DataStep::NoConnection(_)
                | DataStep::Dial(_)
                | DataStep::DialRefused(_)
        );
        if !own {
            self.open_data().await.map_err(Broken::Wrong)?;
        }
        match step {
            DataStep::Listen(address) => {
                let at = match address {
                    None => self.server.ip(),
                    Some(address) => self.address(address)?,
                };
                self.listen(at).map(drop).map_err(Broken::Wrong)
            }
            DataStep::Accept { from_port, within } => {
                let deadline = within.map_or(deadline, |within| Instant::now() + within);
                let peer = self.data.accept(deadline).await.map_err(Broken::Wrong)?;
                if let Some(port) = from_port {
                    let port = self.fill(port).map_err(Broken::Wrong)?;
                    if peer.port().to_string().as_bytes() != port {
                        let got = format!("a connection from port {}", peer.port());
                        return Err(Broken::Wrong(got));
                    }
                }
                Ok(())
            }
            DataStep::NoConnection(within) => {
                match self.data.accept(Instant::now() + *within).await {
                    Ok(peer) => Err(Broken::Wrong(format!("a connection from {peer}"))),
                    Err(_) => Ok(()),
                }
            }
            DataStep::Dial(None) => self.open_data().await.map_err(Broken::Wrong),
            DataStep::Dial(Some((host, port))) => {
                let host = self.address(host)?;
                let port = self.fill(port).map_err(Broken::Wrong)?;
                let port = String::from_utf8_lossy(&port).parse();
                let port = port.map_err(|_| Broken::Wrong("a port that is no number".into()))?;
                let dialled = self.data.dial((host, port).into(), deadline).await;
                dialled.map_err(Broken::Wrong)
            }
            DataStep::DialRefused(_) => {
                let Some(to) = self.active.take() else {
                    let got = "the client sent no PORT or EPRT".to_owned();
                    return Err(Broken::Wrong(got));
                };
                let refused = self.data.refused(to, deadline).await;
                refused.map_err(Broken::Wrong)
            }
            DataStep::Read(size) => {
                let read = self.data.read(*size, deadline).await;
                read.map_err(Broken::Wrong)
            }
            DataStep::Receive(contents) => {
                let bytes = self.data.receive(deadline).await.map_err(Broken::Wrong)?;
                self.say("data from C", &bytes);
                let mut said = self.stage.said();
                for wanted in contents {
                    let other = match wanted {
                        script::Content::OfFile(name) => {
                            let name = content::fill(name, &said.variables);
                            let path = super::files::resolve(b"/", &name.map_err(Broken::Wrong)?);
                            said.files.file(&path)
                        }
                        _ => None,
                    };
                    let other = other.as_ref().map(|file| file.as_slice());
                    content::holds(&bytes, wanted, other, &mut said.variables)
                        .map_err(Broken::Wrong)?;
                }
                Ok(())
            }
            DataStep::Send(bytes) => {
                let bytes = self.fill(bytes).map_err(Broken::Wrong)?;
                self.say("data from S", &bytes);
                // A client may hang up when it has enough.
                self.data.send(&bytes, deadline).await.map_err(Broken::Left)
            }
            DataStep::SendFilled(size) => {
                let sent = self.data.send_filled(*size, deadline).await;
                sent.map_err(Broken::Left)
            }
            DataStep::Shutdown => self.data.shutdown(deadline).await.map_err(Broken::Left),
            DataStep::Close => {
                // A client that has gone is closed all the same.
                let _ = self.data.close(deadline).await;
                Ok(())
            }
            DataStep::Cut => self.data.cut().map_err(Broken::Wrong),
            DataStep::Reset => self.data.reset().map_err(Broken::Wrong),
            DataStep::Closed(within) => {
                let deadline = within.map_or(deadline, |within| Instant::now() + within);
                self.data.closed(deadline).await.map_err(Broken::Wrong)
            }
            // The parser lets none into a handler.
            DataStep::Tls => Err(Broken::Wrong("a line that has no place here".into())),
        }
    }

    fn address(&self, template: &script::Template) -> Result<std::net::IpAddr, Broken> {
        let text = self.fill(template).map_err(Broken::Wrong)?;
        let text = String::from_utf8_lossy(&text);
        text.parse()
            .map_err(|_| Broken::Wrong(format!("`{text}`, which is no address")))
    }
}
