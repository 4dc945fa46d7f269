//! Entering a private network, and being refused one, as a whole process does it.
//!
//! The process that cargo starts plays each case by running itself again with the case's name,
//! in namespaces of its own where limits can be set without touching the machine.

#[path = "isolation/ground.rs"]
mod ground;
#[path = "isolation/refused.rs"]
mod refused;

use std::collections::BTreeSet;
use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, ExitCode, Output, Stdio};
use std::time::Duration;

use lab::net::{self, End, HostPlan, LinkPlan, Network, NetworkPlan};
use lab::{Outcome, Verdict, examine};
use tracer::{Capture, CaptureOptions};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const LIMIT: Duration = Duration::from_secs(20);
const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

/// Not a case but the part of a process that is killed.
const LINGERS: &str = "lingers";

/// Runs its arguments as an ordinary user, when it is run as root.
const AS_NOBODY: &[&str] = &[
    "setpriv",
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
];

/// Runs its arguments as root of a user namespace in which no further namespace is allowed.
const LIMITED: &[&str] = &[
    "unshare",
    "--user",
    "--map-root-user",
    "--net",
    "sh",
    "-c",
    "ip link set lo up && echo 0 > /proc/sys/user/max_user_namespaces \
     && echo 0 > /proc/sys/user/max_net_namespaces && exec \"$@\"",
    "sh",
];

/// The same with user namespaces allowed, which alone are of no use.
const LIMITED_NETWORK: &[&str] = &[
    "unshare",
    "--user",
    "--map-root-user",
    "--net",
    "sh",
    "-c",
    "echo 0 > /proc/sys/user/max_net_namespaces && exec \"$@\"",
    "sh",
];

/// The same without any capability, as an ordinary user has none.
const LIMITED_USER: &[&str] = &["setpriv", "--bounding-set=-all", "--inh-caps=-all"];

/// Runs its arguments as a user that may have no further process.
const ONE_PROCESS: &[&str] = &["prlimit", "--nproc=1"];

