//! What a server of NFS replies.

use super::super::Printer;
use super::super::ip::Addresses;
use super::super::text::{Append, Cut, be32, from, named};
use super::handle::handle;
use super::names::{AUTHENTICATION, CALL_ERRORS, ERRORS};
use super::request::write_mode;
use super::{Stop, be64, hex64, name, procedure, verifier};

/// The results of one call, while they are printed.
pub(super) struct Results<'p, 'o> {
    pub(super) p: &'p mut Printer<'o>,
    pub(super) v3: bool,
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
            if let Some(name) = named(&AUTHENTICATION, why) {
                p.text(name);
            } else {
                p.text("Invalid failure code ");
                p.dec(why);
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
    pub(super) fn verbose(&self) -> u8 {
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
            (8..=10, true) | (11, _) => self.created(rest),
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
            if let Some(name) = named(&CALL_ERRORS, status) {
                self.p.text(name);
            } else {
                self.p.text("ar_stat ");
                self.p.dec(status);
            }
            self.failed = true;
            return Err(Stop::Short);
        }
        Ok(from(rest, 4))
    }

    /// Whether the procedure failed, and what follows.
    pub(super) fn status<'a>(&mut self, rest: &'a [u8]) -> Result<(bool, &'a [u8]), Cut> {
        let status = be32(rest, 0)?;
        if status != 0 {
            if !self.p.style.quiet {
                self.p.text(" ERROR: ");
                if let Some(name) = named(&ERRORS, status) {
                    self.p.text(name);
                } else {
                    self.p.text("unk ");
                    self.p.dec(status);
                }
            }
            self.failed = true;
        }
        Ok((status != 0, from(rest, 4)))
    }

    /// A label that stands there from so many `-v` on.
    pub(super) fn label(&mut self, least: u8, label: &str) {
        if self.verbose() >= least {
            self.p.text(label);
        }
    }

    pub(super) fn fields(&mut self, fields: &[(&str, u64)]) {
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
}
