//! The client's part of a scenario, on the client's host: step by step, from the first packet on.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use client::{ClientError, DataMode, Options, Session};
use proto::{Format, Reply, TypeCode};
use script::{
    CLIENT, ClientStep, ConnectFrom, LabStep, Mode, ReplyExpected, Step, StepKind, Variables,
};

use super::sockets::ClientSockets;
use super::{Router, Scenario, expect, probe, rules};
use crate::net::Lookup;

/// Where a scenario is played.
#[derive(Clone, Debug)]
pub(crate) struct Ground {
    /// Where the server listens.
    pub(crate) server: SocketAddr,
    /// The client's address.
    pub(crate) local: Ipv4Addr,
    /// Who is asked for names.
    pub(crate) resolver: Option<SocketAddr>,
    /// The router, where it can be told something.
    pub(crate) router: Option<Router>,
    /// The client's files.
    pub(crate) folder: PathBuf,
    /// Whether the network is the scenario's own, so that sockets can be as it wants.
    pub(crate) own: bool,
}

/// A session that is still open when the capture ends.
#[derive(Debug)]
pub(crate) struct Open {
    _session: Option<Session>,
    _sockets: Arc<ClientSockets>,
}

/// What happens while the steps are played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The step at this place in the list begins.
    Step(usize),
    /// From now on the router reads FTP.
    RouterReads,
}

/// How long the client waits for a reply, and for data, before it says so and fails.
const PATIENCE: Duration = Duration::from_secs(25);

/// Plays all steps, or those up to `capture ends`: then what is open stays so.
///
/// # Errors
/// The step that failed, by file and line, and why.
pub(crate) async fn play(
    scenario: &Scenario,
    ground: Ground,
    tell: &dyn Fn(Progress),
) -> Result<Option<Open>, String> {
    let network = &scenario.network;
    let host = network.host(CLIENT).ok_or("there is no client")?;
    let mut player = Player {
        sockets: Arc::new(ClientSockets::new(network, host)),
        scenario,
        ground,
        address: None,
        session: None,
        reply: None,
        tell,
    };
    for (place, step) in scenario.script.steps.iter().enumerate() {
        tell(Progress::Step(place));
        match player.step(step).await {
            Ok(false) => {}
            Ok(true) => {
                return Ok(Some(Open {
                    _session: player.session,
                    _sockets: player.sockets,
                }));
            }
            Err(error) => return Err(scenario.at(step, error.0)),
        }
    }
    Ok(None)
}

struct Player<'a> {
    scenario: &'a Scenario,
    ground: Ground,
    sockets: Arc<ClientSockets>,
    /// What the resolver said.
    address: Option<IpAddr>,
    session: Option<Session>,
    /// To the last command.
    reply: Option<Reply>,
    tell: &'a dyn Fn(Progress),
}

