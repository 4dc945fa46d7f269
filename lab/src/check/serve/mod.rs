//! Plays a script that is the server, against a client program.
//!
//! ```text
//! clients.rs   the clients that are known by name, and the command lines of others
//! program.rs   the client: its command line, its folder, its end
//! stage.rs     what the sessions share: files, handlers, what was heard
//! session.rs   one control connection: lines in, a handler or the usual answer out
//! handler.rs   the lines of `on VERB … end`
//! usual.rs     what a server answers when the script says nothing else
//! transfer.rs  the usual answers that need a data connection
//! files.rs     the server's files, in memory
//! judge.rs     what the script wants to have seen, when the client has ended
//! ```

mod clients;
mod files;
mod handler;
mod judge;
mod program;
mod session;
mod stage;
mod transfer;
mod usual;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use script::{Location, Need, Script, StepKind, Task};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;

pub(super) use self::clients::Clients;
use self::program::{Ended, Errand};
use self::session::Session;
use self::stage::Stage;
use super::verdict::{Dialogue, Fault, Played, Verdict};
use super::watch::{Ends, Kind, Part, Watch, seen};

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
    let mut fault = None;
    let mut dialogue = Dialogue::default();
    let mut ends = Ends::default();
    let mut wires = Vec::new();
    match Stage::prepare(script, at) {
        Err(got) => fault = Some(broken(got)),
        Ok(stage) => {
            let stage = Arc::new(stage);
            match tell(&stage, &errand).await {
                Err(got) => fault = Some(broken(got)),
                Ok(ended) => match judge::hold(script, &stage, &ended) {
                    Ok(lines) => wires = lines,
                    Err(found) => fault = Some(found),
                },
            }
            let mut said = stage.said();
            dialogue = std::mem::take(&mut said.dialogue);
            ends = std::mem::take(&mut said.ends);
        }
    }
    if fault.is_some() {
        wires.clear();
    }
    let seen = seen(watch, turn.as_ref(), &ends, Part::Server, &wires).await;
    if let Some((at, got)) = &seen.fault {
        fault = Some(Fault {
            at: *at,
            expected: super::play::expected_at(&script.steps, *at),
            got: got.clone(),
        });
    }
    let verdict = fault.map_or(Verdict::Passed, Verdict::Failed);
    Played {
        verdict: verdict.watched(&seen.unwatched, seen.why.as_deref()),
        unwatched: seen.unwatched,
        why: seen.why,
        packets: seen.packets,
        dialogue,
        took: began.elapsed(),
        broken_off: false,
    }
}

/// What the client is to do, when it can.
fn errand(script: &Script, clients: &Clients) -> Result<Errand, String> {
    for need in &script.header.needs {
        match need {
            Need::Tls => return Err("the scripted server has no TLS".into()),
            // All of it is here, over IPv4.
            Need::Ipv6 => return Err("the scripted server is at an IPv4 address".into()),
            _ => {}
        }
    }
    let task = script.steps.iter().find_map(|step| match &step.kind {
        StepKind::Task(task) => Some((step.at, task)),
        _ => None,
    });
    let Some((at, task)) = task else {
        return Err("it has no line `task:`: the client has nothing to do".into());
    };
    let (words, flag) = match task {
        Task::Get(_) => (&clients.get, "--client"),
        Task::Put(..) => (&clients.put, "--client-put"),
        Task::List => (&clients.list, "--client-list"),
    };
    let words = words
        .clone()
        .ok_or_else(|| format!("nothing says how the client does this: {flag}"))?;
    Ok(Errand {
        at,
        words,
        task: task.clone(),
        limit: script.header.limit,
    })
}

/// Runs the client against the stage, to the end of both.
async fn tell(stage: &Arc<Stage>, errand: &Errand) -> Result<Ended, String> {
    let failed = |error: std::io::Error| format!("the server cannot listen: {error}");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .map_err(failed)?;
    let server = listener.local_addr().map_err(failed)?;
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
                    stage.said().ends.add_control(server, peer);
                    let session = Session::new(Arc::clone(stage), stream, server, peer, count);
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
fn register(ends: &mut Ends, server: SocketAddr, data: &super::data::Data) {
    if let Some(at) = data.listening() {
        ends.add(at, Kind::Data);
    }
    if let Some(port) = data.dialled_from() {
        ends.add(SocketAddr::new(server.ip(), port), Kind::Data);
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
