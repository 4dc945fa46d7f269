//! A script in words: what it tests, on which rule that rests, and each step.

mod files;
mod hosts;
mod packets;
mod replies;
mod router;
mod scenario;

use std::time::Duration;

use self::files::{contents, file, given, then};
use self::packets::wire;
use self::replies::{codes, patterns, reply};
use self::scenario::lab;
use crate::codes::Pattern;
use crate::header::{Header, Need, Plays};
use crate::parse::Script;
use crate::step::{Certificate, DataStep, Handler, Login, Over, Step, StepKind, Task};

/// Tells a script in words, a numbered line for each step, with its line in the script.
pub fn explain(script: &Script) -> String {
    let mut told = head(&script.header);
    if let Some(network) = &script.network {
        told += &hosts::network(network);
        told += &router::network(network);
    }
    steps(&mut told, &script.steps, 0);
    told
}

/// A step in words, without the steps inside it: what is expected, as a report says it.
pub fn step_in_words(kind: &StepKind) -> String {
    sentence(kind).0
}

fn head(header: &Header) -> String {
    let Header {
        purpose,
        purpose_zh: _,
        rules,
        grade,
        plays,
        needs,
        limit,
        shows,
    } = header;
    if *plays == Plays::Lab {
        let mut told = format!("{purpose}\n\n");
        if !shows.is_empty() {
            told += &format!("It shows {}.\n\n", shows.join(", "));
        }
        return told;
    }
    let whom = match plays {
        Plays::Client => "a server: the script plays the client",
        Plays::Server | Plays::Lab => "a client: the script plays the server",
    };
    let rules: Vec<&str> = rules.iter().map(|rule| rule.text.as_str()).collect();
    let mut told = format!(
        "{purpose}\n\nTests {whom}.\nA {grade}, resting on {}.\n",
        listed(&rules)
    );
    if !needs.is_empty() {
        let needs: Vec<String> = needs.iter().map(need).collect();
        let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
        told += &format!("There is no verdict without {}.\n", listed(&needs));
    }
    told += &format!(
        "No single wait takes longer than {}, unless its line says so.\n\n",
        time(*limit)
    );
    told
}

