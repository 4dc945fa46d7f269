//! A small resolver on a host, and asking one (RFC 1035): A questions over UDP, from a table.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use simple_dns::rdata::{A, NS, RData};
use simple_dns::{
    CLASS, Name, OPCODE, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, ResourceRecord, TYPE,
};
use tokio::net::UdpSocket;

use super::set_dont_fragment;

/// The longest message over UDP without extensions (RFC 1035 §2.3.4).
const MAX_MESSAGE: usize = 512;
/// Names in a table.
const MAX_NAMES: usize = 1024;
/// Records in one answer.
const MAX_RECORDS: usize = 32;

/// What a resolver knows: names, and what it says to a question for one.
#[derive(Clone, Debug, Default)]
pub struct Zone {
    answers: Vec<Answer>,
}

/// What a resolver says to `A? name`: addresses, the servers that know the zone, and their
/// addresses.
///
/// In S0 the answer to `A? ftp.microsoft.com.` has 215 bytes and counts 1/4/4: one address,
/// four name servers, and their addresses. What their names are the article does not show; with
/// these four it is as long:
///
/// ```
/// use lab::net::{Answer, Zone};
/// use std::net::Ipv4Addr;
/// let ip = |last| Ipv4Addr::new(207, 46, 138, last);
/// let answer = Answer::new("ftp.microsoft.com", [Ipv4Addr::new(207, 46, 133, 140)])
///     .server("microsoft.com", "dns10.cp.msft.net", ip(20))
///     .server("microsoft.com", "dns11.sj.msft.net", ip(21))
///     .server("microsoft.com", "dns12.dc.msft.net", ip(22))
///     .server("microsoft.com", "dns13.tk.msft.net", ip(23));
/// # let length = answer.encoded_length().unwrap();
/// # assert_eq!(length, 215);
/// let zone = Zone::new().answer(answer);
/// ```
#[derive(Clone, Debug)]
pub struct Answer {
    name: String,
    addresses: Vec<Ipv4Addr>,
    /// The zone, its server's name, and the server's address.
    servers: Vec<(String, String, Ipv4Addr)>,
    ttl: u32,
}

impl Answer {
    /// The addresses of `name`, which is taken with and without a dot at its end and in any
    /// case.
    pub fn new(name: impl Into<String>, addresses: impl IntoIterator<Item = Ipv4Addr>) -> Self {
        Self {
            name: name.into(),
            addresses: addresses.into_iter().collect(),
            servers: Vec::new(),
            ttl: 3600,
        }
    }

    /// With a name server: one more authority record (`zone NS name`) and one more additional
    /// record (`name A address`).
    #[must_use]
    pub fn server(
        mut self,
        zone: impl Into<String>,
        name: impl Into<String>,
        address: Ipv4Addr,
    ) -> Self {
        self.servers.push((zone.into(), name.into(), address));
        self
    }

    /// With another time to live of all its records, in seconds; 3600 by default.
    #[must_use]
    pub fn ttl(mut self, seconds: u32) -> Self {
        self.ttl = seconds;
        self
    }

    /// The length of the message in bytes, as UDP's payload: the figure that tcpdump prints in
    /// brackets.
    ///
    /// # Errors
    /// When a name is not one of DNS, and when there is more than goes into 512 bytes.
    pub fn encoded_length(&self) -> io::Result<usize> {
        let name = Name::new(undotted(&self.name)).map_err(wrong)?;
        let mut question = Packet::new_query(0);
        let (kind, class) = (QTYPE::TYPE(TYPE::A), QCLASS::CLASS(CLASS::IN));
        question
            .questions
            .push(Question::new(name, kind, class, false));
        self.reply(question).map(|bytes| bytes.len())
    }

    /// Makes the answer out of the question.
    fn reply<'a>(&'a self, mut message: Packet<'a>) -> io::Result<Vec<u8>> {
        let record = |name: &'a str, data| {
            let name = Name::new(undotted(name)).map_err(wrong)?;
            Ok::<_, io::Error>(ResourceRecord::new(name, CLASS::IN, self.ttl, data))
        };
        for address in &self.addresses {
            let data = RData::A(A::from(*address));
            message.answers.push(record(&self.name, data)?);
        }
        for (zone, server, address) in &self.servers {
            let name = Name::new(undotted(server)).map_err(wrong)?;
            message
                .name_servers
                .push(record(zone, RData::NS(NS(name)))?);
            let data = RData::A(A::from(*address));
            message.additional_records.push(record(server, data)?);
        }
        encode(&message)
    }
}

