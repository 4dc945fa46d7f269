//! Moving the bytes of one transfer. Knows nothing of the control connection.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bulk::BulkError;
use proto::{FromNetwork, to_network};
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::timeout;
use tracing::debug;

use crate::answer::Answer;
use crate::listing::Lister;
use crate::upload::Upload;

/// What a transfer moves.
#[derive(Debug)]
pub(crate) enum Job {
    /// The bytes from `offset` on, as they are.
    Send { file: File, offset: u64, size: u64 },
    /// The file with CRLF line ends, without the first `skip` bytes of the result.
    SendText { file: File, skip: u64 },
    /// A listing.
    SendListing(Lister),
    /// What the client sends, into a file; `text` turns CRLF into LF.
    Receive { upload: Upload, text: bool },
}

/// More bytes than this take a while.
const LONG: u64 = 1 << 20;

impl Job {
    /// Whether it sends so little that 150 and 226 may reach the client together.
    pub(crate) fn is_small_download(&self) -> bool {
        match self {
            Self::Send { .. } => !self.is_long(),
            Self::SendText { file, .. } => file.metadata().is_ok_and(|file| file.len() <= LONG),
            Self::SendListing(_) | Self::Receive { .. } => false,
        }
    }

    /// Whether it may keep a thread busy for long, so that handing it to another one is worth
    /// its price. The listing of one directory is made faster than that.
    pub(crate) fn is_long(&self) -> bool {
        match self {
            Self::Send { offset, size, .. } => size.saturating_sub(*offset) > LONG,
            Self::SendText { .. } | Self::Receive { .. } => true,
            Self::SendListing(lister) => lister.is_tree(),
        }
    }

    /// Whether any byte of the file remains to be sent.
    pub(crate) fn is_left(&self) -> bool {
        !matches!(self, Self::Send { offset, size, .. } if offset == size)
    }

    /// Sends a small file in one call, which a new connection has room for, so that no runtime
    /// needs to hear of the connection. Gives back the file, which is to be closed when the client
    /// has been told, or as an error what remains to be done.
    pub(crate) fn done_at_once(
        self,
        socket: &std::net::TcpStream,
        moved: &AtomicU64,
    ) -> Result<Result<File, Self>, TransferError> {
        let Self::Send { file, offset, size } = self else {
            return Ok(Err(self));
        };
        let sent = bulk::send_at_once(socket, &file, offset, size)?;
        moved.fetch_add(sent, Ordering::Relaxed);
        let offset = offset + sent;
        Ok(if offset < size {
            Err(Self::Send { file, offset, size })
        } else {
            Ok(file)
        })
    }
}

/// Why a transfer failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TransferError {
    #[error("the data connection could not be opened: {0}")]
    Open(io::Error),
    #[error("the data connection was not opened in time")]
    OpenTimeout,
    #[error("the TLS handshake of the data connection failed: {0}")]
    Handshake(io::Error),
    #[error("the data connection stalled")]
    Stalled,
    #[error("the data connection broke: {0}")]
    Connection(io::Error),
    #[error("reading the file failed: {0}")]
    Read(io::Error),
    #[error("the file became shorter while it was read")]
    Shortened,
    #[error("writing the file failed: {0}")]
    Write(io::Error),
}

impl From<BulkError> for TransferError {
    fn from(error: BulkError) -> Self {
        match error {
            BulkError::Stalled => Self::Stalled,
            BulkError::Connection(error) => Self::Connection(error),
            BulkError::Read(error) => Self::Read(error),
            BulkError::Shortened => Self::Shortened,
            BulkError::Write(error) => Self::Write(error),
        }
    }
}

impl TransferError {
    /// How the client is told.
    pub(crate) fn answer(&self) -> Answer<'static> {
        match self {
            Self::Open(_) => Answer::OpenFailed,
            Self::OpenTimeout => Answer::OpenTimeout,
            Self::Handshake(_) => Answer::HandshakeFailed,
            Self::Stalled => Answer::Stalled,
            Self::Connection(_) => Answer::ConnectionLost,
            Self::Read(_) => Answer::ReadFailed,
            Self::Shortened => Answer::FileChanged,
            Self::Write(error) if lacks_room(error) => Answer::StorageFull,
            Self::Write(_) => Answer::WriteFailed,
        }
    }
}

/// Whether there is no room for what was to be written, on the disk or in what the user may have.
pub(crate) fn lacks_room(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

/// How far a transfer has come, for whoever carries it out, the session and the log.
#[derive(Debug)]
pub(crate) struct Progress {
    session: u64,
    /// Bytes moved so far; STAT asks for it.
    pub(crate) moved: AtomicU64,
    told: AtomicBool,
}

impl Progress {
    pub(crate) const fn new(session: u64) -> Self {
        Self {
            session,
            moved: AtomicU64::new(0),
            told: AtomicBool::new(false),
        }
    }

    /// Told once, just before what makes the FIN (or the reset) go out.
    pub(crate) fn tell_closed(&self) {
        if !self.told.swap(true, Ordering::Relaxed) {
            let bytes = self.moved.load(Ordering::Relaxed);
            debug!(target: "ftplab::server", session = self.session, bytes, "data closed");
        }
    }
}

/// One transfer's end of the data connection.
#[derive(Debug)]
pub(crate) struct Mover<'a> {
    pub(crate) stream: &'a TcpStream,
    /// How long the peer may take to take or to give one more byte.
    pub(crate) stall: Duration,
    /// Bytes moved so far, on the wire; STAT asks for it.
    pub(crate) moved: &'a AtomicU64,
}

