//! What a server of NFS replies.

use super::super::Printer;
use super::super::ip::Addresses;
use super::super::text::{Append, Cut, be32, from, named};
use super::handle::handle;
use super::names::{AUTHENTICATION, CALL_ERRORS, ERRORS, FILE_TYPES};
use super::request::write_mode;
use super::{Stop, be64, hex64, name, octal, procedure, time, verifier};

/// The results of one call, while they are printed.
struct Results<'p, 'o> {
    p: &'p mut Printer<'o>,
    v3: bool,
    /// It was said that the call failed; then nothing is missing.
    failed: bool,
}

pub(super) fn reply(
    p: &mut Printer<'_>,
    addresses: &Addresses,
    bytes: &[u8],
    len: u32,
) -> Result<(), Cut> {
    match be32(bytes, 8) {
        Err(Cut) => p.truncated(),
        Ok(0) => {
            p.text("reply ok ");
            p.dec(len);
            let id = be32(bytes, 0)?;
            if let Some((number, version)) = p.memory.nfs_calls.find(id, addresses) {
                let number = procedure(p, number, version);
                let mut results = Results {
                    p,
                    v3: version == 3,
                    failed: false,
                };
                match results.of(number, bytes, len) {
                    Ok(()) => {}
                    Err(Stop::Cut) => return Err(Cut),
                    Err(Stop::Short) if results.failed => {}
                    Err(Stop::Short) => p.truncated(),
                }
            }
        }
        Ok(1) => {
            p.text("reply ERR ");
            p.dec(len);
            p.text(": ");
            if denied(p, bytes).is_err() {
                p.truncated();
            }
        }
        Ok(code) => {
            p.text("reply Unknown rpc response code=");
            p.dec(code);
            p.text(" ");
            p.dec(len);
        }
    }
    Ok(())
}

fn denied(p: &mut Printer<'_>, bytes: &[u8]) -> Result<(), Cut> {
    match be32(bytes, 12)? {
        0 => {
            let (low, high) = (be32(bytes, 16)?, be32(bytes, 20)?);
            p.text("RPC Version mismatch (");
            p.dec(low);
            p.text("-");
            p.dec(high);
            p.text(")");
        }
        1 => {
            let why = be32(bytes, 16)?;
            p.text("Auth ");
            match named(&AUTHENTICATION, why) {
                Some(name) => p.text(name),
                None => {
                    p.text("Invalid failure code ");
                    p.dec(why);
                }
            }
        }
        reason => {
            p.text("Unknown reason for rejecting rpc message ");
            p.dec(reason);
        }
    }
    Ok(())
}

impl Results<'_, '_> {
    fn verbose(&self) -> u8 {
        self.p.verbose()
    }

    fn of(&mut self, number: u32, bytes: &[u8], len: u32) -> Result<(), Stop> {
        if !(1..=21).contains(&number) {
            return Ok(());
        }
        let rest = self.accepted(bytes, len)?;
        match (number, self.v3) {
            (1, _) | (2, false) => self.attributes_only(rest, 1),
            (6 | 7, false) => self.attributes_only(rest, self.verbose()),
            (2 | 12 | 13, true) => {
                let (_, rest) = self.status(rest)?;
                self.changes(rest).map(drop)
            }
            (3, true) => self.looked_up(rest),
            (3 | 8 | 9, false) => {
                let (failed, rest) = self.status(rest)?;
                if failed {
                    return Ok(());
                }
                let rest = handle(self.p, rest, false)?;
                self.attributes(rest, self.verbose(), false).map(drop)
            }
            (4, _) => {
                let (failed, rest) = self.status(rest)?;
                self.label(1, " attr:");
                let rest = self.after(rest)?;
                if !failed {
                    let rights = be32(rest, 0)?;
                    self.p.text(" c ");
                    self.p.out.hex(rights, 4);
                }
                Ok(())
            }
            (5, _) => self.link(rest),
            (6, true) => self.read(rest),
            (7, true) => self.written(rest),
            (8 | 9 | 10, true) | (11, _) => self.created(rest),
            (10 | 12..=15, false) => {
                self.status(rest)?;
                Ok(())
            }
            (14, true) => {
                let (_, rest) = self.status(rest)?;
                if self.verbose() > 0 {
                    self.p.text(" from:");
                    let rest = self.changes(rest)?;
                    self.p.text(" to:");
                    self.changes(rest)?;
                }
                Ok(())
            }
            (15, true) => {
                let (_, rest) = self.status(rest)?;
                if self.verbose() > 0 {
                    self.p.text(" file POST:");
                    let rest = self.after(rest)?;
                    self.p.text(" dir:");
                    self.changes(rest)?;
                }
                Ok(())
            }
            (16, false) => self.directory2(rest),
            (16, true) | (17, _) => self.directory3(rest),
            (18, _) => self.file_system(rest),
            (19, _) => self.limits(rest),
            (20, _) => self.path_limits(rest),
            _ => {
                let (_, rest) = self.status(rest)?;
                let rest = self.changes(rest)?;
                if self.verbose() > 1 {
                    let verifier = be64(rest, 0)?;
                    self.p.text(" verf ");
                    hex64(self.p, verifier);
                }
                Ok(())
            }
        }
    }

