//! The steps of a script.

use std::time::Duration;

use crate::codes::{Codes, Pattern, ReplyExpected};
use crate::content::{Content, Given, Then};
use crate::lab_step::LabStep;
use crate::script_error::Location;
use crate::template::Template;
use crate::value::Check;
use crate::wire::Wire;

/// One line, or one block of lines.
#[derive(Clone, Debug)]
pub struct Step {
    /// Where it is written.
    pub at: Location,
    /// What it says.
    pub kind: StepKind,
}

/// What a step says.
#[derive(Clone, Debug)]
pub enum StepKind {
    /// `given …`: to be made before the first other step.
    Given(Given),
    /// `then …`
    Then(Then),
    /// `connect [to PORT]`: opens the control connection of the current session.
    Connect,
    /// `session NAME`: the lines below belong to this session. The first has no name.
    Session(String),
    /// `login [tls] [NAME PASSWORD]`: connects where that is not done, waits for 220, logs in, and
    /// goes to `$dir`.
    Login(Login),
    /// `C: TEXT` of a script that plays the client: sent with CR LF behind it.
    Send(Template),
    /// `C raw: …`: sent as it is; with `urgent` its last byte as TCP's urgent data.
    SendRaw {
        /// The bytes.
        bytes: Template,
        /// Whether `C urgent:` was written.
        urgent: bool,
    },
    /// `together … end`: the lines in one segment.
    Together(Vec<Template>),
    /// `S: CODES …` of a script that plays the client.
    Expect(ReplyExpected),
    /// `S: nothing within TIME`
    Silence(Duration),
    /// `S: closed`: the server ends the connection, in order or by a reset.
    Closed(Option<Duration>),
    /// `tls`: the handshake on the control connection.
    Tls(Certificate),
    /// `data …`
    Data {
        /// Which data connection, where there are several.
        name: Option<String>,
        /// What happens on it.
        step: DataStep,
    },
    /// `close` or `reset`: the script ends its control connection.
    Hangup {
        /// By a reset.
        reset: bool,
    },
    /// `set NAME TEXT`
    Set {
        /// The variable.
        name: String,
        /// What it holds from now on.
        value: Template,
    },
    /// `check A OP B`
    Check(Check),
    /// `repeat N [until closed] … end`; `$n` counts from 1.
    Repeat {
        /// How often.
        times: u32,
        /// Whether it ends early, and well, when the server says 421 or hangs up.
        until_closed: bool,
        /// What.
        steps: Vec<Step>,
    },
    /// `when CODES … end`: only if the last reply had such a code.
    When {
        /// The codes.
        codes: Codes,
        /// What then.
        steps: Vec<Step>,
    },
    /// `wait TIME`
    Wait(Duration),
    /// `wire: …`
    Wire(Wire),
    /// `on VERB … end` of a script that plays the server: what it answers instead of the usual.
    On(Handler),
    /// `task: …` of a script that plays the server. With several the client does one after the
    /// other, in one run.
    Task(Task),
    /// `S: TEXT` in a handler: sent as it is written, with CR LF behind it.
    Reply(Template),
    /// `S raw: …` in a handler: sent as it is, in a segment of its own.
    ReplyRaw(Template),
    /// `C: VERB …` of a script that plays the server: the client sends it, sooner or later, after
    /// what the line before named.
    Sent {
        /// Any of these verbs.
        verbs: Vec<String>,
        /// What the line must hold.
        patterns: Vec<Pattern>,
        /// Whether that counts only in clear text, or only under TLS.
        over: Option<Over>,
    },
    /// `resolve …`, `client …` or `capture ends` of a scenario.
    Lab(LabStep),
    /// `C never: VERB …`: the client does not send it.
    NeverSent {
        /// None of these verbs.
        verbs: Vec<String>,
        /// Only when the line holds this.
        patterns: Vec<Pattern>,
        /// Whether that counts only in clear text, or only under TLS.
        over: Option<Over>,
    },
}

/// How a script logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// `tls`: AUTH TLS, the handshake, PBSZ 0 and PROT P come first, and data connections are
    /// under TLS from then on.
    pub tls: bool,
    /// The name and the password, when it is not the user of the run.
    pub who: Option<(Template, Template)>,
}

/// How a command goes over the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// `in clear`
    Clear,
    /// `under tls`
    Tls,
}

/// Which certificate a scripted server shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Certificate {
    /// One for its address, signed by the authority that the client is told to trust. In a script
    /// that plays the client, whatever the server shows.
    #[default]
    Good,
    /// `untrusted`: for its address, signed by an authority that nobody knows.
    Untrusted,
    /// `misnamed`: signed by the right authority, for another host.
    Misnamed,
}

/// What happens on a data connection.
#[derive(Clone, Debug)]
pub enum DataStep {
    /// `data listen [ADDRESS]`: sets `$port_arg`, `$eprt_arg`, `$port`.
    Listen(Option<Template>),
    /// `data accept [from port N] [within TIME]`
    Accept {
        /// The peer's port.
        from_port: Option<Template>,
        /// How long it may take.
        within: Option<Duration>,
    },
    /// `data none within TIME`: nobody connects to where `data listen` waits.
    NoConnection(Duration),
    /// `data dial [HOST PORT]`: where the last 227 or 229 said, when not given.
    Dial(Option<(Template, Template)>),
    /// `data dial refused [HOST PORT]`: a connection cannot be had, or ends without a byte.
    DialRefused(Option<(Template, Template)>),
    /// `data read N bytes`, and goes on.
    Read(u64),
    /// `data receive …`: to the end, and all of it must be so.
    Receive(Vec<Content>),
    /// `data send TEXT`
    Send(Template),
    /// `data send N bytes`: the same in every run.
    SendFilled(u64),
    /// `data shutdown`: no more is sent; FIN.
    Shutdown,
    /// `data close`
    Close,
    /// `data cut`: FIN without TLS's goodbye, as somebody in between would cut it.
    Cut,
    /// `data reset`
    Reset,
    /// `data closed [within TIME]`: the peer ends it, in order or by a reset; what still comes is
    /// passed over.
    Closed(Option<Duration>),
    /// `data tls`: the handshake.
    Tls,
}

/// A handler: `on VERB [once] … end`, or `on connect … end`.
#[derive(Clone, Debug)]
pub struct Handler {
    /// Any of these; `connect` for the greeting.
    pub verbs: Vec<String>,
    /// What the command's line must hold.
    pub patterns: Vec<Pattern>,
    /// How many times it answers; then the usual answer is given again.
    pub times: Option<u32>,
    /// What it does. Nothing: the command stays unanswered.
    pub steps: Vec<Step>,
}

/// What the client is asked to do, in a script that plays the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// `task: get NAME`
    Get(Template),
    /// `task: put NAME TEXT`: a file of the client's with these bytes.
    Put(Template, Template),
    /// `task: list`
    List,
}
