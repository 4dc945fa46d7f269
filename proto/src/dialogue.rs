//! Which replies may follow which command (RFC 959 §5.4), and when a command has ended (§6).

use crate::{Code, FirstDigit, Verb};

/// The exchange that one command opens: feed it the codes of the replies, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialogue {
    verb: Option<Verb>,
}

/// Where a reply leaves the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// 1yz: the command goes on, another reply will follow.
    Continues,
    /// The command has ended: 2yz done, 4yz or 5yz not done, or a code out of RFC 959's range.
    Ended,
    /// 3yz: this command has ended, and one of these must follow for the whole to succeed;
    /// empty when no RFC names a successor.
    Expects(&'static [Verb]),
}

impl Dialogue {
    /// The exchange that `verb` opens.
    pub const fn new(verb: Verb) -> Self {
        Self { verb: Some(verb) }
    }

    /// The greeting that follows a new connection (RFC 959 §5.4, "connection establishment").
    pub const fn greeting() -> Self {
        Self { verb: None }
    }

    /// Where a reply with `code` leaves the exchange.
    pub fn progress(self, code: Code) -> Progress {
        match code.first_digit() {
            Some(FirstDigit::Preliminary) => Progress::Continues,
            Some(FirstDigit::Intermediate) => Progress::Expects(self.successors(code)),
            _ => Progress::Ended,
        }
    }

    /// Whether the RFCs list `code` as a reply to this command.
    pub fn allows(self, code: Code) -> bool {
        self.codes().contains(&code.value())
    }

    /// The codes that the RFCs list, preliminary first.
    pub const fn codes(self) -> &'static [u16] {
        match self.verb {
            Some(verb) => replies(verb),
            None => &[120, 220, 421],
        }
    }

    /// What must follow a 3yz reply.
    const fn successors(self, code: Code) -> &'static [Verb] {
        match (self.verb, code.value()) {
            (Some(Verb::User), 331 | 336) => &[Verb::Pass],
            (Some(Verb::User | Verb::Pass), 332) => &[Verb::Acct],
            (Some(Verb::Rnfr), _) => &[Verb::Rnto],
            (Some(Verb::Rest), _) => &[Verb::Retr, Verb::Stor, Verb::Appe],
            (Some(Verb::Auth | Verb::Adat), _) => &[Verb::Adat],
            _ => &[],
        }
    }
}

