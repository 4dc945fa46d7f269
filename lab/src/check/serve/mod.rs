//! Plays a script that is the server, against a client program.
//!
//! ```text
//! clients.rs   what each client is run with
//! known.rs     the clients that are known by name
//! program.rs   the client: its command line, its folder, its end
//! certificates.rs  what is shown to a client that is to speak TLS
//! stage.rs     what the sessions share: files, handlers, what was heard
//! session.rs   one control connection: lines in, a handler or the usual answer out
//! handler.rs   the lines of `on VERB … end`
//! usual.rs     what a server answers when the script says nothing else
//! transfer.rs  the usual answers that need a data connection
//! files.rs     the server's files, in memory
//! judge.rs     what the script wants to have seen, when the client has ended
//! ```

mod certificates;
mod clients;
mod files;
mod handler;
mod judge;
mod known;
mod program;
mod session;
mod stage;
mod transfer;
mod usual;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use script::{Location, Need, Script, StepKind, Task};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;

use self::clients::Way;
pub(super) use self::clients::{Clients, Lines};
use self::program::{Ended, Errand};
use self::session::Session;
use self::stage::Stage;
use super::verdict::{Dialogue, Fault, Played, Stop, Verdict};
use super::watch::{Ends, Part, Watch, seen};

/// How long sessions may go on after the client has ended: they have only to read its farewell.
const FAREWELL: Duration = Duration::from_secs(2);
/// The most control connections of a client.
const MAX_SESSIONS: usize = 100;

/// Plays one script.
pub(super) async fn play(
    script: &Script,
    clients: &Clients,
    watch: &Result<Watch, String>,
) -> Played {
    let errand = match errand(script, clients) {
        Ok(errand) => errand,
        Err(why) => return Played::skipped(why),
    };
    let listener = match listen(script).await {
        Ok(listener) => listener,
        Err(why) => return Played::skipped(why),
    };
    let elsewhere = script.steps.iter().any(|step| match &step.kind {
        StepKind::Wire(wire) => wire.names_an_address(),
        _ => false,
    });
    let turn = match watch {
        Ok(watch) => Some(watch.turn(elsewhere).await),
        Err(_) => None,
    };
    let began = Instant::now();
    let at = errand.at;
    let broken = |got: String| Fault {
        at,
        expected: "the script to begin".into(),
        got,
    };
    let mut stop = None;
    let mut dialogue = Dialogue::default();
    let mut ends = Ends::default();
    let mut wires = Vec::new();
    let certificates = errand.secured().then(|| clients.certificates()).transpose();
    let stage = certificates.and_then(|shown| Stage::prepare(script, at, shown));
    match stage {
        Err(got) => stop = Some(Stop::Failed(broken(got))),
        Ok(stage) => {
            let stage = Arc::new(stage);
            match tell(&stage, &errand, &listener).await {
                Err(got) => stop = Some(Stop::Failed(broken(got))),
                Ok(ended) => match judge::hold(script, &stage, &ended) {
                    Ok(lines) => wires = lines,
                    Err(found) => stop = Some(found),
                },
            }
            let mut said = stage.said();
            dialogue = std::mem::take(&mut said.dialogue);
            ends = std::mem::take(&mut said.ends);
        }
    }
    if stop.is_some() {
        wires.clear();
    }
    let seen = seen(watch, turn.as_ref(), &ends, Part::Server, &wires).await;
    let verdict = match (seen.fault, stop) {
        (Some(fault), _) | (None, Some(Stop::Failed(fault))) => Verdict::Failed(fault),
        (None, Some(Stop::Mistaken(fault))) => Verdict::Mistaken(fault),
        (None, Some(Stop::Skipped(why))) => Verdict::Skipped(why),
        (None, None) => Verdict::Passed,
    };
    Played {
        verdict: verdict.watched(&seen.unwatched, seen.why.as_deref()),
        unwatched: seen.unwatched,
        unplayed: Vec::new(),
        why: seen.why,
        packets: seen.packets,
        dialogue,
        took: began.elapsed(),
        broken_off: false,
    }
}

/// What the client is to do, when it can.
fn errand(script: &Script, clients: &Clients) -> Result<Errand, String> {
    let needs = &script.header.needs;
    let way = Way {
        secured: needs.contains(&Need::Tls),
        active: needs.contains(&Need::Active),
    };
    let tasks = script.steps.iter().filter_map(|step| match &step.kind {
        StepKind::Task(task) => Some((step.at, task.clone())),
        _ => None,
    });
    let (places, tasks): (Vec<Location>, Vec<Task>) = tasks.unzip();
    let Some(&at) = places.first() else {
        return Err("it has no line `task:`: the client has nothing to do".into());
    };
    Ok(Errand {
        at,
        told: clients.told(&tasks, way)?,
        tasks,
        limit: script.header.limit,
    })
}

/// Where the script's server is: at an address of IPv6 when the script is about that.
async fn listen(script: &Script) -> Result<TcpListener, String> {
    let at = if script.header.needs.contains(&Need::Ipv6) {
        IpAddr::V6(Ipv6Addr::LOCALHOST)
    } else {
        IpAddr::V4(Ipv4Addr::LOCALHOST)
    };
    let bound = TcpListener::bind((at, 0)).await;
    bound.map_err(|error| format!("the scripted server cannot listen at {at}: {error}"))
}

/// Runs the client against the stage, to the end of both.
async fn tell(
    stage: &Arc<Stage>,
    errand: &Errand,
    listener: &TcpListener,
) -> Result<Ended, String> {
    let server = listener.local_addr();
    let server = server.map_err(|error| format!("the server cannot listen: {error}"))?;
    stage.listens_at(server);
    let mut sessions = JoinSet::new();
    let client = program::run(errand, server, stage);
    tokio::pin!(client);
    let mut count = 0;
    let ended = loop {
        tokio::select! {
            ended = &mut client => break ended?,
            accepted = listener.accept(), if count < MAX_SESSIONS => {
                if let Ok((stream, peer)) = accepted {
                    count += 1;
                    stage.said().connected = true;
                    let session = Session::new(Arc::clone(stage), stream, server, peer, count);
                    stage.said().ends.add_control(server, peer, session.name());
                    sessions.spawn(session.serve());
                }
            }
            Some(_) = sessions.join_next(), if !sessions.is_empty() => {}
        }
    };
    let farewell = tokio::time::timeout(FAREWELL, async {
        while sessions.join_next().await.is_some() {}
    });
    if farewell.await.is_err() {
        stage.say("!", b"a session went on when the client had ended");
    }
    sessions.shutdown().await;
    Ok(ended)
}

/// A data connection's end here is the script's own.
fn register(ends: &mut Ends, server: SocketAddr, data: &super::data::Data, session: &str) {
    if let Some(at) = data.listening() {
        ends.add_data(at, session, "");
    }
    if let Some(port) = data.dialled_from() {
        ends.add_data(SocketAddr::new(server.ip(), port), session, "");
    }
}

/// A fault at a line.
fn fault(at: Location, expected: impl Into<String>, got: impl Into<String>) -> Fault {
    Fault {
        at,
        expected: expected.into(),
        got: got.into(),
    }
}