/// `one`, `one and two`, `one, two and three`.
fn listed(parts: &[&str]) -> String {
    match parts {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn need(need: &Need) -> String {
    match need {
        Need::Login => "a user who may log in".into(),
        Need::Password => "a user who is not anonymous".into(),
        Need::SecondUser => "a second user".into(),
        Need::Anonymous => "anonymous login".into(),
        Need::Write => "a user who may write".into(),
        Need::Tls => "AUTH TLS".into(),
        Need::Ipv6 => "IPv6".into(),
        Need::Ipv4 => "IPv4".into(),
        Need::Active => "a way from the server to the client".into(),
        Need::Feature(name) => format!("the feature {name} in FEAT"),
    }
}

fn steps(told: &mut String, block: &[Step], depth: usize) {
    for step in block {
        let (sentence, inner) = sentence(&step.kind);
        *told += &format!(
            "{:>5}  {:indent$}{sentence}\n",
            step.at.line,
            "",
            indent = depth * 4
        );
        steps(told, inner, depth + 1);
    }
}

/// The sentence of a step, and the steps inside it.
fn sentence(kind: &StepKind) -> (String, &[Step]) {
    let text = match kind {
        StepKind::Given(it) => given(it),
        StepKind::Then(it) => then(it),
        StepKind::Connect => "connect to the server's control port".into(),
        StepKind::Session(name) => format!("from here on in the session {name}"),
        StepKind::Login(how) => login(how),
        StepKind::Send(line) => format!("send `{line}`"),
        StepKind::SendRaw {
            bytes,
            urgent: false,
        } => {
            format!("send exactly these bytes: `{bytes}`")
        }
        StepKind::SendRaw {
            bytes,
            urgent: true,
        } => {
            format!("send these bytes, the last of them as urgent data: `{bytes}`")
        }
        StepKind::Together(lines) => {
            let lines: Vec<String> = lines.iter().map(|line| format!("`{line}`")).collect();
            format!("send in one segment: {}", lines.join(", "))
        }
        StepKind::Expect(expected) => reply(expected),
        StepKind::Silence(within) => format!("no reply comes within {}", time(*within)),
        StepKind::Closed(within) => format!("the server closes the connection{}", limit(*within)),
        StepKind::Tls(certificate) => tls(*certificate).into(),
        StepKind::Data { name, step } => {
            let which = name.as_ref().map(|name| format!(" `{name}`"));
            data(step, &which.unwrap_or_default())
        }
        StepKind::Hangup { reset: false } => "close the control connection".into(),
        StepKind::Hangup { reset: true } => "reset the control connection".into(),
        StepKind::Set { name, value } => format!("let ${name} be `{value}`"),
        StepKind::Check(check) => format!(
            "`{} {} {}{}` must hold",
            check.left,
            check.operator,
            check.right,
            match check.plus {
                0 => String::new(),
                plus => format!(" + {plus}"),
            }
        ),
        StepKind::Repeat {
            times,
            until_closed: false,
            steps,
        } => return (format!("{times} times:"), steps),
        StepKind::Repeat {
            times,
            until_closed: true,
            steps,
        } => {
            let told = format!("{times} times, or until the server hangs up:");
            return (told, steps);
        }
        StepKind::When {
            codes: wanted,
            steps,
        } => {
            return (
                format!("only if the last reply was {}:", codes(wanted)),
                steps,
            );
        }
        StepKind::Wait(duration) => format!("wait {}", time(*duration)),
        StepKind::Wire(it) => wire(it),
        StepKind::On(handler) => return (on(handler), &handler.steps),
        StepKind::Task(Task::Get(name)) => format!("the client is asked to get {name}"),
        StepKind::Task(Task::Put(name, bytes)) => {
            format!("the client is asked to put {}", file(name, bytes))
        }
        StepKind::Task(Task::List) => "the client is asked for a listing".into(),
        StepKind::Lab(step) => lab(step),
        StepKind::Reply(line) => format!("answer `{line}`"),
        StepKind::ReplyRaw(bytes) => format!("answer exactly these bytes: `{bytes}`"),
        StepKind::Sent {
            verbs,
            patterns: held,
            over,
        } => format!("the client sends {}", command(verbs, held, *over)),
        StepKind::NeverSent {
            verbs,
            patterns: held,
            over,
        } => format!("the client never sends {}", command(verbs, held, *over)),
    };
    (text, &[])
}

fn login(how: &Login) -> String {
    let under = if how.tls { " under TLS" } else { "" };
    match &how.who {
        None => format!("log in{under}, and go to the folder of the script"),
        Some((name, _)) => format!("log in{under} as {name}"),
    }
}

fn command(verbs: &[String], held: &[Pattern], over: Option<Over>) -> String {
    let over = match over {
        None => "",
        Some(Over::Clear) => " in clear text",
        Some(Over::Tls) => " under TLS",
    };
    format!("{}{}{over}", verbs.join(" or "), patterns(held))
}

fn tls(certificate: Certificate) -> &'static str {
    match certificate {
        Certificate::Good => "the TLS handshake on the control connection succeeds",
        Certificate::Untrusted => {
            "begin the TLS handshake with a certificate that no authority of the client's signed"
        }
        Certificate::Misnamed => {
            "begin the TLS handshake with a certificate that is for another host"
        }
    }
}

fn on(handler: &Handler) -> String {
    let verbs = handler.verbs.join(" or ");
    let held = patterns(&handler.patterns);
    let times = match handler.times {
        None => String::new(),
        Some(1) => ", the first time".into(),
        Some(times) => format!(", the first {times} times"),
    };
    let does = if handler.steps.is_empty() {
        " do not answer"
    } else {
        ""
    };
    if verbs == "connect" {
        return format!("when the client connects{times}:{does}");
    }
    format!("when the client sends {verbs}{held}{times}:{does}")
}

fn data(step: &DataStep, which: &str) -> String {
    match step {
        DataStep::Listen(None) => format!("listen for the data connection{which}"),
        DataStep::Listen(Some(address)) => {
            format!("listen for the data connection{which} at {address}")
        }
        DataStep::Accept { from_port, within } => {
            let from = from_port.as_ref().map(|port| format!(" from port {port}"));
            format!(
                "the server opens the data connection{which}{}{}",
                from.unwrap_or_default(),
                limit(*within)
            )
        }
        DataStep::NoConnection(within) => {
            format!(
                "nobody opens the data connection{which} within {}",
                time(*within)
            )
        }
        DataStep::Dial(None) => {
            format!("open the data connection{which} where the last reply says")
        }
        DataStep::Dial(Some((host, port))) => {
            format!("open the data connection{which} to {host}, port {port}")
        }
        DataStep::DialRefused(_) => {
            format!("the data connection{which} cannot be opened, or ends without a byte")
        }
        DataStep::Read(size) => format!("read {size} bytes from the data connection{which}"),
        DataStep::Receive(wanted) => format!(
            "the data connection{which} carries {} and is then closed by its sender",
            contents(wanted)
        ),
        DataStep::Send(bytes) => format!("send `{bytes}` on the data connection{which}"),
        DataStep::SendFilled(size) => format!("send {size} bytes on the data connection{which}"),
        DataStep::Shutdown => format!("send no more on the data connection{which} (FIN)"),
        DataStep::Close => format!("close the data connection{which}"),
        DataStep::Cut => format!("cut the data connection{which}: a FIN, and no goodbye of TLS"),
        DataStep::Reset => format!("reset the data connection{which}"),
        DataStep::Closed(within) => {
            format!(
                "the other side ends the data connection{which}{}",
                limit(*within)
            )
        }
        DataStep::Tls => format!("the TLS handshake on the data connection{which} succeeds"),
    }
}

fn limit(within: Option<Duration>) -> String {
    within.map_or_else(String::new, |within| format!(" within {}", time(within)))
}

fn time(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{} s", duration.as_secs())
    } else {
        format!("{} ms", duration.as_millis())
    }
}