impl Player<'_> {
    /// Whether that was the last step.
    async fn step(&mut self, step: &Step) -> Result<bool, Wrong> {
        match &step.kind {
            StepKind::Lab(LabStep::CaptureEnds) => return Ok(true),
            StepKind::Lab(LabStep::Resolve { name, from_port }) => {
                self.resolve(name, *from_port).await?;
            }
            StepKind::Lab(LabStep::RouterReadsFtp) => {
                let router = self.ground.router.as_ref().ok_or("there is no router")?;
                router.change(rules(&self.scenario.network, true)).await?;
                (self.tell)(Progress::RouterReads);
            }
            StepKind::Lab(LabStep::Client(ClientStep::Fails(step))) => self.fails(step).await?,
            StepKind::Lab(LabStep::Client(step)) => self.client(step).await?,
            StepKind::Send(line) => {
                let line = line.fill(&Variables::new())?;
                self.sockets.wait_for_company()?;
                self.reply = Some(self.session()?.quote(line).await?);
            }
            StepKind::Expect(expected) => self.expect(expected)?,
            StepKind::Wait(time) => tokio::time::sleep(*time).await,
            _ => return Err("a step that has no place in a scenario".to_owned().into()),
        }
        Ok(false)
    }

    async fn resolve(&mut self, name: &str, from_port: Option<u16>) -> Result<(), Wrong> {
        /// Until a resolver that is silent has failed.
        const RESOLVER: Duration = Duration::from_secs(5);
        let resolver = self.ground.resolver.ok_or("the network has no resolver")?;
        let mut lookup = Lookup::new(name);
        if let Some(port) = from_port {
            lookup = lookup.from(SocketAddr::new(self.ground.local.into(), port));
        }
        let host = self.scenario.network.host(CLIENT);
        if let Some(forbid) = host.and_then(|host| host.udp_dont_fragment) {
            lookup = lookup.dont_fragment(forbid);
        }
        let resolved = lookup.ask(resolver, RESOLVER).await?;
        self.address = resolved.addresses.first().copied();
        Ok(())
    }

    async fn connect(&mut self, from: &ConnectFrom) -> Result<(), Wrong> {
        let client = &self.scenario.network.client;
        let port = from.port.or(client.control_port).unwrap_or(0);
        let local = from.address.unwrap_or(self.ground.local);
        let usual = Options::default();
        let options = Options {
            connect_timeout: client.data_limit.unwrap_or(usual.connect_timeout),
            data_timeout: client.data_limit.unwrap_or(PATIENCE),
            reply_timeout: PATIENCE,
            mode: match client.mode {
                Mode::Active => DataMode::Active,
                Mode::Pasv => DataMode::Pasv,
                Mode::Passive => DataMode::Passive,
            },
            local_address: Some(SocketAddr::new(local.into(), port)),
            data_port: from.data_port.or(client.data_port),
            sockets: self.ground.own.then(|| self.sockets.clone() as _),
            ..usual
        };
        let mut server = self.ground.server;
        if let Some(address) = self.address {
            server.set_ip(address);
        }
        let session = Session::connect(server, options).await?;
        self.reply = Some(session.greeting().clone());
        self.session = Some(session);
        Ok(())
    }

    async fn client(&mut self, step: &ClientStep) -> Result<(), Wrong> {
        match step {
            ClientStep::Connect(from) => return self.connect(from).await,
            ClientStep::Tries { host, first, last } => {
                let host = self.address_of(host)?;
                return Ok(probe::tries(self.ground.local, host, *first..=*last).await?);
            }
            ClientStep::Datagram(datagram) => {
                let host = self.address_of(&datagram.host)?;
                let answered = self.scenario.answers(datagram);
                return Ok(probe::sends(self.ground.local, host, datagram, answered).await?);
            }
            ClientStep::Login(user, password) => return self.login(user, password).await,
            ClientStep::Acknowledges => return Ok(self.sockets.acknowledge()?),
            ClientStep::ShutsDown => return Ok(self.sockets.shut_down()?),
            ClientStep::SendsAndShutsDown(line) => {
                let sockets = Arc::clone(&self.sockets);
                // The line is sent when the first of the two is polled, and so before the FIN.
                let asked = self.session()?.quote(line);
                let (reply, shut) = tokio::join!(biased; asked, async { sockets.shut_down() });
                shut?;
                self.reply = Some(reply?);
                return Ok(());
            }
            ClientStep::Closes => {
                self.sockets.forget();
                self.session = None;
                return Ok(());
            }
            ClientStep::Resets => {
                self.sockets.make_reset()?;
                self.sockets.forget();
                self.session = None;
                return Ok(());
            }
            ClientStep::Quit => {
                self.session()?;
                let session = self.session.take().ok_or(NO_SESSION)?;
                self.sockets.wait_for_company()?;
                self.sockets.forget();
                self.reply = Some(session.quit().await?);
                return Ok(());
            }
            _ => {}
        }
        self.sockets.wait_for_company()?;
        let folder = self.ground.folder.clone();
        let session = self.session()?;
        self.reply = transfer(session, step, folder).await?;
        Ok(())
    }

    /// A transfer that must not succeed; what the server says of it is the last reply.
    async fn fails(&mut self, step: &ClientStep) -> Result<(), Wrong> {
        self.sockets.wait_for_company()?;
        let folder = self.ground.folder.clone();
        let session = self.session()?;
        self.reply = match transfer(session, step, folder).await {
            Ok(reply) => {
                let said =
                    reply.map(|reply| format!(", and the server said {}", expect::quoted(&reply)));
                let said = said.unwrap_or_default();
                return Err(format!("it was to fail and did not{said}").into());
            }
            Err(ClientError::Refused { reply, .. }) => Some(reply),
            Err(ClientError::Connect { .. } | ClientError::NoDataConnection(_)) => None,
            // Nothing that a scenario can have meant.
            Err(error) => return Err(error.into()),
        };
        Ok(())
    }

    /// USER, and PASS if the server wants it; connects where that is not done.
    async fn login(&mut self, user: &str, password: &str) -> Result<(), Wrong> {
        if self.session.is_none() {
            self.connect(&ConnectFrom::default()).await?;
        }
        self.sockets.wait_for_company()?;
        self.reply = Some(self.session()?.login(user, password).await?);
        Ok(())
    }

    fn address_of(&self, host: &str) -> Result<Ipv4Addr, Wrong> {
        let host = self.scenario.network.host(host).ok_or("no such host")?;
        Ok(host.address)
    }

    fn session(&mut self) -> Result<&mut Session, Wrong> {
        Ok(self.session.as_mut().ok_or(NO_SESSION)?)
    }

    /// Holds the last reply against what the scenario says.
    fn expect(&self, expected: &ReplyExpected) -> Result<(), Wrong> {
        let reply = self.reply.as_ref().ok_or(
            "there is no reply to look at: an `S:` line belongs behind a line that has one, such \
             as `C: SYST`",
        )?;
        Ok(expect::as_expected(reply, expected)?)
    }
}

