//! Moving the bytes of one transfer over TLS (RFC 4217 §9). The end of the data is the
//! `close_notify` alert; without it the data was cut.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::sync::atomic::Ordering;
use std::time::Duration;

use proto::{FromNetwork, to_network};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use crate::listing::Lister;
use crate::tls::Tls;
use crate::transfer::{Job, Progress, TransferError};
use crate::upload::Upload;

/// How much is read, converted or listed at a time.
const CHUNK: usize = 64 * 1024;

/// One transfer's end of a data connection that is not encrypted yet.
#[derive(Debug)]
pub(crate) struct SecureMover<'a> {
    pub(crate) tls: &'a Tls,
    /// How long the peer may take to take or to give one more byte.
    pub(crate) stall: Duration,
    pub(crate) progress: &'a Progress,
}

type Stream<'a> = TlsStream<&'a mut TcpStream>;

impl SecureMover<'_> {
    /// Shakes hands, does the job and closes our side. Gives back the upload, which the caller
    /// finishes or drops.
    pub(crate) async fn run(
        &self,
        stream: &mut TcpStream,
        job: Job,
    ) -> Result<Option<Upload>, TransferError> {
        // The server is the TLS server whichever side dialled (RFC 4217 §7).
        let mut stream = self
            .within(self.tls.acceptor().accept(stream))
            .await
            .map_err(|error| match error {
                TransferError::Connection(error) => TransferError::Handshake(error),
                other => other,
            })?;
        match job {
            Job::Send { file, offset, size } => {
                self.send_file(&mut stream, &file, offset, size).await?;
            }
            Job::SendText { file, skip } => self.send_text(&mut stream, &file, skip).await?,
            Job::SendListing(lister) => self.send_listing(&mut stream, lister).await?,
            Job::Receive { mut upload, text } => {
                upload.begin().map_err(TransferError::Write)?;
                self.receive(&mut stream, &mut upload, text).await?;
                self.progress.tell_closed();
                // Many clients wait for our half of the closing alerts. One that does not has
                // sent its whole file all the same.
                let _ = self.within(stream.shutdown()).await;
                return Ok(Some(upload));
            }
        }
        self.within(stream.flush()).await?;
        self.progress.tell_closed();
        self.within(stream.shutdown()).await?;
        Ok(None)
    }

    async fn within<T>(
        &self,
        work: impl Future<Output = io::Result<T>>,
    ) -> Result<T, TransferError> {
        match timeout(self.stall, work).await {
            Err(_) => Err(TransferError::Stalled),
            Ok(done) => done.map_err(TransferError::Connection),
        }
    }

    async fn send_file(
        &self,
        stream: &mut Stream<'_>,
        file: &File,
        mut offset: u64,
        size: u64,
    ) -> Result<(), TransferError> {
        let mut bytes = vec![0; CHUNK];
        while offset < size {
            let left = usize::try_from(size - offset).unwrap_or(CHUNK).min(CHUNK);
            let count = read_at(file, &mut bytes[..left], offset)?;
            if count == 0 {
                return Err(TransferError::Shortened);
            }
            offset += count as u64;
            self.send(stream, &bytes[..count]).await?;
        }
        Ok(())
    }

    async fn send_text(
        &self,
        stream: &mut Stream<'_>,
        file: &File,
        mut skip: u64,
    ) -> Result<(), TransferError> {
        let mut bytes = vec![0; CHUNK];
        let mut text = Vec::with_capacity(CHUNK * 2);
        let mut offset = 0;
        loop {
            let count = read_at(file, &mut bytes, offset)?;
            if count == 0 {
                return Ok(());
            }
            offset += count as u64;
            text.clear();
            to_network(&bytes[..count], &mut text);
            let skipped = usize::try_from(skip).unwrap_or(usize::MAX).min(text.len());
            skip -= skipped as u64;
            self.send(stream, &text[skipped..]).await?;
        }
    }

    async fn send_listing(
        &self,
        stream: &mut Stream<'_>,
        mut lister: Lister,
    ) -> Result<(), TransferError> {
        let mut lines = Vec::with_capacity(CHUNK);
        loop {
            lines.clear();
            lister.prepare().await.map_err(TransferError::Read)?;
            let more = lister.fill(&mut lines, CHUNK);
            yield_now().await;
            self.send(stream, &lines).await?;
            if !more {
                return Ok(());
            }
        }
    }

    async fn send(&self, stream: &mut Stream<'_>, mut bytes: &[u8]) -> Result<(), TransferError> {
        while !bytes.is_empty() {
            let sent = self.within(stream.write(bytes)).await?;
            if sent == 0 {
                return Err(TransferError::Connection(io::ErrorKind::WriteZero.into()));
            }
            bytes = &bytes[sent..];
            self.progress
                .moved
                .fetch_add(sent as u64, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Until the client's `close_notify`; an end without it is an error.
    async fn receive(
        &self,
        stream: &mut Stream<'_>,
        upload: &mut Upload,
        text: bool,
    ) -> Result<(), TransferError> {
        let mut bytes = vec![0; CHUNK];
        let mut converter = FromNetwork::default();
        let mut lines = Vec::new();
        loop {
            let count = self.within(stream.read(&mut bytes)).await?;
            if count == 0 {
                break;
            }
            self.progress
                .moved
                .fetch_add(count as u64, Ordering::Relaxed);
            let written = if text {
                lines.clear();
                converter.convert(&bytes[..count], &mut lines);
                upload.file.write_all(&lines)
            } else {
                upload.file.write_all(&bytes[..count])
            };
            written.map_err(TransferError::Write)?;
        }
        lines.clear();
        converter.finish(&mut lines);
        upload.file.write_all(&lines).map_err(TransferError::Write)
    }
}

fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> Result<usize, TransferError> {
    loop {
        match file.read_at(bytes, offset) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read.map_err(TransferError::Read),
        }
    }
}
