//! TLS: with real servers, and with those that would undo it.

use std::io::{Read, Write};
use std::sync::Arc;

use client::{ClientError, Identity, Options, Session, Tls, Trust};
use proto::TypeCode;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::peers::{Certificate, Peer, bytes, proftpd, pyftpdlib_tls, scripted, vsftpd_tls};

fn options(trust: &Trust, host: &str) -> Options {
    Options {
        tls: Some(Tls::new(trust, host).unwrap()),
        ..Options::default()
    }
}

type Setup = fn(&Trust, &str) -> Result<Tls, client::TlsError>;

/// Up and down, often enough that a server that wants sessions resumed would notice.
async fn transfers(peer: &Peer, certificate: &Certificate, tls: Setup) {
    let trust = Trust::File(certificate.path());
    let options_here = Options {
        tls: Some(tls(&trust, "localhost").unwrap()),
        ..Options::default()
    };
    let mut session = Session::connect(peer.addr, options_here).await.unwrap();
    session.login(peer.user, "secret").await.unwrap();
    session.type_(TypeCode::Image).await.unwrap();
    let content = bytes(500_000);
    for number in 0..6 {
        let name = format!("file{number}");
        session
            .store(&name, 0, &mut content.as_slice())
            .await
            .unwrap();
        assert!(std::fs::read(peer.files().join(&name)).unwrap() == content);
    }
    for number in 0..6 {
        let mut got = Vec::new();
        let name = format!("file{number}");
        session.retrieve(&name, 7, &mut got).await.unwrap();
        assert!(got == content[7..]);
    }
    assert_eq!(session.nlst(None).await.unwrap().len(), 6);
    session.quit().await.unwrap();

    // The certificate is not for this name, and not from an authority that the system knows.
    for (trust, host) in [(trust, "example.com"), (Trust::System, "localhost")] {
        let Ok(tls) = Tls::new(&trust, host) else {
            // A system without authorities trusts nobody.
            continue;
        };
        let options = Options {
            tls: Some(tls),
            ..Options::default()
        };
        let error = Session::connect(peer.addr, options).await.unwrap_err();
        assert!(matches!(error, ClientError::Handshake(_)), "{error:?}");
    }
    let mut session = Session::connect(peer.addr, options(&Trust::Anybody, "example.com"))
        .await
        .unwrap();
    session.login(peer.user, "secret").await.unwrap();
    session.quit().await.unwrap();
}

#[tokio::test]
async fn pyftpdlib_under_tls() {
    let certificate = Certificate::new();
    let Some(peer) = pyftpdlib_tls(&certificate) else {
        return;
    };
    transfers(&peer, &certificate, Tls::new).await;
}

#[tokio::test]
async fn vsftpd_under_tls() {
    let certificate = Certificate::new();
    let Some(peer) = vsftpd_tls(&certificate) else {
        return;
    };
    transfers(&peer, &certificate, Tls::new).await;
}

#[tokio::test]
async fn proftpd_under_tls() {
    let certificate = Certificate::new();
    let Some(peer) = proftpd(Some(&certificate)) else {
        return;
    };
    transfers(&peer, &certificate, Tls::tls12).await;
}

#[tokio::test]
async fn a_server_without_tls_gets_no_password() {
    let (addr, server) = scripted(|script| {
        script.say("220 hi\r\n");
        script.hear("AUTH TLS");
        script.say("502 what?\r\n");
        script.hear_end();
    });
    let error = Session::connect(addr, options(&Trust::Anybody, "localhost"))
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::Refused { .. }), "{error:?}");
    server.join().unwrap();
}

#[tokio::test]
async fn clear_text_before_the_handshake_is_refused() {
    let (addr, server) = scripted(|script| {
        script.say("220 hi\r\n");
        script.hear("AUTH TLS");
        // In one write, so that it is there when the client looks.
        script.say("234 go on\r\n230 you are logged in\r\n");
        script.hear_end();
    });
    let error = Session::connect(addr, options(&Trust::Anybody, "localhost"))
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::BytesBeforeTls), "{error:?}");
    server.join().unwrap();
}