struct Case {
    name: &'static str,
    /// What the process is started under.
    under: &'static [&'static [&'static str]],
    play: fn() -> Result,
}

const CASES: &[Case] = &[
    Case {
        name: "enters",
        under: &[],
        play: enters,
    },
    Case {
        name: "enters_as_ordinary_user",
        under: &[AS_NOBODY],
        play: enters_as_ordinary_user,
    },
    Case {
        name: "has_the_ground_of_scenarios_as_ordinary_user",
        under: &[AS_NOBODY],
        play: ground::has_the_ground_of_scenarios,
    },
    Case {
        name: "refused_with_threads",
        under: &[],
        play: refused::with_threads,
    },
    Case {
        name: "refused_but_raw",
        under: &[LIMITED],
        play: refused::but_raw,
    },
    Case {
        name: "refused_all",
        under: &[LIMITED, LIMITED_USER],
        play: refused::all,
    },
    Case {
        name: "refused_network",
        under: &[LIMITED_NETWORK],
        play: refused::network,
    },
    Case {
        name: "refused_process",
        under: &[AS_NOBODY, ONE_PROCESS],
        play: refused::process,
    },
    Case {
        name: "leaves_nothing_when_killed",
        under: &[],
        play: leaves_nothing_when_killed,
    },
    Case {
        name: "doctor_finds_all_well",
        under: &[],
        play: doctor_finds_all_well,
    },
    Case {
        name: "doctor_as_ordinary_user",
        under: &[AS_NOBODY],
        play: doctor_finds_all_well,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, name] = arguments.as_slice()
        && flag == "--play"
        && let Some(play) = part(name)
    {
        return match play() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    let mut failed = false;
    for case in CASES {
        match run(case) {
            Ok(None) => println!("test {} ... ok", case.name),
            Ok(Some(reason)) => {
                eprintln!("skipped {}: {reason}", case.name);
                failed |= std::env::var_os("CI").is_some();
            }
            Err(error) => {
                println!("test {} ... FAILED\n{error}", case.name);
                failed = true;
            }
        }
    }
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn part(name: &str) -> Option<fn() -> Result> {
    let case = CASES.iter().find(|case| case.name == name);
    let lingers = (name == LINGERS).then_some(lingers as fn() -> Result);
    case.map(|case| case.play).or(lingers)
}

/// Plays the case in a process of its own. `Some` reason when this machine does not let it.
fn run(case: &Case) -> Result<Option<String>> {
    let root = fs::metadata("/proc/self")?.uid() == 0;
    let allowed = Command::new("unshare")
        .args(["-r", "-n", "true"])
        .output()?;
    if !allowed.status.success() {
        return Ok(Some(format!("unshare -r -n: {}", said(&allowed))));
    }
    let before = interfaces();
    let mut words: Vec<OsString> = case
        .under
        .iter()
        // An ordinary user is one already.
        .filter(|words| root || **words != AS_NOBODY)
        .flat_map(|words| words.iter().map(OsString::from))
        .collect();
    words.push(std::env::current_exe()?.into());
    words.extend(["--play", case.name].map(OsString::from));
    let (program, arguments) = words.split_first().ok_or("no program")?;
    let output = Command::new(program).args(arguments).output()?;
    if !output.status.success() {
        return Err(format!("{}: {}", output.status, said(&output)).into());
    }
    expect("the machine's interfaces", interfaces(), before)?;
    Ok(None)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

fn enters() -> Result {
    let before = namespace()?;
    net::enter()?;
    if namespace()? == before {
        return Err("still in the machine's network".into());
    }
    let only: BTreeSet<String> = ["lo".to_owned()].into();
    expect("interfaces", interfaces(), only)?;
    two_hosts_exchange_a_packet()
}

fn enters_as_ordinary_user() -> Result {
    let isolation = net::enter()?;
    expect("user namespace", isolation.user_namespace, true)?;
    two_hosts_exchange_a_packet()
}

/// Kills a process like this one that has built a network, and looks for what is left.
fn leaves_nothing_when_killed() -> Result {
    let mut victim = Command::new(std::env::current_exe()?)
        .args(["--play", LINGERS])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut ready = String::new();
    let output = victim.stdout.take().ok_or("no output")?;
    BufReader::new(output).read_line(&mut ready)?;
    let pid = victim.id();
    let theirs = namespaces(&format!("/proc/{pid}/task"))?;
    // Its own, and one for each host.
    expect("namespaces", theirs.len(), 3)?;
    victim.kill()?;
    victim.wait()?;
    for entry in fs::read_dir("/proc")? {
        let tasks = entry?.path().join("task");
        // Processes come and go, and some are not ours to look at.
        let Ok(used) = namespaces(&tasks.display().to_string()) else {
            continue;
        };
        expect("left", used.intersection(&theirs).count(), 0)?;
    }
    expect(
        "mounted",
        fs::read_to_string("/proc/mounts")?.contains("nsfs"),
        false,
    )
}

fn lingers() -> Result {
    net::enter()?;
    let network = two_hosts()?;
    println!("ready");
    // Until it is killed, or its parent has gone.
    std::io::stdin().read_line(&mut String::new())?;
    drop(network);
    Ok(())
}

/// The network namespaces of the threads of a process.
fn namespaces(tasks: &str) -> Result<BTreeSet<String>> {
    let links = fs::read_dir(tasks)?.map(|task| fs::read_link(task?.path().join("ns/net")));
    let found: std::io::Result<BTreeSet<_>> = links.collect();
    Ok(found?
        .iter()
        .map(|link| link.display().to_string())
        .collect())
}

fn doctor_finds_all_well() -> Result {
    let before = namespace()?;
    let report = examine();
    expect("verdict", report.verdict, Verdict::PrivateNetwork)?;
    expect("namespace", namespace()?, before)?;
    for name in [
        "network namespaces",
        "raw socket in a private network",
        "veth in a private network",
        "kernel parameters of a private network",
        "nft in a private network",
    ] {
        let check = report.check(name).ok_or(name)?;
        if check.outcome != Outcome::Ok {
            return Err(report.to_string().into());
        }
    }
    let json = serde_json::to_value(&report)?;
    expect("json", json["verdict"].as_str(), Some("private_network"))?;
    expect(
        "json",
        json["checks"][0]["name"].as_str(),
        Some("user namespaces"),
    )
}

fn two_hosts() -> Result<Network> {
    let plan = NetworkPlan::new()
        .host(HostPlan::new("client"))
        .host(HostPlan::new("server"))
        .link(LinkPlan::new(
            End::new("client", "eth0").address(CLIENT, 24),
            End::new("server", "eth0").address(SERVER, 24),
        ));
    Ok(plan.build()?)
}

fn two_hosts_exchange_a_packet() -> Result {
    let network = two_hosts()?;
    let client = network.host("client").ok_or("no client")?;
    let open = || async { Capture::open(&CaptureOptions::new("eth0")) };
    let mut capture = client.run(LIMIT, open)??;
    client.run(LIMIT, || async {
        ping(CLIENT, SERVER).map_err(|error| error.to_string())
    })??;
    expect_ping(&mut capture)
}

/// Sends one UDP datagram that nobody expects.
fn ping(from: Ipv4Addr, to: Ipv4Addr) -> Result {
    let socket = std::net::UdpSocket::bind((from, 0))?;
    socket.send_to(b"are you there?", (to, 9))?;
    Ok(())
}

fn expect_ping(capture: &mut Capture) -> Result {
    for _ in 0..1000 {
        if let Some(frame) = capture.next()?
            && frame.bytes.ends_with(b"are you there?")
        {
            return Ok(());
        }
    }
    Err("the packet was not seen".into())
}

fn namespace() -> Result<String> {
    let link = fs::read_link("/proc/self/ns/net")?;
    Ok(link.display().to_string())
}

/// The interfaces of this process's network namespace.
fn interfaces() -> BTreeSet<String> {
    let found = tracer::interfaces().into_iter();
    found.map(|interface| interface.name).collect()
}

#[allow(clippy::needless_pass_by_value)] // So that a case reads as one line.
fn expect<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Result {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{what}: {found:?} instead of {expected:?}").into())
    }
}
