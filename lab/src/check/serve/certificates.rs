//! The certificates of a run: an authority that the client is told to trust, and what the scripted
//! server shows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use script::Certificate;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use crate::swept::Swept;

/// For whom the server's certificate is.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// For whom it is not.
const ELSEWHERE: &str = "elsewhere.example";

/// Made for one run, and gone with it.
pub(super) struct Certificates {
    good: Shown,
    untrusted: Shown,
    misnamed: Shown,
    authority: PathBuf,
    _folder: Swept,
}

/// What the server needs to show one of them.
struct Shown {
    control: TlsAcceptor,
    data: TlsAcceptor,
}

impl Certificates {
    /// Makes them, and writes the authority's to a file.
    ///
    /// # Errors
    /// Why that cannot be done.
    pub(super) fn make() -> Result<Self, String> {
        let failed = |error: &dyn std::fmt::Display| {
            format!("certificates for the scripted server: {error}")
        };
        let folder = Swept::new("ftplab-certificate-").map_err(|error| failed(&error))?;
        let known = authority("ftplab check").map_err(|error| failed(&error))?;
        let unknown = authority("nobody").map_err(|error| failed(&error))?;
        let path = folder.path().join("authority.pem");
        std::fs::write(&path, known.pem()).map_err(|error| failed(&error))?;
        let shown = |authority: &Authority, names: &[&str]| {
            Shown::new(authority, names).map_err(|error| failed(&*error))
        };
        Ok(Self {
            good: shown(&known, &NAMES)?,
            untrusted: shown(&unknown, &NAMES)?,
            misnamed: shown(&known, &[ELSEWHERE])?,
            authority: path,
            _folder: folder,
        })
    }

    /// The file with the authority's certificate, in PEM form.
    pub(super) fn authority(&self) -> &Path {
        &self.authority
    }

    /// For a control connection.
    pub(super) fn control(&self, certificate: Certificate) -> &TlsAcceptor {
        &self.shown(certificate).control
    }

    /// For a data connection.
    pub(super) fn data(&self, certificate: Certificate) -> &TlsAcceptor {
        &self.shown(certificate).data
    }

    fn shown(&self, certificate: Certificate) -> &Shown {
        match certificate {
            Certificate::Good => &self.good,
            Certificate::Untrusted => &self.untrusted,
            Certificate::Misnamed => &self.misnamed,
        }
    }
}

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Result<Authority, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

impl Shown {
    fn new(authority: &Authority, names: &[&str]) -> Result<Self, Box<dyn std::error::Error>> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names)?;
        params
            .distinguished_name
            .push(DnType::CommonName, "the scripted server");
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, authority)?;
        let secret = PrivatePkcs8KeyDer::from(key.serialize_der());
        let control = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], secret.into())?;
        // Tickets after the handshake would lie unread when a client that only uploads closes,
        // and its kernel would reset the connection.
        let mut data = control.clone();
        data.send_tls13_tickets = 0;
        Ok(Self {
            control: Arc::new(control).into(),
            data: Arc::new(data).into(),
        })
    }
}
