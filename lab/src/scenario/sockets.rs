//! The sockets of a scenario's two programs: with the ports, sequence numbers, windows and
//! acknowledgements that it asks for.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use client::{Connection, Pending, Sockets};
use rustix::net::{Shutdown as How, shutdown, sockopt};
use script::{LabHost, Network, SERVER, When, Window};
use tokio::net::{TcpListener, TcpStream};

use crate::net::{Acks, SocketPlan, pin_window, set_acks};

/// How long connecting may take: the programs have shorter limits of their own.
const LIMIT: Duration = Duration::from_mins(1);

/// What a receive buffer must be for a window of 65535 in a SYN.
const WIDE: u32 = 100_000;

/// The client's.
#[derive(Debug)]
pub(super) struct ClientSockets {
    late: bool,
    before_closing: bool,
    window: Option<Window>,
    /// Of the first control connection; then it is the kernel's choice.
    control_sequence: Mutex<Option<u32>>,
    /// The same of the first data connection that is dialled.
    data_sequence: Mutex<Option<u32>>,
    /// The control connection, as long as the session has it.
    control: Mutex<Option<OwnedFd>>,
}

impl ClientSockets {
    pub(super) fn new(network: &Network, host: &LabHost) -> Self {
        let client = &network.client;
        Self {
            late: host.acknowledges == Some(When::Late),
            before_closing: client.acknowledges_before_closing,
            window: host.window,
            control_sequence: Mutex::new(client.control_sequence),
            data_sequence: Mutex::new(client.data_sequence),
            control: Mutex::new(None),
        }
    }

    /// Acknowledges now what is not acknowledged on the control connection.
    pub(super) fn acknowledge(&self) -> io::Result<()> {
        self.with_control(|control| set_acks(control, Acks::AtOnce))?;
        self.wait_for_company()
    }

    /// Where the scenario wants acknowledgements late: says it again, as the kernel forgets it.
    pub(super) fn wait_for_company(&self) -> io::Result<()> {
        if self.late {
            self.with_control(|control| set_acks(control, Acks::Delayed))?;
        }
        Ok(())
    }

    /// Ends what is sent on the control connection.
    pub(super) fn shut_down(&self) -> io::Result<()> {
        self.with_control(|control| Ok(shutdown(control, How::Write)?))
    }

    /// Lets the control connection end with a reset, once it is closed.
    pub(super) fn make_reset(&self) -> io::Result<()> {
        self.with_control(|control| Ok(sockopt::set_socket_linger(control, Some(Duration::ZERO))?))
    }

    /// Lets go of the control connection, so that closing it is up to the session.
    pub(super) fn forget(&self) {
        *locked(&self.control) = None;
    }

    fn with_control(&self, act: impl FnOnce(&OwnedFd) -> io::Result<()>) -> io::Result<()> {
        locked(&self.control).as_ref().map_or(Ok(()), act)
    }
}

impl Sockets for ClientSockets {
    fn connect(
        &self,
        connection: Connection,
        local: Option<SocketAddr>,
        peer: SocketAddr,
    ) -> Pending<'_, io::Result<TcpStream>> {
        let sequence = match connection {
            Connection::Control => locked(&self.control_sequence).take(),
            Connection::Data => locked(&self.data_sequence).take(),
        };
        let plan = planned(sequence, self.window, local);
        Box::pin(async move {
            let stream = plan.connect(peer, LIMIT).await?;
            if self.late {
                set_acks(&stream, Acks::Delayed)?;
            }
            if connection == Connection::Control {
                *locked(&self.control) = Some(stream.as_fd().try_clone_to_owned()?);
            }
            Ok(stream)
        })
    }

    fn listen(&self, local: SocketAddr) -> io::Result<TcpListener> {
        let listener = planned(None, self.window, Some(local)).listen()?;
        if self.late {
            // What it accepts begins as it is.
            set_acks(&listener, Acks::Delayed)?;
        }
        Ok(listener)
    }

    fn accepted(&self, data: &TcpStream) -> io::Result<()> {
        if let Some(window) = self.window {
            pin_window(data, window.then)?;
        }
        if self.late {
            set_acks(data, Acks::Delayed)?;
        }
        Ok(())
    }

    fn drained<'a>(&'a self, data: &'a TcpStream) -> Pending<'a, ()> {
        Box::pin(async move {
            if self.before_closing {
                // A connection that has broken has nothing to acknowledge.
                let _ = set_acks(data, Acks::AtOnce);
                let _ = self.acknowledge();
            }
        })
    }
}

/// The server's, for connections that it dials.
#[derive(Debug)]
pub(crate) struct ServerSockets {
    late: bool,
    window: Option<Window>,
    sequence: Mutex<Option<u32>>,
}

impl ServerSockets {
    pub(crate) fn new(network: &Network) -> Self {
        let host = network.host(SERVER);
        Self {
            late: host.is_some_and(|host| host.acknowledges == Some(When::Late)),
            window: host.and_then(|host| host.window),
            sequence: Mutex::new(network.server.data_sequence),
        }
    }

    /// Listens for control connections.
    pub(crate) fn listen(&self, local: SocketAddr) -> io::Result<TcpListener> {
        let listener = planned(None, self.window, Some(local)).listen()?;
        if self.late {
            set_acks(&listener, Acks::Delayed)?;
        }
        Ok(listener)
    }
}

impl server::Dial for ServerSockets {
    fn accepted(&self, control: &TcpStream) -> io::Result<()> {
        // What it has sent so far is the SYN/ACK, with the window of the listener.
        self.window
            .map_or(Ok(()), |window| pin_window(control, window.then))
    }

    fn dial(&self, local: SocketAddr, peer: SocketAddr) -> server::Dialling<'_> {
        let plan = planned(locked(&self.sequence).take(), self.window, Some(local));
        Box::pin(async move { plan.connect(peer, LIMIT).await })
    }
}

fn planned(sequence: Option<u32>, window: Option<Window>, local: Option<SocketAddr>) -> SocketPlan {
    let mut plan = SocketPlan::new();
    if let Some(number) = sequence {
        plan = plan.initial_sequence(number);
    }
    if let Some(Window { first, then }) = window {
        plan = if first == u16::MAX {
            plan.receive_buffer(WIDE)
        } else {
            plan.window_clamp(first.into())
        };
        plan = plan.window_after_syn(then);
    }
    if let Some(local) = local {
        plan = plan.local(local);
    }
    plan
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