impl Zone {
    /// Knows nothing: every name is NXDOMAIN.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more name.
    #[must_use]
    pub fn answer(mut self, answer: Answer) -> Self {
        self.answers.push(answer);
        self
    }

    /// Whether all of it can be said.
    ///
    /// # Errors
    /// When there are more than 1024 names, when one has more than 32 records, when a name is
    /// not one of DNS, and when an answer is longer than 512 bytes.
    pub fn check(&self) -> io::Result<()> {
        if self.answers.len() > MAX_NAMES {
            return Err(wrong(format!("more than {MAX_NAMES} names")));
        }
        for answer in &self.answers {
            let told = |error: io::Error| wrong(format!("{}: {error}", answer.name));
            if answer.addresses.len() + 2 * answer.servers.len() > MAX_RECORDS {
                return Err(told(wrong(format!("more than {MAX_RECORDS} records"))));
            }
            answer.encoded_length().map_err(told)?;
        }
        Ok(())
    }

    /// What is to be said to this message; `None` when it is no question, and silence is best.
    fn respond(&self, message: &[u8]) -> Option<Vec<u8>> {
        let question = Packet::parse(message).ok()?;
        if question.has_flags(PacketFlag::RESPONSE) {
            return None;
        }
        let refusal = |code| {
            let mut message = Packet::new_reply(question.id());
            *message.rcode_mut() = code;
            *message.opcode_mut() = question.opcode();
            message.questions.clone_from(&question.questions);
            encode(&message).ok()
        };
        if question.opcode() != OPCODE::StandardQuery {
            return refusal(RCODE::NotImplemented);
        }
        let [asked] = question.questions.as_slice() else {
            return refusal(RCODE::FormatError);
        };
        let name = asked.qname.to_string();
        let found = self
            .answers
            .iter()
            .find(|answer| undotted(&answer.name).eq_ignore_ascii_case(undotted(&name)));
        let mut reply = Packet::new_reply(question.id());
        reply.set_flags(PacketFlag::RECURSION_AVAILABLE);
        if question.has_flags(PacketFlag::RECURSION_DESIRED) {
            reply.set_flags(PacketFlag::RECURSION_DESIRED);
        }
        reply.questions.push(asked.clone());
        let is_a = asked.qtype == QTYPE::TYPE(TYPE::A) || asked.qtype == QTYPE::ANY;
        match found {
            Some(answer) if is_a => answer.reply(reply).ok(),
            // The name is there, but not what was asked for.
            Some(_) => encode(&reply).ok(),
            None => {
                *reply.rcode_mut() = RCODE::NameError;
                encode(&reply).ok()
            }
        }
    }

    /// Answers questions that come to `socket`, which is bound to port 53 of a host, until the
    /// task is aborted or its host goes. What is no question gets no answer.
    ///
    /// # Errors
    /// As [`Zone::check`], and when the socket breaks.
    pub async fn serve(self, socket: UdpSocket) -> io::Result<()> {
        self.check()?;
        let mut message = [0; MAX_MESSAGE];
        loop {
            let (length, from) = match socket.recv_from(&mut message).await {
                Ok(received) => received,
                // Who asked before is gone: the answer came back as ICMP.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
                Err(error) => return Err(error),
            };
            let Some(answer) = message.get(..length).and_then(|bytes| self.respond(bytes)) else {
                continue;
            };
            // Who asks and cannot be answered asks again.
            let _ = socket.send_to(&answer, from).await;
        }
    }
}

/// A question for a host's IPv4 addresses, to be asked as S0's first packet asks: from port
/// 3170, with id 1, recursion desired, 35 bytes for `ftp.microsoft.com`.
#[derive(Clone, Debug)]
pub struct Lookup {
    name: String,
    id: u16,
    local: Option<SocketAddr>,
    dont_fragment: Option<bool>,
}

/// What a resolver has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The addresses of the name, in the answer's order.
    pub addresses: Vec<IpAddr>,
    /// How many records the answer, authority and additional sections hold: 1/4/4 in S0.
    pub records: [usize; 3],
    /// The length of the message in bytes.
    pub length: usize,
}

