//! Encryption: AUTH, PBSZ, PROT, CCC (RFC 2228 §3, RFC 4217).

use proto::Text;

use crate::answer::Answer;
use crate::control::Ended;
use crate::session::{Protection, Session};

impl Session {
    /// From the line end of AUTH on the client may send nothing but its handshake, and that
    /// only after our 234. What stands behind AUTH already was not sent by a client that keeps
    /// to the protocol: somebody in between may have put it there, to have it carried out as
    /// if it had come encrypted.
    pub(super) async fn auth(&mut self, mechanism: &Text) -> Result<(), Ended> {
        let Some(tls) = self.config.tls.clone() else {
            return self.reply(Answer::NotImplemented(proto::Verb::Auth)).await;
        };
        if self.control.is_secure() {
            return self.reply(Answer::AlreadySecure).await;
        }
        // SSL is what old clients call it; it implies PROT P (draft-murray-auth-ftp-ssl).
        let protection = match mechanism.as_bytes().to_ascii_uppercase().as_slice() {
            b"TLS" | b"TLS-C" => Protection::None,
            b"SSL" | b"TLS-P" => Protection::Implied,
            _ => return self.reply(Answer::MechanismUnknown).await,
        };
        if !self.queue.is_empty() || self.control.has_unread() {
            self.reply(Answer::BytesAfterAuth).await?;
            return Err(Ended::Said);
        }
        self.reply(Answer::AuthAccepted).await?;
        self.reinitialize();
        self.protection = protection;
        self.control.secure(&tls)
    }

    /// TLS needs no buffer size: 0 it is (RFC 4217 §9).
    pub(super) async fn pbsz(&mut self, size: u32) -> Result<(), Ended> {
        if !self.control.is_secure() {
            return self.reply(Answer::AuthFirst).await;
        }
        if matches!(self.protection, Protection::None) {
            self.protection = Protection::SizeSet;
        }
        self.reply(Answer::BufferSize { asked: size }).await
    }

    pub(super) async fn prot(&mut self, level: char) -> Result<(), Ended> {
        if !self.control.is_secure() {
            return self.reply(Answer::AuthFirst).await;
        }
        if matches!(self.protection, Protection::None) {
            return self.reply(Answer::SizeFirst).await;
        }
        match level {
            'P' => {
                self.protection = Protection::Private;
                self.reply(Answer::ProtectionSet(level)).await
            }
            'C' if self.config.require_tls => {
                // Who did not ask for TLS there does not expect it, and both sides would wait:
                // the transfer is refused instead.
                if self.protection == Protection::Implied {
                    self.protection = Protection::SizeSet;
                }
                self.reply(Answer::PolicyDenied).await
            }
            'C' => {
                self.protection = Protection::SizeSet;
                self.reply(Answer::ProtectionSet(level)).await
            }
            _ => self.reply(Answer::LevelNotSupported).await,
        }
    }

    /// A control connection that is encrypted stays so.
    pub(super) async fn ccc(&mut self) -> Result<(), Ended> {
        if self.control.is_secure() {
            self.reply(Answer::PolicyDenied).await
        } else {
            self.reply(Answer::NotProtected).await
        }
    }
}
