//! The usual answers that need a data connection, and MLST.

use std::sync::Arc;

use proto::{
    EntryKind, FactSet, Facts, FromNetwork, Perm, to_network, write_mlsd_line, write_mlst_line,
    write_posix_line,
};
use tokio::time::Instant;

use super::files::{name, resolve};
use super::session::{Flow, Session};
use super::usual::MODIFIED;

impl Session {
    /// RETR, STOR, APPE, STOU, LIST, NLST, MLSD.
    pub(super) async fn transfer(&mut self, verb: &str, argument: &[u8], restart: u64) -> Flow {
        let mut path = resolve(&self.folder, argument);
        let upload = ["STOR", "APPE", "STOU"].contains(&verb);
        let bytes = match verb {
            "STOU" => {
                path = self.free_name();
                None
            }
            "STOR" | "APPE" => None,
            "RETR" => match self.stage.said().files.file(&path) {
                None => Some(None),
                Some(file) => {
                    let all = self.as_sent(&file);
                    let from = usize::try_from(restart)
                        .unwrap_or(usize::MAX)
                        .min(all.len());
                    Some(all.get(from..).map(<[u8]>::to_vec))
                }
            },
            _ => Some(self.listing(verb, argument)),
        };
        if matches!(bytes, Some(None)) || (upload && argument.is_empty() && verb != "STOU") {
            return self.reply(b"550 No such thing.").await;
        }
        let begun = match verb {
            "STOU" => [b"150 FILE: ", name(&path)].concat(),
            _ => b"150 Here it comes.".to_vec(),
        };
        if self.reply(&begun).await == Flow::Over {
            return Flow::Over;
        }
        if self.open_data().await.is_err() {
            return self.reply(b"425 No data connection.").await;
        }
        let deadline = Instant::now() + self.stage.limit;
        let done = match bytes.flatten() {
            Some(bytes) => {
                self.say("data from S", &bytes);
                let sent = self.data.send(&bytes, deadline).await;
                // A client that has gone is closed all the same.
                let closed = self.data.close(deadline).await;
                sent.and(closed)
            }
            None => match self.data.receive(deadline).await {
                Ok(bytes) => {
                    self.say("data from C", &bytes);
                    self.store(verb, &path, bytes, restart)
                }
                Err(why) => Err(why),
            },
        };
        match done {
            Ok(()) => self.reply(b"226 Done.").await,
            Err(why) => self.reply(format!("426 {why}.").as_bytes()).await,
        }
    }

    fn store(
        &mut self,
        verb: &str,
        path: &[u8],
        mut bytes: Vec<u8>,
        restart: u64,
    ) -> Result<(), String> {
        if self.ascii {
            let mut local = Vec::new();
            let mut convert = FromNetwork::default();
            convert.convert(&bytes, &mut local);
            convert.finish(&mut local);
            bytes = local;
        }
        let mut said = self.stage.said();
        let before = said
            .files
            .file(path)
            .map(Arc::unwrap_or_clone)
            .unwrap_or_default();
        let keep = match verb {
            "APPE" => before.len(),
            _ => usize::try_from(restart)
                .unwrap_or(usize::MAX)
                .min(before.len()),
        };
        let mut whole = before;
        whole.truncate(keep);
        whole.append(&mut bytes);
        said.files.store(path, whole)
    }

    /// A name that no file has.
    fn free_name(&self) -> Vec<u8> {
        let said = self.stage.said();
        let names = (1..).map(|n: u32| resolve(&self.folder, format!("unique.{n}").as_bytes()));
        let mut free = names.filter(|path| said.files.file(path).is_none());
        free.next().unwrap_or_default()
    }

    /// A file's bytes as TYPE says.
    pub(super) fn as_sent(&self, file: &[u8]) -> Vec<u8> {
        if !self.ascii {
            return file.to_vec();
        }
        let mut wire = Vec::new();
        to_network(file, &mut wire);
        wire
    }

    /// The lines of LIST, NLST or MLSD; `None` when there is nothing of that name.
    fn listing(&self, verb: &str, argument: &[u8]) -> Option<Vec<u8>> {
        // `LIST -a` is what many clients send (RFC 1123 does not know it, servers do).
        let argument = if argument.starts_with(b"-") {
            b""
        } else {
            argument
        };
        let path = resolve(&self.folder, argument);
        let said = self.stage.said();
        let entries: Vec<(&[u8], Option<usize>)> = if said.files.is_folder(&path) {
            said.files.names_in(&path).collect()
        } else {
            let file = said.files.file(&path).filter(|_| verb != "MLSD")?;
            vec![(argument, Some(file.len()))]
        };
        let mut lines = Vec::new();
        for (name, size) in entries {
            let facts = facts(name, size);
            match verb {
                "LIST" => write_posix_line(&facts, i64::MAX, &mut lines),
                "MLSD" => write_mlsd_line(&facts, chosen(), &mut lines),
                _ => {
                    lines.extend_from_slice(name);
                    lines.extend_from_slice(b"\r\n");
                }
            }
        }
        Some(lines)
    }

    /// MLST: facts over the control connection (RFC 3659 §7.2).
    pub(super) async fn one_entry(&mut self, argument: &[u8]) -> Flow {
        let path = resolve(&self.folder, argument);
        let entry = {
            let said = self.stage.said();
            let size = said.files.file(&path).map(|file| Some(file.len()));
            size.or_else(|| said.files.is_folder(&path).then_some(None))
        };
        let Some(size) = entry else {
            return self.reply(b"550 No such thing.").await;
        };
        let mut line = b" ".to_vec();
        write_mlst_line(&facts(&path, size), chosen(), &mut line);
        for line in [&b"250-Facts:"[..], &line, b"250 End"] {
            if self.reply(line).await == Flow::Over {
                return Flow::Over;
            }
        }
        Flow::On
    }
}

/// Which facts MLST and MLSD give, as FEAT says.
fn chosen() -> FactSet {
    FactSet::parse(b"type;size;modify;")
}

/// A file of so many bytes, or a folder.
fn facts(name: &[u8], size: Option<usize>) -> Facts<'_> {
    Facts {
        kind: if size.is_some() {
            EntryKind::File
        } else {
            EntryKind::Directory
        },
        mode: if size.is_some() { 0o644 } else { 0o755 },
        links: 1,
        owner: b"ftp",
        group: b"ftp",
        size: size.unwrap_or(0) as u64,
        modified: MODIFIED,
        perm: Perm::NONE,
        unique: (0, 0),
        name,
        target: None,
    }
}
