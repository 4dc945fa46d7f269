//! Why a TLS handshake failed, as far as something can be done about it.

use std::io;

use tokio_rustls::rustls::{AlertDescription, CertificateError, Error, OtherError};

use crate::error::ClientError;

/// What stood in the way of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// Nobody who is trusted has signed the server's certificate.
    UnknownIssuer,
    /// The server's certificate is no longer valid.
    Expired,
    /// The server's certificate is not valid yet.
    NotYetValid,
    /// The server's certificate is for another name.
    WrongName,
    /// The server shows an authority's certificate as its own, as many do that signed it
    /// themselves.
    Authority,
    /// Something else is wrong with the server's certificate.
    Other,
    /// What answered does not speak TLS.
    NoTls,
    /// The server wants a certificate of the client's.
    WantsOurs,
}

impl ClientError {
    /// What stood in the way of TLS, if that is what failed and it is known.
    pub fn distrust(&self) -> Option<Distrust> {
        match self {
            Self::Handshake(error) | Self::Data(error) | Self::Control(error) => of(error),
            _ => None,
        }
    }
}

/// The error in words, where rustls has only names of its own for it.
pub(crate) fn said(error: &io::Error) -> String {
    match of(error) {
        Some(Distrust::Authority) => {
            "the server shows the certificate of an authority as its own".to_owned()
        }
        _ => error.to_string(),
    }
}

fn of(error: &io::Error) -> Option<Distrust> {
    match error.get_ref()?.downcast_ref::<Error>()? {
        Error::InvalidCertificate(problem) => Some(of_certificate(problem)),
        Error::InvalidMessage(_) => Some(Distrust::NoTls),
        Error::AlertReceived(AlertDescription::CertificateRequired) => Some(Distrust::WantsOurs),
        _ => None,
    }
}

fn of_certificate(problem: &CertificateError) -> Distrust {
    match problem {
        // The latter when somebody who is trusted has the issuer's name and another key, as the
        // certificate has that a server made for itself the last time.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => Distrust::UnknownIssuer,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Distrust::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Distrust::NotYetValid
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Distrust::WrongName
        }
        CertificateError::Other(other) if is_authority(other) => Distrust::Authority,
        _ => Distrust::Other,
    }
}

/// rustls knows it only by the name that webpki has for it.
fn is_authority(other: &OtherError) -> bool {
    other.to_string().contains("CaUsedAsEndEntity")
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use tokio_rustls::rustls::{
        AlertDescription, CertificateError, Error, InvalidMessage, OtherError,
    };

    use super::Distrust;
    use crate::error::ClientError;

    #[test]
    fn what_stands_in_the_way_is_told_apart() {
        let of = |error: Error| ClientError::Handshake(io::Error::other(error)).distrust();
        let of_certificate = |problem| of(Error::InvalidCertificate(problem));
        for (problem, distrust) in [
            (CertificateError::UnknownIssuer, Distrust::UnknownIssuer),
            (CertificateError::Expired, Distrust::Expired),
            (CertificateError::NotValidYet, Distrust::NotYetValid),
            (CertificateError::NotValidForName, Distrust::WrongName),
            (CertificateError::BadSignature, Distrust::UnknownIssuer),
            (CertificateError::Revoked, Distrust::Other),
        ] {
            assert_eq!(of_certificate(problem), Some(distrust));
        }
        let authority =
            CertificateError::Other(OtherError(Arc::new(io::Error::other("CaUsedAsEndEntity"))));
        let authority = io::Error::other(Error::InvalidCertificate(authority));
        let authority = ClientError::Handshake(authority);
        assert_eq!(authority.distrust(), Some(Distrust::Authority));
        assert!(authority.to_string().ends_with("as its own"), "{authority}");
        let garbage = Error::InvalidMessage(InvalidMessage::InvalidContentType);
        assert_eq!(of(garbage), Some(Distrust::NoTls));
        let asks = Error::AlertReceived(AlertDescription::CertificateRequired);
        assert_eq!(of(asks), Some(Distrust::WantsOurs));
        assert_eq!(ClientError::Closed.distrust(), None);
        let reset = io::ErrorKind::ConnectionReset.into();
        assert_eq!(ClientError::Handshake(reset).distrust(), None);
    }
}
