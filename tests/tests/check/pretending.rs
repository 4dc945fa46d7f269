//! A server of a test whose control connection is under TLS, and whose data connections are not

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A server that answers PROT P with 200 and sends listings in clear text all the same.
pub(super) struct Pretending {
    pub(super) address: String,
    /// What was said to it, each line that came under TLS marked so.
    pub(super) heard: Arc<Mutex<Vec<String>>>,
}

/// Before each line that came under TLS.
pub(super) const UNDER_TLS: &str = "under TLS: ";

/// Starts one; the first such command in clear text has this reply, or none but the end.
pub(super) fn pretending(once: Option<(&'static str, &'static str)>) -> Pretending {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let said = Arc::clone(&heard);
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let (config, said) = (Arc::clone(&config), Arc::clone(&said));
            thread::spawn(move || {
                let _ = stream.write_all(b"220 Ready.\r\n");
                let mut lines = BufReader::new(stream);
                let in_clear = |line: &str| {
                    let mut heard = said.lock().unwrap();
                    heard.push(line.to_owned());
                    let (verb, reply) = once?;
                    let times = heard.iter().filter(|line| line.starts_with(verb));
                    (line.starts_with(verb) && times.count() == 1).then_some(reply)
                };
                if talk(&mut lines, in_clear) {
                    let connection = ServerConnection::new(config).unwrap();
                    let stream = lines.into_inner();
                    let mut lines = BufReader::new(StreamOwned::new(connection, stream));
                    talk(&mut lines, |line| {
                        said.lock().unwrap().push(format!("{UNDER_TLS}{line}"));
                        None
                    });
                }
            });
        }
    });
    Pretending { address, heard }
}

/// Says what a session asks for, or what `answer` says in its place, nothing being the end;
/// whether it asked for TLS.
fn talk<S: std::io::Read + Write>(
    stream: &mut BufReader<S>,
    answer: impl Fn(&str) -> Option<&'static str>,
) -> bool {
    let mut listener = None;
    let mut line = String::new();
    while let (Ok(1..), true) = (
        {
            line.clear();
            stream.read_line(&mut line)
        },
        line.ends_with('\n'),
    ) {
        let instead = answer(line.trim_end());
        let reply = match line.trim_end().split(' ').next().unwrap_or_default() {
            "FEAT" => "211-Features\r\n AUTH TLS\r\n211 End.".to_owned(),
            "AUTH" => "234 Go on.".to_owned(),
            "USER" => "331 Password.".to_owned(),
            "PASS" => "230 In.".to_owned(),
            "PWD" => "257 \"/\"".to_owned(),
            "QUIT" => "221 Bye.".to_owned(),
            "PBSZ" | "PROT" | "NOOP" => "200 Fine.".to_owned(),
            "PASV" => {
                let at = TcpListener::bind("127.0.0.1:0").unwrap();
                let [high, low] = at.local_addr().unwrap().port().to_be_bytes();
                listener = Some(at);
                format!("227 At (127,0,0,1,{high},{low}).")
            }
            "LIST" => {
                let _ = stream.get_mut().write_all(b"150 Here.\r\n");
                let _ = stream.get_mut().flush();
                let taken = listener.take().unwrap().accept();
                let mut data: TcpStream = taken.unwrap().0;
                let _ = data.write_all(b"in clear text\r\n");
                "226 Sent.".to_owned()
            }
            _ => "502 No.".to_owned(),
        };
        let reply = instead.map_or(reply, str::to_owned);
        if reply.is_empty() {
            return false;
        }
        let sent = stream
            .get_mut()
            .write_all(format!("{reply}\r\n").as_bytes());
        if sent.is_err() || stream.get_mut().flush().is_err() {
            return false;
        }
        if reply.starts_with("234") {
            return true;
        }
        if reply.starts_with("221") {
            return false;
        }
    }
    false
}
