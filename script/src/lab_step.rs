//! The steps of a scenario.

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
    /// `client connect`
    Connect,
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
}