#[tokio::test]
async fn a_data_connection_that_tls_does_not_close_was_cut() {
    let certificate = Certificate::new();
    let both = certificate.folder.path().join("both.pem");
    let config = ServerConfig::builder_with_provider(Arc::new(
        tokio_rustls::rustls::crypto::ring::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_no_client_auth()
    .with_single_cert(
        vec![CertificateDer::from_pem_file(&both).unwrap()],
        PrivateKeyDer::from_pem_file(&both).unwrap(),
    )
    .unwrap();
    let config = Arc::new(config);
    let (addr, server) = scripted(move |script| {
        script.say("220 hi\r\n");
        script.hear("AUTH TLS");
        script.say("234 go on\r\n");
        let control = script.tcp();
        let secured = ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut control = StreamOwned::new(secured, control);
        let hear = |control: &mut StreamOwned<_, _>, answer: &str| {
            let mut line = Vec::new();
            while !line.ends_with(b"\r\n") {
                let mut byte = [0];
                control.read_exact(&mut byte).unwrap();
                line.push(byte[0]);
            }
            control.write_all(answer.as_bytes()).unwrap();
        };
        // USER, PBSZ, PROT, EPSV
        for answer in ["230 in\r\n", "200 ok\r\n", "200 ok\r\n"] {
            hear(&mut control, answer);
        }
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        hear(&mut control, &format!("229 here (|||{port}|)\r\n"));
        let (data, _) = listener.accept().unwrap();
        hear(&mut control, "150 coming\r\n");
        let secured = ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut data = StreamOwned::new(secured, data);
        data.write_all(b"half of it").unwrap();
        // A FIN, but no close_notify: anybody on the way could have sent it.
        data.flush().unwrap();
        data.sock.shutdown(std::net::Shutdown::Write).unwrap();
        control.write_all(b"226 that was all\r\n").unwrap();
        let mut rest = Vec::new();
        let _ = control.read_to_end(&mut rest);
    });
    let trust = Trust::File(certificate.path());
    let mut session = Session::connect(addr, options(&trust, "localhost"))
        .await
        .unwrap();
    session.login("ann", "secret").await.unwrap();
    let local = tempfile::tempdir().unwrap();
    let error = session
        .download("x", &local.path().join("x"))
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::TruncatedTls), "{error:?}");
    assert_eq!(std::fs::read_dir(local.path()).unwrap().count(), 0);
    drop(session);
    server.join().unwrap();
}

#[tokio::test]
async fn a_server_that_asks_for_a_certificate_gets_it() {
    let certificate = Certificate::new();
    let (trust, both) = (
        Trust::File(certificate.path()),
        certificate.folder.path().join("both.pem"),
    );
    let own = CertificateDer::from_pem_file(&both).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(own.clone()).unwrap();
    let asking = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(asking.build().unwrap())
        .with_single_cert(
            vec![own.clone()],
            PrivateKeyDer::from_pem_file(&both).unwrap(),
        )
        .unwrap();
    let config = Arc::new(config);
    let identity = Identity {
        certificate: certificate.path(),
        key: both.clone(),
    };
    for identified in [true, false] {
        let (config, own) = (Arc::clone(&config), own.clone());
        let (addr, server) = scripted(move |script| {
            let secured = ServerConnection::new(config.clone()).unwrap();
            let mut control = StreamOwned::new(secured, script.tcp());
            let greeted = control.write_all(b"220 hi\r\n");
            if identified {
                greeted.unwrap();
                let shown = control.conn.peer_certificates().unwrap();
                assert_eq!(shown, std::slice::from_ref(&own));
            }
            // The client leaves; without a certificate it is thrown out before.
            let _ = control.read_to_end(&mut Vec::new());
        });
        let mut tls = Tls::new(&trust, "localhost").unwrap().implicit();
        if identified {
            tls = tls.identified(&identity).unwrap();
        }
        let options = Options {
            tls: Some(tls),
            ..Options::default()
        };
        let connected = Session::connect(addr, options).await;
        assert_eq!(connected.is_ok(), identified, "{connected:?}");
        drop(connected);
        server.join().unwrap();
    }

    let other = Certificate::new();
    for (key, reason) in [
        (certificate.path(), "expected a private key"),
        (
            other.folder.path().join("key.pem"),
            "does not belong to the certificate",
        ),
    ] {
        let wrong = Identity {
            key,
            ..identity.clone()
        };
        let tls = Tls::new(&trust, "localhost").unwrap();
        let error = tls.identified(&wrong).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}