impl Lookup {
    /// `A? name.`, with id 1 and a port of the kernel's choice.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            id: 1,
            local: None,
            dont_fragment: None,
        }
    }

    /// With another id.
    #[must_use]
    pub fn id(mut self, id: u16) -> Self {
        self.id = id;
        self
    }

    /// From this address and port.
    #[must_use]
    pub fn from(mut self, local: SocketAddr) -> Self {
        self.local = Some(local);
        self
    }

    /// Whether the question carries DF; it does unless told otherwise.
    #[must_use]
    pub fn dont_fragment(mut self, forbid: bool) -> Self {
        self.dont_fragment = Some(forbid);
        self
    }

    /// Asks once, and waits at most `limit` for an answer with the same id and question.
    ///
    /// # Errors
    /// When the name is not one of DNS, when the port is taken, when nobody listens or answers
    /// in time, and when there is no such name (`NotFound`) or the resolver says another error.
    pub async fn ask(&self, resolver: SocketAddr, limit: Duration) -> io::Result<Resolved> {
        let name = Name::new(undotted(&self.name)).map_err(wrong)?;
        let (kind, class) = (QTYPE::TYPE(TYPE::A), QCLASS::CLASS(CLASS::IN));
        let mut question = Packet::new_query(self.id);
        question.set_flags(PacketFlag::RECURSION_DESIRED);
        question
            .questions
            .push(Question::new(name, kind, class, false));
        let any = SocketAddr::new(
            match resolver {
                SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
                SocketAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
            },
            0,
        );
        let socket = UdpSocket::bind(self.local.unwrap_or(any)).await?;
        if let Some(forbid) = self.dont_fragment {
            set_dont_fragment(&socket, forbid)?;
        }
        // So that only the resolver's datagrams come, and a refusal is heard.
        socket.connect(resolver).await?;
        socket.send(&encode(&question)?).await?;
        let answered = async {
            let mut message = [0; MAX_MESSAGE];
            loop {
                let length = socket.recv(&mut message).await?;
                let bytes = message.get(..length).unwrap_or_default();
                if let Some(answer) = self.read(bytes) {
                    return answer;
                }
            }
        };
        let silent = || format!("no answer from {resolver} within {limit:?}");
        tokio::time::timeout(limit, answered)
            .await
            .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, silent()))?
    }

    /// What a message answers; `None` when it is not the answer to this question.
    fn read(&self, message: &[u8]) -> Option<io::Result<Resolved>> {
        let answer = Packet::parse(message).ok()?;
        let asked = |question: &Question<'_>| {
            let name = question.qname.to_string();
            undotted(&name).eq_ignore_ascii_case(undotted(&self.name))
        };
        if answer.id() != self.id
            || !answer.has_flags(PacketFlag::RESPONSE)
            || !answer.questions.iter().all(asked)
        {
            return None;
        }
        let said = |kind, what: String| Some(Err(io::Error::new(kind, what)));
        match answer.rcode() {
            RCODE::NoError => {}
            RCODE::NameError => {
                return said(io::ErrorKind::NotFound, format!("no name {}", self.name));
            }
            code => {
                return said(io::ErrorKind::Other, format!("the resolver says {code:?}"));
            }
        }
        let addresses = answer
            .answers
            .iter()
            .filter_map(|record| match &record.rdata {
                RData::A(a) => Some(IpAddr::V4(Ipv4Addr::from(a.address))),
                RData::AAAA(a) => Some(IpAddr::V6(a.address.into())),
                _ => None,
            });
        Some(Ok(Resolved {
            addresses: addresses.collect(),
            records: [
                answer.answers.len(),
                answer.name_servers.len(),
                answer.additional_records.len(),
            ],
            length: message.len(),
        }))
    }
}

fn encode(message: &Packet<'_>) -> io::Result<Vec<u8>> {
    let bytes = message.build_bytes_vec_compressed().map_err(wrong)?;
    if bytes.len() > MAX_MESSAGE {
        let length = bytes.len();
        return Err(wrong(format!(
            "a message of {length} bytes, more than {MAX_MESSAGE}"
        )));
    }
    Ok(bytes)
}

fn undotted(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

fn wrong(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}

#[cfg(test)]
mod tests;