/// RFC 959 §5.4, with the later RFCs' own lists.
#[expect(
    clippy::match_same_arms,
    reason = "in the RFC's order, one line a command"
)]
const fn replies(verb: Verb) -> &'static [u16] {
    match verb.canonical() {
        Verb::User => &[230, 232, 331, 332, 336, 421, 500, 501, 530],
        Verb::Pass => &[202, 230, 332, 421, 500, 501, 503, 530],
        Verb::Acct => &[202, 230, 421, 500, 501, 503, 530],
        Verb::Cwd | Verb::Xcwd => &[250, 421, 500, 501, 502, 530, 550],
        // §5.4 lists 200, §4.1.1 wants the same as CWD's: servers send either.
        Verb::Cdup | Verb::Xcup => &[200, 250, 421, 500, 501, 502, 530, 550],
        Verb::Smnt => &[202, 250, 421, 500, 501, 502, 530, 550],
        Verb::Rein => &[120, 220, 421, 500, 502],
        Verb::Quit => &[221, 500],
        Verb::Port => &[200, 421, 500, 501, 530],
        Verb::Pasv => &[227, 421, 500, 501, 502, 530],
        Verb::Type | Verb::Stru | Verb::Mode => &[200, 421, 500, 501, 504, 530],
        Verb::Allo => &[200, 202, 421, 500, 501, 504, 530],
        Verb::Rest => &[350, 421, 500, 501, 502, 530, 554, 555],
        Verb::Stor | Verb::Stou => &[
            110, 125, 150, 226, 250, 421, 425, 426, 450, 451, 452, 500, 501, 521, 530, 532, 551,
            552, 553,
        ],
        Verb::Appe => &[
            110, 125, 150, 226, 250, 421, 425, 426, 450, 451, 452, 500, 501, 502, 521, 530, 532,
            550, 551, 552, 553,
        ],
        Verb::Retr => &[
            110, 125, 150, 226, 250, 421, 425, 426, 450, 451, 500, 501, 521, 530, 550, 554, 555,
        ],
        Verb::List | Verb::Nlst => &[
            125, 150, 226, 250, 421, 425, 426, 450, 451, 500, 501, 502, 521, 530,
        ],
        Verb::Mlsd => &[
            125, 150, 226, 250, 421, 425, 426, 450, 451, 500, 501, 502, 521, 530, 550,
        ],
        Verb::Rnfr => &[350, 421, 450, 500, 501, 502, 530, 550],
        Verb::Rnto => &[250, 421, 500, 501, 502, 503, 530, 532, 553],
        Verb::Abor => &[225, 226, 421, 500, 501, 502],
        Verb::Dele => &[250, 421, 450, 500, 501, 502, 530, 550],
        Verb::Rmd | Verb::Xrmd => &[250, 421, 500, 501, 502, 530, 550],
        Verb::Mkd | Verb::Xmkd => &[257, 421, 500, 501, 502, 530, 550],
        Verb::Pwd | Verb::Xpwd => &[257, 421, 500, 501, 502, 550],
        Verb::Site => &[200, 202, 500, 501, 530],
        Verb::Syst => &[215, 421, 500, 501, 502],
        Verb::Stat => &[211, 212, 213, 421, 450, 500, 501, 502, 530],
        Verb::Help => &[211, 214, 421, 500, 501, 502],
        Verb::Noop => &[200, 421, 500],
        Verb::Feat => &[211, 421, 500, 502],
        Verb::Opts => &[200, 421, 451, 500, 501, 502],
        Verb::Eprt => &[200, 421, 500, 501, 522, 530],
        Verb::Epsv => &[200, 229, 421, 500, 501, 522, 530],
        Verb::Lprt => &[200, 421, 500, 501, 502, 521, 530],
        Verb::Lpsv => &[228, 421, 500, 501, 502, 521, 530],
        Verb::Mdtm | Verb::Size => &[213, 421, 500, 501, 502, 530, 550],
        Verb::Mlst => &[250, 421, 500, 501, 502, 530, 550],
        Verb::Mfmt => &[213, 421, 500, 501, 502, 504, 530, 550],
        Verb::Lang => &[200, 421, 500, 501, 502, 504, 530],
        Verb::Clnt => &[200, 202, 421, 500, 501, 502, 530],
        Verb::Auth => &[234, 334, 421, 431, 500, 501, 502, 503, 504, 534],
        Verb::Adat => &[235, 335, 421, 501, 503, 535],
        Verb::Pbsz => &[200, 421, 500, 501, 503],
        Verb::Prot => &[200, 421, 431, 500, 501, 503, 504, 534, 536],
        Verb::Ccc => &[200, 421, 500, 533, 534],
        Verb::Mic | Verb::Conf | Verb::Enc => &[421, 500, 501, 503, 533, 535, 537],
        Verb::Host => &[220, 421, 500, 501, 502, 503, 504, 530],
    }
}

#[cfg(test)]
mod tests {
    use super::{Dialogue, Progress};
    use crate::{Code, Verb};

    #[test]
    fn a_download_ends_with_its_second_reply() {
        let retr = Dialogue::new(Verb::Retr);
        assert_eq!(
            retr.progress(Code::OPENING_DATA_CONNECTION),
            Progress::Continues
        );
        assert_eq!(
            retr.progress(Code::CLOSING_DATA_CONNECTION),
            Progress::Ended
        );
        assert!(!retr.allows(Code::ENTERING_PASSIVE_MODE));
    }

    #[test]
    fn intermediate_replies_name_what_must_follow() {
        let user = Dialogue::new(Verb::User);
        assert_eq!(
            user.progress(Code::NEED_PASSWORD),
            Progress::Expects(&[Verb::Pass])
        );
        let rnfr = Dialogue::new(Verb::Rnfr);
        let pending = Code::PENDING_FURTHER_INFORMATION;
        assert_eq!(rnfr.progress(pending), Progress::Expects(&[Verb::Rnto]));
    }

    #[test]
    fn every_list_ascends_and_is_made_of_known_codes() {
        for &verb in Verb::ALL {
            let codes = Dialogue::new(verb).codes();
            assert!(codes.is_sorted(), "{verb}");
            for &code in codes {
                assert!(
                    Code::new(code).and_then(Code::meaning).is_some(),
                    "{verb} {code}"
                );
            }
        }
    }
}
