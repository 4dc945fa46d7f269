//! Many clients that do nothing, and few that do everything very slowly.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use ftplab_tests::{LIMIT, available, within};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::peer::Peer;
use crate::served::{DOWN, Served};
use crate::stages::{Open, Stage};
use crate::storage::after;

/// Lets this process, and the servers it starts, have as many descriptors as they may.
fn many_descriptors() -> bool {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let enough = maximum.is_none_or(|maximum| maximum >= 8192);
    if enough {
        let current = maximum;
        setrlimit(Resource::Nofile, Rlimit { current, maximum }).unwrap();
    }
    available("ulimit -Hn 8192", enough)
}

/// What the program itself takes when it does something for the first time, in KiB: pages of its
/// file, the threads for transfers, and the heaps that glibc gives to threads.
const ONCE: usize = 4 << 10;

#[test]
fn a_thousand_clients_that_stall_hold_nobody_up_and_are_ended() {
    if !many_descriptors() {
        return;
    }
    let served = Served::start(&[
        "--idle-timeout",
        "4s",
        "--data-timeout",
        "4s",
        "--max-sessions",
        "1002",
        "--max-per-address",
        "1002",
    ]);
    let (before, names, memory) = (served.at_rest(), served.names(), served.memory());
    let crowd = |stage: Stage| -> Vec<Open> {
        let open: Vec<_> = (0..250).map(|_| stage.reach(&served)).collect();
        let grown = served.memory().saturating_sub(memory);
        eprintln!("{stage:?}: {grown} KiB more");
        open
    };
    let silent = [crowd(Stage::Greeted), crowd(Stage::LoggedIn)];
    let grown = served.memory().saturating_sub(memory);
    // A session's task and what it allocates are less than 4 KiB.
    assert!(grown < ONCE + 500 * 4, "{grown} KiB for 500 silent clients");
    let stalled = [crowd(Stage::RetrOpen), crowd(Stage::StorFew)];
    let grown = served.memory().saturating_sub(memory);
    // An upload reads into 64 KiB; a download has no buffer, but 32 of them have a thread, of
    // whose stack and heap far less than 128 KiB are touched.
    let most = ONCE + 1000 * 4 + 250 * 64 + 32 * 128;
    assert!(grown < most, "{grown} KiB for 1000 clients");
    // Somebody who comes now is served.
    served.serves();
    // And after they all were sent away, which each of them is told.
    served.settles(&before);
    assert_eq!(served.names(), names);
    for open in silent.into_iter().flatten() {
        let mut peer = open.control.unwrap();
        peer.expect(421);
        peer.expect_closed();
    }
    for open in stalled.into_iter().flatten() {
        let mut peer = open.control.unwrap();
        peer.expect(426);
        peer.expect(421);
        peer.expect_closed();
    }
    served.serves();
}

#[test]
fn a_server_without_descriptors_says_so_and_goes_on() {
    const LIMIT_OF_DESCRIPTORS: usize = 40;
    let limit = format!("ulimit -n {LIMIT_OF_DESCRIPTORS}");
    let served = Served::start_under(&[], |command| after(&limit, &command));
    let before = served.at_rest();
    let mut peer = served.login();
    // One client after the other comes, and every time a transfer is tried.
    let mut others = Vec::new();
    let mut refused = 0;
    while served.figures().count() < LIMIT_OF_DESCRIPTORS {
        others.push(served.connect());
        for command in ["RETR down.bin", "STOR cut", "LIST"] {
            peer.send("PASV\r\n");
            let reply = peer.try_reply().unwrap();
            if !reply.starts_with("227 ") {
                assert!(reply.starts_with("425 "), "{reply}");
                refused += 1;
                continue;
            }
            let named = proto::HostPort::parse_227(&reply.as_bytes()[4..]).unwrap();
            let mut data = TcpStream::connect(named.addr()).unwrap();
            peer.send(format!("{command}\r\n"));
            let mut reply = peer.try_reply().unwrap();
            if reply.starts_with("150 ") {
                if command.starts_with("STOR") {
                    // The server may not be there any more.
                    let _ = data.write_all(b"content");
                    drop(data);
                } else {
                    let _ = data.read_to_end(&mut Vec::new());
                }
                reply = peer.try_reply().unwrap();
            }
            let refusal = ["425 ", "450 ", "451 ", "452 "];
            let is_refused = refusal.iter().any(|code| reply.starts_with(code));
            assert!(
                is_refused || reply.starts_with("226 "),
                "{command}: {reply}"
            );
            refused += usize::from(is_refused);
        }
    }
    assert!(refused > 0, "nothing was ever refused");
    // Nothing is kept for a transfer any more, which PASV could let go.
    peer.ask("PORT 127,0,0,1,200,200", 200);
    // No descriptor is left for these: they wait.
    let waiting: Vec<_> = (0..30).map(|_| Peer::connect(served.addr)).collect();
    within(LIMIT, "no descriptor is left", || {
        peer.send("PASV\r\n");
        let reply = peer.try_reply().unwrap();
        if reply.starts_with("227 ") {
            // The server had not taken all of them yet.
            peer.ask("PORT 127,0,0,1,200,200", 200);
            return None;
        }
        assert!(reply.starts_with("425 "), "{reply}");
        Some(())
    });
    peer.ask("QUIT", 221);
    drop(others);
    for mut waiting in waiting {
        waiting.expect(220);
        waiting.ask("QUIT", 221);
    }
    let _ = std::fs::remove_file(served.root.join("cut"));
    served.settles(&before);
    served.serves();
}

