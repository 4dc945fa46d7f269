//! What to do about a server's or a certificate's refusal.

use std::io::ErrorKind;

use client::{ClientError, Distrust};

/// What the user had asked for when it was refused.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// A user was named: by the URL, a flag or .netrc.
    pub(super) user: bool,
    pub(super) tls: bool,
    /// TLS from the first byte.
    pub(super) implicit: bool,
}

/// The way out, if there is one that we know.
pub(super) fn fix(error: &ClientError, asked: Asked) -> Option<&'static str> {
    if let Some(distrust) = error.distrust() {
        return Some(match distrust {
            Distrust::UnknownIssuer => {
                "--ca FILE trusts a certificate that you have from the server's owner; --insecure \
                 trusts anybody, who can pose as the server"
            }
            Distrust::Expired => {
                "the server needs a new certificate (or this machine's clock is wrong); --insecure \
                 takes this one, and any other"
            }
            Distrust::NotYetValid => {
                "set this machine's clock, if it is late; --insecure takes any certificate"
            }
            Distrust::WrongName => {
                "name the server as its certificate does; --insecure takes any certificate, and \
                 anybody can pose as the server"
            }
            Distrust::Authority => {
                "--ca FILE with this very certificate trusts it; --insecure trusts anybody"
            }
            Distrust::Other => "the server needs another certificate; --insecure takes any",
            Distrust::NoTls if asked.implicit => {
                "there is no TLS from the first byte at this port: take ftp:// and --tls"
            }
            Distrust::NoTls => "what answers there does not speak TLS: leave out --tls",
            Distrust::WantsOurs => "--cert FILE and --key FILE show the server who you are",
        });
    }
    if let ClientError::Connect { addr, source } = error
        && source.kind() == ErrorKind::ConnectionRefused
        && addr.port() == 21
        && addr.ip().to_canonical().is_loopback()
    {
        return Some("ftplab serve listens at 2121 if it is not told otherwise: ftp://HOST:2121/");
    }
    let reply = match error {
        ClientError::Refused { command, reply } if command.starts_with("AUTH") => {
            let no_tls = "the server has no TLS; without --tls all can be read on its way";
            // 421 is about the server's load.
            return (reply.code.value() >= 500).then_some(no_tls);
        }
        ClientError::Refused { reply, .. } | ClientError::LoginRefused { reply, .. } => reply,
        _ => return None,
    };
    if !asked.tls && speaks_of_tls(reply.text()) {
        return Some("--tls, as the server lets nobody in without it");
    }
    let is_login = matches!(error, ClientError::LoginRefused { .. });
    (is_login && !asked.user)
        .then_some("name a user: ftp://USER@HOST/PATH, --user USER, or an entry of .netrc")
}

/// Whether a refusal is for want of TLS, by its words: for that there are too many codes (421,
/// 503, 521, 522, 530, 534, 550).
fn speaks_of_tls(text: &[u8]) -> bool {
    let text = text.to_ascii_uppercase();
    let words = [&b"TLS"[..], b"SSL", b"ENCRYPT", b"SECURE"];
    words
        .iter()
        .any(|word| text.windows(word.len()).any(|part| part == *word))
}