/// How much is read, converted or listed at a time.
const CHUNK: usize = 64 * 1024;

impl Mover<'_> {
    /// Does the job; gives back the upload, which the caller finishes or drops.
    pub(crate) async fn run(&self, job: Job) -> Result<Option<Upload>, TransferError> {
        match job {
            Job::Send { file, offset, size } => {
                let to = Some(size);
                bulk::send(self.stream, &file, offset, to, self.stall, self.moved).await?;
            }
            Job::SendText { file, skip } => self.send_text(file, skip).await?,
            Job::SendListing(lister) => self.send_listing(lister).await?,
            Job::Receive {
                mut upload,
                text: false,
            } => {
                upload.begin().map_err(TransferError::Write)?;
                let (file, stall) = (&upload.file, self.stall);
                upload.silence = bulk::receive(self.stream, file, stall, self.moved).await?;
                return Ok(Some(upload));
            }
            Job::Receive { mut upload, .. } => {
                upload.begin().map_err(TransferError::Write)?;
                self.receive_text(&mut upload).await?;
                return Ok(Some(upload));
            }
        }
        Ok(None)
    }

    async fn send_text(&self, mut file: File, mut skip: u64) -> Result<(), TransferError> {
        let mut read = vec![0; CHUNK];
        let mut text = Vec::with_capacity(CHUNK * 2);
        loop {
            let count = match file.read(&mut read) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(TransferError::Read(error)),
            };
            text.clear();
            to_network(&read[..count], &mut text);
            let skipped = usize::try_from(skip).unwrap_or(usize::MAX).min(text.len());
            skip -= skipped as u64;
            self.send_all(&text[skipped..]).await?;
        }
    }

    async fn send_listing(&self, mut lister: Lister) -> Result<(), TransferError> {
        let mut lines = Vec::with_capacity(CHUNK);
        loop {
            lines.clear();
            lister.prepare().await.map_err(TransferError::Read)?;
            let more = lister.fill(&mut lines, CHUNK);
            self.send_all(&lines).await?;
            // A client that takes everything at once must not keep the others waiting.
            yield_now().await;
            if !more {
                return Ok(());
            }
        }
    }

    async fn send_all(&self, bytes: &[u8]) -> Result<(), TransferError> {
        Ok(bulk::send_bytes(self.stream, bytes, self.stall, self.moved).await?)
    }

    /// Until the client closes its side: in stream mode that is the end of the file.
    async fn receive_text(&self, upload: &mut Upload) -> Result<(), TransferError> {
        let mut bytes = vec![0; CHUNK * 2];
        let mut converter = FromNetwork::default();
        let mut lines = Vec::new();
        let mut since = Instant::now();
        loop {
            let readable = timeout(self.stall, self.stream.readable()).await;
            readable
                .map_err(|_| TransferError::Stalled)?
                .map_err(TransferError::Connection)?;
            let count = match self.stream.try_read(&mut bytes) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if is_retry(&error) => continue,
                Err(error) => return Err(TransferError::Connection(error)),
            };
            self.moved.fetch_add(count as u64, Ordering::Relaxed);
            lines.clear();
            converter.convert(&bytes[..count], &mut lines);
            upload
                .file
                .write_all(&lines)
                .map_err(TransferError::Write)?;
            since = Instant::now();
        }
        upload.silence = since.elapsed();
        lines.clear();
        converter.finish(&mut lines);
        upload.file.write_all(&lines).map_err(TransferError::Write)
    }

    /// Closes our side, then waits until the client has closed its own, so that the FINs and
    /// the 226 always stand in one order.
    pub(crate) async fn close_first(&self, wait: Duration) {
        let stream = rustix::net::shutdown(self.stream, rustix::net::Shutdown::Write);
        if stream.is_err() {
            return;
        }
        let closed = async {
            let mut bytes = [0; 512];
            // Whatever a client sends into its download is thrown away; `wait` bounds it.
            while self.stream.readable().await.is_ok() {
                match self.stream.try_read(&mut bytes) {
                    Ok(1..) => {}
                    Err(error) if is_retry(&error) => {}
                    Ok(0) | Err(_) => break,
                }
            }
        };
        // Late or never: the transfer itself went well.
        let _ = timeout(wait, closed).await;
    }
}

fn is_retry(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

/// How many bytes the file has with CRLF line ends (RFC 3659 §4: SIZE tells what RETR would
/// send).
pub(crate) fn text_size(mut file: &File, size: u64) -> io::Result<u64> {
    file.seek(SeekFrom::Start(0))?;
    let mut bytes = vec![0; CHUNK];
    let mut total = 0;
    let mut limited = file.take(size);
    loop {
        let count = limited.read(&mut bytes)?;
        if count == 0 {
            return Ok(total);
        }
        let lines = bytes[..count].split(|&byte| byte == b'\n').count() - 1;
        total += (count + lines) as u64;
    }
}