/// A download may be over for the server while the kernel still has all of it. What is left of
/// those that nobody takes ends with the time-out, and few of one session are left at a time.
#[test]
fn downloads_that_nobody_takes_pin_little_and_not_for_long() {
    let served = Served::start(&["--data-timeout", "2s"]);
    let before = served.at_rest();
    fs::write(served.root.join("piece"), vec![b'x'; 250_000]).unwrap();
    let mut peer = served.login();
    let mut unread = Vec::new();
    let mut most = 0;
    for _ in 0..24 {
        unread.push(peer.dial());
        peer.ask("RETR piece", 150);
        let reply = peer.try_reply().unwrap();
        assert!(["226", "426"].contains(&&reply[..3]), "{reply}");
        most = most.max(pinned(&unread));
    }
    assert!(most > 0, "nothing was left to send");
    // Eight, and the one that was just begun.
    assert!(
        most <= 9,
        "the kernel holds {most} downloads of one session"
    );
    within(LIMIT, "the kernel forgets what nobody takes", || {
        (pinned(&unread) == 0).then_some(())
    });
    drop((peer, unread));
    fs::remove_file(served.root.join("piece")).unwrap();
    served.settles(&before);
    served.serves();
}

/// How many connections the kernel still has bytes to send in, towards these sockets.
fn pinned(towards: &[TcpStream]) -> usize {
    let ports: Vec<_> = towards
        .iter()
        .map(|socket| socket.local_addr().unwrap().port())
        .collect();
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let is_pinned = |line: &&str| {
        let mut words = line.split_whitespace().skip(2);
        let remote = words.next().and_then(|word| word.rsplit_once(':'));
        let port = remote.and_then(|(_, port)| u16::from_str_radix(port, 16).ok());
        let queue = words.nth(1).and_then(|word| word.split_once(':'));
        port.is_some_and(|port| ports.contains(&port))
            && queue.is_some_and(|(unsent, _)| unsent != "00000000")
    };
    table.lines().filter(is_pinned).count()
}

/// A command must be whole within the time, however busily its bytes come.
#[test]
fn bytes_that_make_no_command_do_not_keep_a_session() {
    let served = Served::start(&["--idle-timeout", "2s"]);
    let before = served.at_rest();
    thread::scope(|scope| {
        for mut peer in [served.connect(), served.login()] {
            scope.spawn(move || {
                let mut slow = peer.socket.try_clone().unwrap();
                let telling = scope.spawn(move || {
                    // Far less than a line, far longer than the time.
                    for _ in 0..200 {
                        if slow.write_all(b"x").is_err() {
                            return;
                        }
                        thread::sleep(Duration::from_millis(100));
                    }
                    panic!("20 s of bytes were listened to");
                });
                peer.expect(421);
                telling.join().unwrap();
            });
        }
        // Nobody is kept waiting by them.
        served.serves();
    });
    served.settles(&before);
}

/// A transfer goes on as long as bytes move, however few: only standing still is an error.
#[test]
fn a_slow_transfer_is_not_a_stalled_one() {
    let served = Served::start(&["--data-timeout", "2s"]);
    let before = served.at_rest();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut peer = served.login();
            let mut data = peer.begin("STOR slow");
            for _ in 0..14 {
                data.write_all(b"x").unwrap();
                thread::sleep(Duration::from_millis(300));
            }
            data.close();
            peer.expect(226);
            peer.ask("SIZE slow", 213);
            peer.ask("DELE slow", 250);
        });
        scope.spawn(|| {
            // So slow that the kernel's buffers have no room worth a wake-up for longer than the
            // time-out.
            let mut peer = served.login();
            let mut data = peer.begin("RETR down.bin");
            let mut taken = 0;
            for _ in 0..16 {
                data.read_exact(&mut vec![0; 24 << 10]).unwrap();
                taken += 24 << 10;
                thread::sleep(Duration::from_millis(300));
            }
            let mut rest = Vec::new();
            data.read_to_end(&mut rest).unwrap();
            peer.expect(226);
            assert_eq!(taken + rest.len(), DOWN);
        });
    });
    within(LIMIT, "the file is gone", || {
        (!served.root.join("slow").exists()).then_some(())
    });
    served.settles(&before);
    served.serves();
}