/// Why a step failed.
struct Wrong(String);

impl<E: std::fmt::Display> From<E> for Wrong {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

const NO_SESSION: &str = "no connection: `client connect` or `client login` must come first";

/// A command, with its data connection if it has one; its last reply, where it tells.
async fn transfer(
    session: &mut Session,
    step: &ClientStep,
    folder: PathBuf,
) -> Result<Option<Reply>, ClientError> {
    let path = |path: &Option<String>| path.clone().map(String::into_bytes);
    let reply = match step {
        ClientStep::Type { ascii } => {
            let code = if *ascii {
                TypeCode::Ascii(Format::NonPrint)
            } else {
                TypeCode::Image
            };
            session.type_(code).await?;
            None
        }
        ClientStep::List(at) => {
            session.list(path(at).as_deref()).await?;
            None
        }
        ClientStep::Nlst(at) => {
            session.nlst(path(at).as_deref()).await?;
            None
        }
        ClientStep::Get { name, from: 0 } => {
            let file = folder.join(name);
            let transfer = session.download(name, &file).await?;
            Some(transfer.reply)
        }
        ClientStep::Get { name, from } => {
            // As a download is resumed: what is there before that byte stays.
            let mut options = File::options();
            let options = options.write(true).create(true).truncate(false);
            let opened = options.open(folder.join(name));
            let mut file = opened.map_err(ClientError::Local)?;
            file.seek(SeekFrom::Start(*from))
                .map_err(ClientError::Local)?;
            let transfer = session.retrieve(name, *from, &mut file).await;
            Some(transfer?.reply)
        }
        ClientStep::Put(name) => {
            let transfer = session.upload(&folder.join(name), name).await;
            Some(transfer?.reply)
        }
        ClientStep::Append(name) => {
            let bytes = fs::read(folder.join(name)).map_err(ClientError::Local)?;
            let transfer = session.append(name, &mut bytes.as_slice()).await;
            Some(transfer?.reply)
        }
        ClientStep::Size(name) => {
            session.size(name).await?;
            None
        }
        ClientStep::Cd(name) => {
            session.cwd(name).await?;
            None
        }
        // What is left has been done by the caller.
        _ => None,
    };
    Ok(reply)
}
