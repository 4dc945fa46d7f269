//! A session with a server: connecting, logging in, and every command without data.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use proto::{Code, Command, Password, Pathname, Reply, Text, TimeVal, TypeCode, parse_quoted};
use tokio::net::ToSocketAddrs;

use crate::abort::Aborter;
use crate::control::Control;
use crate::data::{NamedPorts, connect, refusal};
use crate::error::ClientError;
use crate::options::{DataMode, Options};
use crate::sockets::Connection;

/// A session with an FTP server.
///
/// A path is bytes, relative to the server's current directory unless it begins with `/`. A
/// method that fails with [`ClientError::Refused`] leaves the session usable.
#[derive(Debug)]
pub struct Session {
    pub(crate) control: Control,
    pub(crate) options: Options,
    greeting: Reply,
    /// The server did not know EPSV, so it is not asked again.
    pub(crate) epsv_refused: bool,
    /// The server did not know MLSD, so it is not asked again.
    pub(crate) mlsd_refused: bool,
    /// Data connections are under TLS (PROT P).
    pub(crate) data_protected: bool,
    pub(crate) aborter: Aborter,
    /// Bytes of the transfer under way, or of the last one.
    pub(crate) moved: Arc<AtomicU64>,
    pub(crate) data_port: Option<u16>,
    /// The ports that PORT and EPRT named last.
    pub(crate) named_ports: NamedPorts,
    pub(crate) type_code: TypeCode,
}