    /// Where the results begin, when the server carried the call out.
    fn accepted<'a>(&mut self, bytes: &'a [u8], len: u32) -> Result<&'a [u8], Stop> {
        let opaque = be32(bytes, 16)?;
        if opaque >= len {
            return Err(Stop::Short);
        }
        let rest = from(
            bytes,
            (opaque as usize).next_multiple_of(4).saturating_add(20),
        );
        let status = be32(rest, 0)?;
        if status != 0 {
            self.p.text(" ");
            match named(&CALL_ERRORS, status) {
                Some(name) => self.p.text(name),
                None => {
                    self.p.text("ar_stat ");
                    self.p.dec(status);
                }
            }
            self.failed = true;
            return Err(Stop::Short);
        }
        Ok(from(rest, 4))
    }

    /// Whether the procedure failed, and what follows.
    fn status<'a>(&mut self, rest: &'a [u8]) -> Result<(bool, &'a [u8]), Cut> {
        let status = be32(rest, 0)?;
        if status != 0 {
            if !self.p.style.quiet {
                self.p.text(" ERROR: ");
                match named(&ERRORS, status) {
                    Some(name) => self.p.text(name),
                    None => {
                        self.p.text("unk ");
                        self.p.dec(status);
                    }
                }
            }
            self.failed = true;
        }
        Ok((status != 0, from(rest, 4)))
    }

    /// A label that stands there from so many `-v` on.
    fn label(&mut self, least: u8, label: &str) {
        if self.verbose() >= least {
            self.p.text(label);
        }
    }

    fn fields(&mut self, fields: &[(&str, u64)]) {
        for &(label, value) in fields {
            self.p.text(label);
            self.p.dec(value);
        }
    }

    fn attributes_only(&mut self, rest: &[u8], verbose: u8) -> Result<(), Stop> {
        let (failed, rest) = self.status(rest)?;
        if !failed {
            self.attributes(rest, verbose, self.v3)?;
        }
        Ok(())
    }

    /// A file's attributes.
    fn attributes<'a>(&mut self, rest: &'a [u8], verbose: u8, v3: bool) -> Result<&'a [u8], Stop> {
        if rest.len() < 20 {
            return Err(Stop::Short);
        }
        let word = |at| be32(rest, at);
        if verbose > 0 {
            let kind = word(0)?;
            self.p.text(" ");
            match named(&FILE_TYPES, kind) {
                Some(name) => self.p.text(name),
                None => {
                    self.p.text("unk-ft ");
                    self.p.dec(kind);
                    self.p.text(" ");
                }
            }
            self.p.text(" ");
            octal(self.p, word(4)?);
            let ids = (word(12)?.cast_signed(), word(16)?.cast_signed());
            self.p.text(&format!(" ids {}/{}", ids.0, ids.1));
            let size = if v3 {
                be64(rest, 20)?
            } else {
                word(20)?.into()
            };
            self.fields(&[(" sz ", size)]);
        }
        if verbose > 1 {
            let (len, times) = if v3 {
                (84, [60, 68, 76])
            } else {
                (68, [44, 52, 60])
            };
            if rest.len() < len {
                return Err(Stop::Short);
            }
            self.fields(&[(" nlink ", word(8)?.into())]);
            if v3 {
                self.fields(&[(" rdev ", word(36)?.into()), ("/", word(40)?.into())]);
                self.p.text(" fsid ");
                hex64(self.p, be64(rest, 44)?);
                self.p.text(" fileid ");
                hex64(self.p, be64(rest, 52)?);
            } else {
                for (label, at) in [(" rdev 0x", 28), (" fsid 0x", 36), (" nodeid 0x", 40)] {
                    self.p.text(label);
                    self.p.out.hex(word(at)?, 1);
                }
            }
            self.p.text(" a/m/ctime");
            for at in times {
                self.p.text(" ");
                time(self.p, word(at)?, word(at + 4)?);
            }
        }
        Ok(from(rest, if v3 { 84 } else { 68 }))
    }

    /// Attributes after the operation, if they are there.
    fn after<'a>(&mut self, rest: &'a [u8]) -> Result<&'a [u8], Stop> {
        let there = be32(rest, 0)? != 0;
        let rest = from(rest, 4);
        if !there {
            Ok(rest)
        } else if self.verbose() > 0 {
            self.attributes(rest, self.verbose(), true)
        } else {
            Ok(from(rest, 84))
        }
    }

    /// What was before the operation, and after it.
    fn changes<'a>(&mut self, rest: &'a [u8]) -> Result<&'a [u8], Stop> {
        self.label(2, " PRE:");
        let there = be32(rest, 0)? != 0;
        let mut rest = from(rest, 4);
        if there {
            if rest.len() < 24 {
                return Err(Stop::Short);
            }
            if self.verbose() > 1 {
                self.fields(&[(" sz ", be64(rest, 0)?)]);
                for (label, at) in [(" mtime ", 8), (" ctime ", 16)] {
                    self.p.text(label);
                    time(self.p, be32(rest, at)?, be32(rest, at + 4)?);
                }
            }
            rest = from(rest, 24);
        }
        self.label(1, " POST:");
        self.after(rest)
    }

    fn looked_up(&mut self, rest: &[u8]) -> Result<(), Stop> {
        let (failed, mut rest) = self.status(rest)?;
        if !failed {
            rest = handle(self.p, rest, true)?;
            rest = self.after(rest)?;
        }
        if self.verbose() > 1 {
            self.p.text(" post dattr:");
            self.after(rest)?;
        }
        Ok(())
    }

    fn link(&mut self, rest: &[u8]) -> Result<(), Stop> {
        let (failed, mut rest) = self.status(rest)?;
        if failed {
            return Ok(());
        }
        if self.v3 {
            rest = self.after(rest)?;
        }
        self.p.text(" ");
        name(self.p, rest).map(drop)
    }

    fn read(&mut self, rest: &[u8]) -> Result<(), Stop> {
        let (failed, rest) = self.status(rest)?;
        let rest = self.after(rest)?;
        if !failed && self.verbose() > 0 {
            let count = be32(rest, 0)?;
            self.fields(&[(" ", count.into())]);
            self.p.text(" bytes");
            if be32(rest, 4)? != 0 {
                self.p.text(" EOF");
            }
        }
        Ok(())
    }

    fn written(&mut self, rest: &[u8]) -> Result<(), Stop> {
        let (failed, rest) = self.status(rest)?;
        let rest = self.changes(rest)?;
        if !failed && self.verbose() > 0 {
            let count = be32(rest, 0)?;
            self.fields(&[(" ", count.into())]);
            self.p.text(" bytes");
            if self.verbose() > 1 {
                write_mode(self.p, be32(rest, 4)?);
                let verifier = be64(rest, 8)?;
                self.p.text(" verf ");
                hex64(self.p, verifier);
            }
        }
        Ok(())
    }

    fn created(&mut self, rest: &[u8]) -> Result<(), Stop> {
        let (failed, rest) = self.status(rest)?;
        if failed {
            return self.changes(rest).map(drop);
        }
        let there = be32(rest, 0)? != 0;
        if !there {
            return Ok(());
        }
        let rest = handle(self.p, from(rest, 4), true)?;
        if self.verbose() > 0 {
            let rest = self.after(rest)?;
            if self.verbose() > 1 {
                self.p.text(" dir attr:");
                self.changes(rest)?;
            }
        }
        Ok(())
    }

    fn directory2(&mut self, rest: &[u8]) -> Result<(), Stop> {
        let (failed, rest) = self.status(rest)?;
        if failed || self.p.style.quiet {
            return Ok(());
        }
        let (offset, size) = (be32(rest, 0)?, be32(rest, 4)?);
        self.p.text(" offset 0x");
        self.p.out.hex(offset, 1);
        self.fields(&[(" size ", size.into())]);
        self.p.text(" ");
        if be32(rest, 8)? != 0 {
            self.p.text(" eof");
        }
        Ok(())
    }

    fn directory3(&mut self, rest: &[u8]) -> Result<(), Stop> {
        let (failed, rest) = self.status(rest)?;
        self.label(1, " POST:");
        let rest = self.after(rest)?;
        if !failed && self.verbose() > 0 {
            verifier(self.p, (be32(rest, 0)?, be32(rest, 4)?));
        }
        Ok(())
    }

    fn file_system(&mut self, rest: &[u8]) -> Result<(), Stop> {
        let (failed, mut rest) = self.status(rest)?;
        if (!self.v3 && failed) || self.p.style.quiet {
            return Ok(());
        }
        if self.v3 {
            self.label(1, " POST:");
            rest = self.after(rest)?;
        }
        if rest.len() < if self.v3 { 52 } else { 20 } {
            return Err(Stop::Short);
        }
        if self.v3 {
            self.fields(&[
                (" tbytes ", be64(rest, 0)?),
                (" fbytes ", be64(rest, 8)?),
                (" abytes ", be64(rest, 16)?),
            ]);
            if self.verbose() > 0 {
                self.fields(&[
                    (" tfiles ", be64(rest, 24)?),
                    (" ffiles ", be64(rest, 32)?),
                    (" afiles ", be64(rest, 40)?),
                    (" invar ", be32(rest, 48)?.into()),
                ]);
            }
        } else {
            self.fields(&[
                (" tsize ", be32(rest, 0)?.into()),
                (" bsize ", be32(rest, 4)?.into()),
                (" blocks ", be32(rest, 8)?.into()),
                (" bfree ", be32(rest, 12)?.into()),
                (" bavail ", be32(rest, 16)?.into()),
            ]);
        }
        Ok(())
    }

    fn limits(&mut self, rest: &[u8]) -> Result<(), Stop> {
        let (failed, rest) = self.status(rest)?;
        self.label(1, " POST:");
        let rest = self.after(rest)?;
        if failed {
            return Ok(());
        }
        if rest.len() < 48 {
            return Err(Stop::Short);
        }
        let word = |at| be32(rest, at).map(u64::from);
        self.fields(&[
            (" rtmax ", word(0)?),
            (" rtpref ", word(4)?),
            (" wtmax ", word(12)?),
            (" wtpref ", word(16)?),
            (" dtpref ", word(24)?),
        ]);
        if self.verbose() > 0 {
            self.fields(&[
                (" rtmult ", word(8)?),
                (" wtmult ", word(20)?),
                (" maxfsz ", be64(rest, 28)?),
            ]);
            self.p.text(" delta ");
            time(self.p, be32(rest, 36)?, be32(rest, 40)?);
            self.p.text(" ");
        }
        Ok(())
    }

    fn path_limits(&mut self, rest: &[u8]) -> Result<(), Stop> {
        let (failed, rest) = self.status(rest)?;
        self.label(1, " POST:");
        let rest = self.after(rest)?;
        if failed {
            return Ok(());
        }
        if rest.len() < 24 {
            return Err(Stop::Short);
        }
        self.fields(&[
            (" linkmax ", be32(rest, 0)?.into()),
            (" namemax ", be32(rest, 4)?.into()),
        ]);
        for (at, word) in [
            (8, "notrunc"),
            (12, "chownres"),
            (16, "igncase"),
            (20, "keepcase"),
        ] {
            self.p.text(" ");
            if be32(rest, at)? != 0 {
                self.p.text(word);
            }
        }
        Ok(())
    }
}
