//! TLS for FTP (RFC 4217): whom to trust, and the handshake.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::crypto::{
    CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{
    CertificateDer, InvalidDnsNameError, PrivateKeyDer, ServerName, UnixTime,
};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::version::TLS12;
use tokio_rustls::rustls::{
    ALL_VERSIONS, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    SupportedProtocolVersion,
};

/// Whose certificates a client accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Those that the system's authorities signed.
    System,
    /// Those that the authorities in a PEM file signed, or that are in it themselves.
    File(PathBuf),
    /// Any. Nobody can listen, but anybody can pose as the server.
    Anybody,
}

/// Who the client is, for servers that ask for a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// A PEM file: the certificate, any chain after it.
    pub certificate: PathBuf,
    /// A PEM file: the private key. It may be the same file.
    pub key: PathBuf,
}

/// Why there can be no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The system has no authorities, or they cannot be read.
    #[error("the system has no certificates of authorities to trust{}", detail(.0))]
    NoAuthorities(Vec<String>),
    /// The file holds no certificate, or cannot be read.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file holds no private key, or one that does not belong to the certificate.
    #[error("{}: {reason}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The host is neither a name nor an address that a certificate could be for.
    #[error("no certificate can be for {0:?}: {1}")]
    Name(String, #[source] InvalidDnsNameError),
    /// rustls refuses the settings.
    #[error("TLS cannot be set up: {0}")]
    Setup(#[from] Error),
}

fn detail(errors: &[String]) -> String {
    errors
        .first()
        .map(|error| format!(": {error}"))
        .unwrap_or_default()
}

/// TLS with one server: every connection of the session, control and data, comes from here, so
/// that a data connection can resume the control connection's TLS session, which some servers
/// insist on.
#[derive(Clone, Debug)]
pub struct Tls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    pub(crate) implicit: bool,
}

impl Tls {
    /// TLS with `host`, a name or an address, which the certificate must be for. The client asks
    /// for it with AUTH TLS.
    ///
    /// # Errors
    /// When there is nobody to trust, or `host` cannot be a certificate's.
    pub fn new(trust: &Trust, host: &str) -> Result<Self, TlsError> {
        Self::speaking(ALL_VERSIONS, trust, host)
    }

    /// The same with TLS 1.2 alone. Its sessions can be resumed any number of times, those of
    /// TLS 1.3 once for each ticket: a server that wants every data connection resumed but is
    /// sparing with tickets (`ProFTPD` gives two) is done after as many transfers.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn tls12(trust: &Trust, host: &str) -> Result<Self, TlsError> {
        Self::speaking(&[&TLS12], trust, host)
    }

    fn speaking(
        versions: &[&'static SupportedProtocolVersion],
        trust: &Trust,
        host: &str,
    ) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)?;
        let config = match trust {
            Trust::System => builder
                .with_root_certificates(system()?)
                .with_no_client_auth(),
            Trust::File(path) => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Listed::read(path, &provider)?))
                .with_no_client_auth(),
            Trust::Anybody => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
                .with_no_client_auth(),
        };
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| TlsError::Name(host.to_owned(), error))?;
        Ok(Self {
            config: Arc::new(config),
            name,
            implicit: false,
        })
    }

    /// TLS from the first byte on, as `ftps://` means it, without AUTH.
    #[must_use]
    pub fn implicit(mut self) -> Self {
        self.implicit = true;
        self
    }

    /// Shows the server a certificate when it asks for one.
    ///
    /// # Errors
    /// [`TlsError::File`] and [`TlsError::Key`].
    pub fn identified(mut self, identity: &Identity) -> Result<Self, TlsError> {
        let chain = certificates(&identity.certificate)?;
        let wrong = |reason: String| TlsError::Key {
            path: identity.key.clone(),
            reason,
        };
        let key = PrivateKeyDer::from_pem_file(&identity.key);
        let key = key.map_err(|error| wrong(unread(&error, "a private key")))?;
        let mut config = ClientConfig::clone(&self.config);
        let certified = CertifiedKey::from_der(chain, key, config.crypto_provider());
        let certified = certified.map_err(|error| {
            let certificate = identity.certificate.display();
            wrong(match error {
                Error::InconsistentKeys(_) => {
                    format!("the key does not belong to the certificate in {certificate}")
                }
                error => format!("the key cannot be used with {certificate}: {error}"),
            })
        })?;
        config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(certified));
        self.config = Arc::new(config);
        Ok(self)
    }

    /// The handshake. The caller bounds its time.
    ///
    /// # Errors
    /// When the connection fails, or the two sides do not agree.
    pub async fn handshake(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        TlsConnector::from(Arc::clone(&self.config))
            .connect(self.name.clone(), stream)
            .await
    }
}

fn system() -> Result<RootCertStore, TlsError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let errors = found.errors.iter().map(ToString::to_string).collect();
        return Err(TlsError::NoAuthorities(errors));
    }
    Ok(roots)
}

/// Why a PEM file does not give what it should.
fn unread(error: &pem::Error, expected: &str) -> String {
    match error {
        pem::Error::Io(error) => format!("cannot be read: {error}"),
        pem::Error::NoItemsFound => format!("expected {expected} in PEM form, and there is none"),
        error => format!("expected {expected} in PEM form: {error}"),
    }
}

/// The certificates in a PEM file, one at least.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong = |reason: String| TlsError::File {
        path: path.to_path_buf(),
        reason,
    };
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| wrong(unread(&error, "a certificate")))?;
    if certificates.is_empty() {
        let empty = pem::Error::NoItemsFound;
        return Err(wrong(unread(&empty, "a certificate")));
    }
    Ok(certificates)
}

/// Accepts the certificates of a file, and those that they signed.
#[derive(Debug)]
struct Listed {
    certificates: Vec<CertificateDer<'static>>,
    authorities: Arc<WebPkiServerVerifier>,
}

impl Listed {
    fn read(path: &Path, provider: &Arc<CryptoProvider>) -> Result<Self, TlsError> {
        let wrong = |reason: String| TlsError::File {
            path: path.to_path_buf(),
            reason,
        };
        let certificates = certificates(path)?;
        let mut roots = RootCertStore::empty();
        for certificate in &certificates {
            roots
                .add(certificate.clone())
                .map_err(|error| wrong(error.to_string()))?;
        }
        let provider = Arc::clone(provider);
        let authorities =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        Ok(Self {
            certificates,
            authorities: authorities.map_err(|error| wrong(error.to_string()))?,
        })
    }
}

impl ServerCertVerifier for Listed {
    fn verify_server_cert(
        &self,
        server: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        // A server's own, self-signed certificate is often marked as an authority's, which no
        // server should have; whoever lists it means it.
        if self.certificates.iter().any(|listed| listed == server) {
            verify_server_name(&ParsedCertificate::try_from(server)?, name)?;
            return Ok(ServerCertVerified::assertion());
        }
        self.authorities
            .verify_server_cert(server, intermediates, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

/// Accepts any certificate whose key the server has.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
