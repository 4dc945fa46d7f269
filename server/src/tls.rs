//! A server's certificate and key, ready for sessions to use (RFC 4217).

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{self, ServerConfig, ServerConnection};

/// What AUTH TLS needs. Cloning shares it.
#[derive(Clone)]
pub struct Tls {
    control: Arc<ServerConfig>,
    data: Arc<ServerConfig>,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or holds no PEM of the kind that is needed.
    #[error("{}: expected {expected} in PEM form: {}", path.display(), said(.source))]
    File {
        /// The file.
        path: PathBuf,
        /// `a certificate` or `a private key`.
        expected: &'static str,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// Certificate and key do not belong together, or are of a kind that is not supported.
    #[error("the certificate and the key cannot be used: {}", unusable(.0))]
    Unusable(#[from] rustls::Error),
    /// A certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    SelfSigned(#[from] rcgen::Error),
}

fn said(error: &pem::Error) -> String {
    match error {
        pem::Error::Io(error) => error.to_string(),
        pem::Error::NoItemsFound => "there is none".to_owned(),
        error => error.to_string(),
    }
}

fn unusable(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InconsistentKeys(_) => {
            "the key does not belong to the certificate".to_owned()
        }
        error => error.to_string(),
    }
}

/// What a certificate's file holds.
const CERTIFICATE: &str = "a certificate";
/// What a key's file holds.
const KEY: &str = "a private key";

fn fail(path: &Path, expected: &'static str) -> impl FnOnce(pem::Error) -> TlsError {
    let path = path.to_path_buf();
    move |source| TlsError::File {
        path,
        expected,
        source,
    }
}

impl Tls {
    /// Reads a chain of certificates, the server's own first, and its private key, both in PEM
    /// form.
    ///
    /// # Errors
    /// [`TlsError`] names the file and what was expected of it.
    pub fn from_pem_files(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let read = |path: &Path, expected| {
            std::fs::read(path).map_err(|error| fail(path, expected)(pem::Error::Io(error)))
        };
        let chain = read(certificate, CERTIFICATE)?;
        let secret = read(key, KEY)?;
        Self::from_pem((certificate, &chain), (key, &secret))
    }

    /// The same with what was read from the files already; their paths are for messages.
    ///
    /// # Errors
    /// As [`from_pem_files`](Self::from_pem_files).
    pub fn from_pem(certificate: (&Path, &[u8]), key: (&Path, &[u8])) -> Result<Self, TlsError> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate.1)
            .collect::<Result<_, _>>()
            .map_err(fail(certificate.0, CERTIFICATE))?;
        if chain.is_empty() {
            return Err(fail(certificate.0, CERTIFICATE)(pem::Error::NoItemsFound));
        }
        let secret = PrivateKeyDer::from_pem_slice(key.1).map_err(fail(key.0, KEY))?;
        Self::new(chain, secret)
    }

    /// Makes a new key and a certificate for `names` that is signed by that key: it encrypts,
    /// but proves nothing to a client that does not know it already.
    ///
    /// # Errors
    /// [`TlsError::SelfSigned`] when a name cannot be in a certificate.
    pub fn self_signed(names: impl Into<Vec<String>>) -> Result<Self, TlsError> {
        let made = rcgen::generate_simple_self_signed(names)?;
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        Self::new(vec![made.cert.der().clone()], key.into())
    }

    fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, TlsError> {
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        // A client that only uploads does not read: tickets that come after the handshake would
        // lie unread when it closes, and its kernel would then reset the connection instead of
        // delivering the rest of the file. The control connection's tickets are good for both.
        let mut data = config.clone();
        data.send_tls13_tickets = 0;
        Ok(Self {
            control: Arc::new(config),
            data: Arc::new(data),
        })
    }

    /// The server's end of a new control connection.
    pub(crate) fn connection(&self) -> io::Result<ServerConnection> {
        ServerConnection::new(Arc::clone(&self.control)).map_err(io::Error::other)
    }

    /// For data connections, which tokio drives.
    pub(crate) fn acceptor(&self) -> tokio_rustls::TlsAcceptor {
        Arc::clone(&self.data).into()
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

#[cfg(test)]
mod tests {
    use super::{Tls, TlsError};

    #[test]
    fn wrong_files_are_named() {
        let directory = tempfile::tempdir().unwrap();
        let (none, empty) = (
            directory.path().join("none"),
            directory.path().join("empty"),
        );
        std::fs::write(&empty, "not PEM").unwrap();
        for path in [&none, &empty] {
            let error = Tls::from_pem_files(path, path).unwrap_err();
            assert!(matches!(error, TlsError::File { .. }));
            let text = error.to_string();
            assert!(text.contains(path.to_str().unwrap()), "{text}");
            assert!(text.contains("a certificate"), "{text}");
        }
        assert!(Tls::self_signed(["localhost".to_owned()]).is_ok());
    }
}
