//! The steps of a scenario.

use std::net::Ipv4Addr;

/// A step of a scenario that the real client, or the lab around it, carries out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabStep {
    /// `resolve NAME [from port N]`: the client's host asks the resolver.
    Resolve {
        /// The name.
        name: String,
        /// Its UDP port.
        from_port: Option<u16>,
    },
    /// `capture ends`: what follows is nobody's business.
    CaptureEnds,
    /// `router reads FTP`: from here on it does.
    RouterReadsFtp,
    /// `client …`
    Client(ClientStep),
}

/// What the client does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientStep {
    /// `client connect [from [ADDRESS] [port N] [data port N]]`
    Connect(ConnectFrom),
    /// `client login NAME PASSWORD`
    Login(String, String),
    /// `client type A`, `client type I`
    Type {
        /// Whether A.
        ascii: bool,
    },
    /// `client list [PATH]`
    List(Option<String>),
    /// `client nlst [PATH]`
    Nlst(Option<String>),
    /// `client get NAME [from byte N]`
    Get {
        /// The file.
        name: String,
        /// From where on.
        from: u64,
    },
    /// `client put NAME`
    Put(String),
    /// `client append NAME`
    Append(String),
    /// `client fails to …`: the transfer must not succeed.
    Fails(Box<ClientStep>),
    /// `client size NAME`
    Size(String),
    /// `client cd NAME`
    Cd(String),
    /// `client quit`
    Quit,
    /// `client acknowledges`: now, on all its connections, what is not acknowledged yet.
    Acknowledges,
    /// `client sends LINE and shuts down`: the reply is waited for behind the client's FIN.
    SendsAndShutsDown(String),
    /// `client closes`: the control connection, both ways, without a word.
    Closes,
    /// `client shuts down`: it sends no more on the control connection, and still listens.
    ShutsDown,
    /// `client resets`: the control connection.
    Resets,
    /// `client tries ports N to N of HOST`: it dials each, one after the other, and closes what
    /// answers.
    Tries {
        /// The host.
        host: String,
        /// The first port.
        first: u16,
        /// The last one.
        last: u16,
    },
    /// `client sends datagram …`
    Datagram(Datagram),
}

/// From where the client connects, where it is not as the network says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectFrom {
    /// Its address.
    pub address: Option<Ipv4Addr>,
    /// Its port of the control connection.
    pub port: Option<u16>,
    /// Its port of the first data connection; each further one has the next.
    pub data_port: Option<u16>,
}

/// A UDP datagram of the client: `client sends datagram from port N to HOST port N length N`. The
/// answer is waited for where one is told to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Its source port, where that is not the kernel's choice.
    pub from_port: Option<u16>,
    /// The host that it goes to.
    pub host: String,
    /// The port there.
    pub port: u16,
    /// Bytes of UDP's data.
    pub length: u16,
}