impl Session {
    /// Connects to the first address that answers, reads the greeting, and secures the
    /// connection if the options ask for TLS.
    ///
    /// # Errors
    /// When no address answers, or the greeting is not 220.
    pub async fn connect(
        address: impl ToSocketAddrs,
        options: Options,
    ) -> Result<Self, ClientError> {
        let addresses =
            tokio::time::timeout(options.connect_timeout, tokio::net::lookup_host(address))
                .await
                .unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
                .map_err(ClientError::Resolve)?;
        let mut failure = match options.family {
            Some(family) => ClientError::NoAddress(family),
            None => ClientError::Resolve(std::io::ErrorKind::NotFound.into()),
        };
        let wanted = |addr: &SocketAddr| options.family.is_none_or(|family| family.has(*addr));
        for addr in addresses.filter(wanted) {
            match connect(addr, options.local_address, &options, Connection::Control).await {
                Ok(stream) => {
                    let control = Control::new(stream, addr, options.reply_timeout)
                        .map_err(ClientError::Control)?;
                    return Self::greet(control, options).await;
                }
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    async fn greet(mut control: Control, options: Options) -> Result<Self, ClientError> {
        if let Some(tls) = options.tls.as_ref().filter(|tls| tls.implicit) {
            control = control.secure(tls).await?;
        }
        // 120 announces a delay (RFC 959 §5.4).
        let greeting = control.last_reply().await?;
        if greeting.code != Code::READY {
            let command = "connection".to_owned();
            return Err(if greeting.code.is_negative() {
                ClientError::Refused {
                    command,
                    reply: greeting,
                }
            } else {
                ClientError::Unexpected {
                    command,
                    reply: greeting,
                }
            });
        }
        if let Some(tls) = options.tls.as_ref().filter(|tls| !tls.implicit) {
            let auth = Command::Auth(Text::new(*b"TLS")?);
            control.send(&auth).await?;
            let reply = control.last_reply().await?;
            if reply.code != Code::SECURITY_EXCHANGE_COMPLETE {
                return Err(refusal(&auth, reply));
            }
            control = control.secure(tls).await?;
        }
        Ok(Self {
            control,
            data_port: options.data_port,
            named_ports: NamedPorts::default(),
            options,
            greeting,
            epsv_refused: false,
            mlsd_refused: false,
            data_protected: false,
            aborter: Aborter::default(),
            moved: Arc::default(),
            type_code: TypeCode::Ascii(proto::Format::NonPrint),
        })
    }

    /// What the server said first.
    pub const fn greeting(&self) -> &Reply {
        &self.greeting
    }

    /// The server's address.
    pub const fn peer_addr(&self) -> SocketAddr {
        self.control.peer
    }

    /// Our address.
    pub const fn local_addr(&self) -> SocketAddr {
        self.control.local
    }

    /// Until when replies are awaited, however many they are. The time-out of each holds besides.
    pub const fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.control.deadline = deadline;
    }

    /// Sends a command that needs no data connection, and gives the reply that ends it,
    /// whatever it says.
    ///
    /// # Errors
    /// When the connection fails or what comes is no reply.
    pub async fn command(&mut self, command: &Command) -> Result<Reply, ClientError> {
        self.control.send(command).await?;
        self.control.last_reply().await
    }

    /// Sends a line as it is, without CRLF, and gives the reply that ends it. The line must need
    /// no data connection.
    ///
    /// # Errors
    /// As [`command`](Self::command).
    pub async fn quote(&mut self, line: impl AsRef<[u8]>) -> Result<Reply, ClientError> {
        self.control.send_line(line.as_ref()).await?;
        self.control.last_reply().await
    }

    /// Carries out a command that any 2yz completes.
    async fn complete(&mut self, command: Command) -> Result<Reply, ClientError> {
        let reply = self.command(&command).await?;
        if reply.code.is_completion() {
            Ok(reply)
        } else {
            Err(refusal(&command, reply))
        }
    }

    /// Carries out a command whose 3yz asks for the next one.
    async fn begin(&mut self, command: Command) -> Result<Reply, ClientError> {
        let reply = self.command(&command).await?;
        if reply.code.is_intermediate() {
            Ok(reply)
        } else {
            Err(refusal(&command, reply))
        }
    }

    /// USER, and PASS if the server wants it; under TLS also PBSZ and PROT.
    ///
    /// # Errors
    /// As [`authenticate`](Self::authenticate); also when the server refuses PBSZ or PROT.
    pub async fn login(
        &mut self,
        user: impl AsRef<[u8]>,
        password: impl AsRef<[u8]>,
    ) -> Result<Reply, ClientError> {
        let reply = self.authenticate(user, password).await?;
        if self.options.tls.is_some() {
            // RFC 4217 §9: nothing to buffer, and data as private as the commands.
            self.complete(Command::Pbsz(0)).await?;
            self.complete(Command::Prot('P')).await?;
            self.data_protected = true;
        }
        Ok(reply)
    }

    /// USER, and PASS if the server wants it, and nothing else: under TLS, data connections stay
    /// in clear text.
    ///
    /// # Errors
    /// [`ClientError::LoginRefused`] when the login is incorrect; [`ClientError::Unexpected`] when
    /// the server wants more than a password.
    pub async fn authenticate(
        &mut self,
        user: impl AsRef<[u8]>,
        password: impl AsRef<[u8]>,
    ) -> Result<Reply, ClientError> {
        let refused = |reply| ClientError::LoginRefused {
            user: String::from_utf8_lossy(user.as_ref()).into_owned(),
            reply,
        };
        let user = Command::User(Text::new(user.as_ref())?);
        let password = Command::Pass(Password::new(password.as_ref())?);
        let reply = self.command(&user).await?;
        let reply = if reply.code.is_completion() {
            reply
        } else if reply.code == Code::NEED_PASSWORD {
            let reply = self.command(&password).await?;
            if reply.code.is_negative() {
                return Err(refused(reply));
            }
            if !reply.code.is_completion() {
                return Err(refusal(&password, reply));
            }
            reply
        } else if reply.code.is_negative() {
            return Err(refused(reply));
        } else {
            return Err(refusal(&user, reply));
        };
        Ok(reply)
    }

    /// SYST: what the server's system calls itself.
    ///
    /// # Errors
    /// When the server refuses, or the connection fails; likewise below.
    pub async fn syst(&mut self) -> Result<String, ClientError> {
        let reply = self.complete(Command::Syst).await?;
        Ok(String::from_utf8_lossy(reply.text()).into_owned())
    }

    /// TYPE: what [`retrieve`](Self::retrieve) and [`store`](Self::store) will do with line ends.
    ///
    /// # Errors
    /// As [`syst`](Self::syst).
    pub async fn type_(&mut self, code: TypeCode) -> Result<(), ClientError> {
        self.complete(Command::Type(code)).await?;
        self.type_code = code;
        Ok(())
    }

    /// CWD.
    ///
    /// # Errors
    /// As [`syst`](Self::syst).
    pub async fn cwd(&mut self, path: impl AsRef<[u8]>) -> Result<(), ClientError> {
        self.complete(Command::Cwd(pathname(path)?)).await.map(drop)
    }

    /// CDUP.
    ///
    /// # Errors
    /// As [`syst`](Self::syst).
    pub async fn cdup(&mut self) -> Result<(), ClientError> {
        self.complete(Command::Cdup).await.map(drop)
    }

    /// PWD: the current directory.
    ///
    /// # Errors
    /// As [`syst`](Self::syst); also when the reply has no path in quotes.
    pub async fn pwd(&mut self) -> Result<Vec<u8>, ClientError> {
        let reply = self.complete(Command::Pwd).await?;
        match parse_quoted(reply.text()) {
            Some(path) => Ok(path),
            None => Err(refusal(&Command::Pwd, reply)),
        }
    }

    /// SIZE: how many bytes RETR would send, in the type that is set.
    ///
    /// # Errors
    /// As [`syst`](Self::syst); also when the reply is no number.
    pub async fn size(&mut self, path: impl AsRef<[u8]>) -> Result<u64, ClientError> {
        let command = Command::Size(pathname(path)?);
        let reply = self.complete(command.clone()).await?;
        let digits = reply.text().trim_ascii();
        let number = std::str::from_utf8(digits)
            .ok()
            .filter(|_| digits.iter().all(u8::is_ascii_digit));
        match number.and_then(|digits| digits.parse().ok()) {
            Some(size) => Ok(size),
            None => Err(refusal(&command, reply)),
        }
    }

    /// MDTM: when the file changed last, UTC.
    ///
    /// # Errors
    /// As [`syst`](Self::syst); also when the reply is no time.
    pub async fn mdtm(&mut self, path: impl AsRef<[u8]>) -> Result<TimeVal, ClientError> {
        let command = Command::Mdtm(pathname(path)?);
        let reply = self.complete(command.clone()).await?;
        TimeVal::parse(reply.text().trim_ascii()).map_err(|_| refusal(&command, reply))
    }

    /// MKD.
    ///
    /// # Errors
    /// As [`syst`](Self::syst).
    pub async fn mkdir(&mut self, path: impl AsRef<[u8]>) -> Result<(), ClientError> {
        self.complete(Command::Mkd(pathname(path)?)).await.map(drop)
    }

    /// RMD.
    ///
    /// # Errors
    /// As [`syst`](Self::syst).
    pub async fn rmdir(&mut self, path: impl AsRef<[u8]>) -> Result<(), ClientError> {
        self.complete(Command::Rmd(pathname(path)?)).await.map(drop)
    }

    /// DELE.
    ///
    /// # Errors
    /// As [`syst`](Self::syst).
    pub async fn delete(&mut self, path: impl AsRef<[u8]>) -> Result<(), ClientError> {
        self.complete(Command::Dele(pathname(path)?))
            .await
            .map(drop)
    }

    /// RNFR and RNTO.
    ///
    /// # Errors
    /// As [`syst`](Self::syst).
    pub async fn rename(
        &mut self,
        from: impl AsRef<[u8]>,
        to: impl AsRef<[u8]>,
    ) -> Result<(), ClientError> {
        let (from, to) = (pathname(from)?, pathname(to)?);
        self.begin(Command::Rnfr(from)).await?;
        self.complete(Command::Rnto(to)).await.map(drop)
    }

    /// MFMT: sets when the file changed last.
    ///
    /// # Errors
    /// As [`syst`](Self::syst).
    pub async fn mfmt(&mut self, time: TimeVal, path: impl AsRef<[u8]>) -> Result<(), ClientError> {
        self.complete(Command::Mfmt(time, pathname(path)?))
            .await
            .map(drop)
    }

    /// How many bytes of the transfer under way, or of the last one, have passed the data
    /// connection; to be looked at from another thread meanwhile.
    pub fn progress(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.moved)
    }

    /// Changes how the next data connections are made.
    pub const fn set_mode(&mut self, mode: DataMode) {
        self.options.mode = mode;
    }

    /// How the next data connection will be made.
    pub const fn mode(&self) -> DataMode {
        self.options.mode
    }

    /// NOOP.
    ///
    /// # Errors
    /// As [`syst`](Self::syst).
    pub async fn noop(&mut self) -> Result<(), ClientError> {
        self.complete(Command::Noop).await.map(drop)
    }

    /// REST: where the next transfer begins.
    pub(crate) async fn restart(&mut self, offset: u64) -> Result<(), ClientError> {
        self.begin(Command::Rest(offset)).await.map(drop)
    }

    /// QUIT: says goodbye, and waits (within the reply time-out) for the server to close first.
    ///
    /// # Errors
    /// As [`syst`](Self::syst); the connection is closed in any case.
    pub async fn quit(mut self) -> Result<Reply, ClientError> {
        let reply = self.complete(Command::Quit).await?;
        self.control.close_after_peer().await;
        Ok(reply)
    }
}

pub(crate) fn pathname(path: impl AsRef<[u8]>) -> Result<Pathname, ClientError> {
    Ok(Pathname::new(path.as_ref())?)
}
