//! How alike are two runs of the same session? Measures what taking turns on one CPU and
//! the route attribute `quickack` do to the order of packets.
//!
//! ```text
//! cargo run --release -p ftplab --example order [SESSIONS]
//! ```
//!
//! Each session is a control connection with short commands and replies, and a data connection
//! that the server dials between two replies, as in active FTP. The client's interface is
//! captured, and each packet becomes a word: who sent it, on which connection, its flags, its
//! length. Sessions with the same words in the same order are alike.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use lab::net::{self, End, Host, HostPlan, LinkPlan, Network, NetworkPlan};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tracer::{Capture, CaptureOptions};

const LIMIT: Duration = Duration::from_secs(20);
const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

fn main() -> Result<()> {
    net::enter()?;
    let sessions = std::env::args()
        .nth(1)
        .map_or(Ok(50), |count| count.parse())?;
    build_times()?;
    println!("load  patient  one CPU  quickack  sequences  unlike the commonest  build + run");
    for load in [false, true] {
        let busy = Busy::start(if load { 2 } else { 0 });
        for patient in [false, true] {
            for one_cpu in [false, true] {
                for quick_ack in [false, true] {
                    let setting = Setting {
                        load,
                        patient,
                        one_cpu,
                        quick_ack,
                    };
                    measure(sessions, setting)?;
                }
            }
        }
        drop(busy);
    }
    Ok(())
}

#[derive(Clone, Copy)]
#[allow(clippy::struct_excessive_bools)] // Each is a column of the table.
struct Setting {
    /// Two threads keep the CPUs busy.
    load: bool,
    /// The server replies only after the client has closed the data connection.
    patient: bool,
    /// All hosts run on one CPU.
    one_cpu: bool,
    /// Routes carry `quickack 1`.
    quick_ack: bool,
}

fn build_times() -> Result<()> {
    let mut took = (0..50)
        .map(|_| {
            let start = Instant::now();
            two_hosts(false, false).build()?;
            Ok(start.elapsed())
        })
        .collect::<Result<Vec<_>>>()?;
    took.sort();
    let (median, longest) = (took[took.len() / 2], took[took.len() - 1]);
    println!("a network of two hosts, built and dropped: median {median:?}, longest {longest:?}\n");
    Ok(())
}

fn measure(sessions: usize, setting: Setting) -> Result<()> {
    let mut seen: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    let start = Instant::now();
    for _ in 0..sessions {
        let network = two_hosts(setting.one_cpu, setting.quick_ack).build()?;
        *seen.entry(session(&network, setting.patient)?).or_default() += 1;
    }
    let each = start.elapsed() / u32::try_from(sessions)?;
    let commonest = seen.values().max().copied().unwrap_or(0);
    let yes = |set: bool| if set { "yes" } else { "no" };
    println!(
        "{:<6}{:<9}{:<9}{:<10}{:<11}{:<22}{each:?}",
        yes(setting.load),
        yes(setting.patient),
        yes(setting.one_cpu),
        yes(setting.quick_ack),
        seen.len(),
        format!("{} of {sessions}", sessions - commonest),
    );
    if std::env::var_os("WORDS").is_some() {
        for (words, times) in &seen {
            println!("  {times}: {}", words.join(" "));
        }
    }
    Ok(())
}

fn two_hosts(one_cpu: bool, quick_ack: bool) -> NetworkPlan {
    NetworkPlan::new()
        .host(HostPlan::new("client"))
        .host(HostPlan::new("server"))
        .link(LinkPlan::new(
            End::new("client", "eth0")
                .address(CLIENT, 24)
                .quick_ack(quick_ack),
            End::new("server", "eth0")
                .address(SERVER, 24)
                .quick_ack(quick_ack),
        ))
        .one_cpu(one_cpu)
}

/// One session; the words of its packets.
fn session(network: &Network, patient: bool) -> Result<Vec<String>> {
    let client = network.host("client").context("no client")?;
    let server = network.host("server").context("no server")?;
    let open = || async { Capture::open(&CaptureOptions::new("eth0")) };
    let mut capture = client.run(LIMIT, open)??;
    let control = listen(server, SERVER, 21)?;
    let data = listen(client, CLIENT, 3172)?;
    let serving = server.spawn(move || serve(control, patient));
    client.run(LIMIT, move || dial(data))??;
    serving.wait(LIMIT)??;
    let mut words = Vec::new();
    while let Some(frame) = capture.next()? {
        words.push(word(frame.bytes));
    }
    Ok(words)
}

fn listen(host: &Host, address: Ipv4Addr, port: u16) -> Result<TcpListener> {
    Ok(host.run(LIMIT, move || TcpListener::bind((address, port)))??)
}

/// Five commands; before the reply to the fourth it dials the data connection and sends.
async fn serve(control: TcpListener, patient: bool) -> Result<()> {
    let (mut stream, _) = control.accept().await?;
    stream.set_nodelay(true)?;
    stream.write_all(b"220 ready\r\n").await?;
    for number in 0..5 {
        stream.read_exact(&mut [0; 6]).await?;
        if number == 3 {
            stream.write_all(b"150 opening\r\n").await?;
            let mut data = TcpStream::connect(SocketAddr::from((CLIENT, 3172))).await?;
            data.write_all(&[b'x'; 3000]).await?;
            if patient {
                data.shutdown().await?;
                data.read_to_end(&mut Vec::new()).await?;
            }
            drop(data);
        }
        stream.write_all(b"200 done\r\n").await?;
    }
    Ok(())
}

async fn dial(data: TcpListener) -> Result<()> {
    let mut stream = TcpStream::connect((SERVER, 21)).await?;
    stream.set_nodelay(true)?;
    stream.read_exact(&mut [0; 11]).await?;
    for number in 0..5 {
        stream.write_all(b"NOOP\r\n").await?;
        if number == 3 {
            stream.read_exact(&mut [0; 13]).await?;
            let (mut data, _) = data.accept().await?;
            data.read_to_end(&mut Vec::new()).await?;
        }
        stream.read_exact(&mut [0; 10]).await?;
    }
    // The server closes first; its FIN is read before ours goes out.
    stream.read_to_end(&mut Vec::new()).await?;
    Ok(())
}

/// Direction, connection, flags and length of a TCP segment; `arp` or `other` for the rest.
fn word(frame: &[u8]) -> String {
    let field = |at: usize| {
        let pair = frame.get(at..at + 2).and_then(|pair| pair.try_into().ok());
        u16::from_be_bytes(pair.unwrap_or_default())
    };
    if field(12) == 0x0806 {
        return "arp".to_owned();
    }
    if field(12) != 0x0800 {
        return "other".to_owned();
    }
    let offset = field(46);
    let length = field(16) - 20 - 4 * (offset >> 12);
    let from = if frame[26..30] == CLIENT.octets() {
        '>'
    } else {
        '<'
    };
    let ports = (field(34), field(36));
    let connection = if ports.0 == 21 || ports.1 == 21 {
        'c'
    } else {
        'd'
    };
    let flags: String = [(2, 'S'), (1, 'F'), (4, 'R'), (8, 'P'), (16, '.')]
        .into_iter()
        .filter(|(bit, _)| offset & bit != 0)
        .map(|(_, letter)| letter)
        .collect();
    format!("{from}{connection}[{flags}]{length}")
}

/// Threads that keep CPUs busy until this is dropped.
struct Busy {
    stop: Arc<AtomicBool>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Busy {
    fn start(count: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let spin = || {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            })
        };
        let threads = (0..count).map(|_| spin()).collect();
        Self { stop, threads }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // A loop that only spins does not panic.
            let _ = thread.join();
        }
    }
}
