//! The results of NFS that many procedures share, and those about a whole file system.

use super::super::text::{Append, be32, from, named};
use super::names::FILE_TYPES;
use super::reply::Results;
use super::{Stop, be64, hex64, octal, time};

impl Results<'_, '_> {
    /// A file's attributes.
    pub(super) fn attributes<'a>(
        &mut self,
        rest: &'a [u8],
        verbose: u8,
        v3: bool,
    ) -> Result<&'a [u8], Stop> {
        if rest.len() < 20 {
            return Err(Stop::Short);
        }
        let word = |at| be32(rest, at);
        if verbose > 0 {
            let kind = word(0)?;
            self.p.text(" ");
            if let Some(name) = named(&FILE_TYPES, kind) {
                self.p.text(name);
            } else {
                self.p.text("unk-ft ");
                self.p.dec(kind);
                self.p.text(" ");
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
    pub(super) fn after<'a>(&mut self, rest: &'a [u8]) -> Result<&'a [u8], Stop> {
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
    pub(super) fn changes<'a>(&mut self, rest: &'a [u8]) -> Result<&'a [u8], Stop> {
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

    pub(super) fn file_system(&mut self, rest: &[u8]) -> Result<(), Stop> {
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

    pub(super) fn limits(&mut self, rest: &[u8]) -> Result<(), Stop> {
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

    pub(super) fn path_limits(&mut self, rest: &[u8]) -> Result<(), Stop> {
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
