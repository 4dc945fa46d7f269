//! suppaftp, for Rust.

use std::fs;
use std::fs::File;
use std::net::TcpStream;
use std::sync::Arc;

use ftplab_tests::{LIMIT, MODIFIED, Site};
use suppaftp::types::{FileType, Mode};
use suppaftp::{FtpStream, ImplFtpStream, RustlsConnector, RustlsFtpStream, Status, TlsStream};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

#[test]
fn a_whole_session_in_the_clear_and_over_tls() {
    Site::everywhere(|site| {
        for mode in [Mode::ExtendedPassive, Mode::Passive, Mode::Active] {
            // PASV has no room for the address, EPSV needs none.
            if mode == Mode::Passive && site.address.is_ipv6() {
                continue;
            }
            let mut clear = FtpStream::connect_with_stream(connect(site)).unwrap();
            session(site, &mut clear, mode);
            let secure = RustlsFtpStream::connect_with_stream(connect(site)).unwrap();
            let connector = RustlsConnector::from(Arc::new(trusting(site)));
            let mut secure = secure.into_secure(connector, "localhost").unwrap();
            session(site, &mut secure, mode);
        }
    });
}

fn connect(site: &Site) -> TcpStream {
    let stream = TcpStream::connect(site.address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream
}

fn trusting(site: &Site) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(site.certificate()).unwrap();
    roots.add(certificate).unwrap();
    ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

fn session<T: TlsStream + 'static>(site: &Site, ftp: &mut ImplFtpStream<T>, mode: Mode) {
    assert_eq!(code(ftp.login("ann", "wrong")), Status::NotLoggedIn);
    ftp.login("ann", "secret").unwrap();
    ftp.set_mode(mode);
    ftp.transfer_type(FileType::Binary).unwrap();
    assert!(ftp.feat().unwrap().contains_key("SIZE"));
    for (folder, name, content) in [
        ("a b", "in ner", "spaces"),
        ("qu\"o'te", "f\"x", "quotes"),
        ("-dash", "-f", "dashes"),
        ("ünï", "日本.txt", "二"),
    ] {
        ftp.cwd(format!("/{folder}")).unwrap();
        assert_eq!(ftp.nlst(None).unwrap(), [name]);
        let bytes = ftp.retr_as_buffer(name).unwrap().into_inner();
        assert_eq!(bytes, content.as_bytes());
    }
    ftp.cwd("/").unwrap();
    assert_eq!(ftp.pwd().unwrap(), "/");
    let large = fs::read(site.served("large")).unwrap();
    assert!(ftp.retr_as_buffer("large").unwrap().into_inner() == large);
    ftp.mkdir("new").unwrap();
    ftp.cwd("new").unwrap();
    let mut file = File::open(site.served("large")).unwrap();
    assert_eq!(ftp.put_file("large", &mut file).unwrap(), 5 << 20);
    assert_eq!(ftp.append_file("large", &mut &b"end"[..]).unwrap(), 3);
    assert_eq!(ftp.size("large").unwrap(), (5 << 20) + 3);
    ftp.resume_transfer(5 << 20).unwrap();
    assert_eq!(ftp.retr_as_buffer("large").unwrap().into_inner(), b"end");
    let modified = ftp.mdtm("/text").unwrap().and_utc().timestamp();
    assert_eq!(u64::try_from(modified), Ok(MODIFIED));
    if site.sets_times {
        let facts = ftp.mlsd(None).unwrap();
        let large = facts.iter().find(|line| line.ends_with("; large")).unwrap();
        assert!(large.contains("size=5242883;"), "{large}");
        assert!(ftp.mlst(Some("large")).unwrap().contains("type=file;"));
    }
    ftp.rename("large", "re named").unwrap();
    ftp.rm("re named").unwrap();
    ftp.cdup().unwrap();
    ftp.rmdir("new").unwrap();
    assert!(!site.served("new").exists());
    assert_eq!(ftp.nlst(Some("many")).unwrap().len(), 1000);
    assert!(ftp.list(Some("void")).unwrap().is_empty());
    assert_eq!(code(ftp.retr_as_buffer("nothing")), Status::FileUnavailable);
    ftp.quit().unwrap();
}

fn code<T>(result: suppaftp::FtpResult<T>) -> Status {
    match result.map(drop) {
        Err(suppaftp::FtpError::UnexpectedResponse(response)) => response.status,
        other => panic!("{other:?}"),
    }
}
