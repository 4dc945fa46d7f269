//! The server is told to end, or killed, while it transfers.

use std::fs;
use std::io::{Read, Write};

use ftplab_tests::{LIMIT, Signal, assert_code, within};

use crate::served::{DOWN, Served};

#[test]
fn transfers_finish_after_the_signal_and_nothing_new_begins() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut served = Served::start(&[]);
        let (mut down, mut up, mut idle) = (served.login(), served.login(), served.login());
        let mut from = down.begin("RETR down.bin");
        let mut to = up.begin("STOR up.bin");
        to.write_all(b"first ").unwrap();
        served.running.signal(signal);
        idle.expect(421);
        idle.expect_closed();
        to.write_all(b"second").unwrap();
        to.close();
        up.expect(226);
        up.expect(421);
        let mut content = Vec::new();
        from.read_to_end(&mut content).unwrap();
        assert_eq!(content.len(), DOWN);
        down.expect(226);
        down.expect(421);
        assert_eq!(
            fs::read(served.root.join("up.bin")).unwrap(),
            b"first second"
        );
        let Served {
            running,
            root,
            home,
            ..
        } = served;
        assert_code(&running.finish(), 0);
        assert!(root.is_dir());
        drop(home);
    }
}

/// Ten seconds are allowed; then what still stands is cut, and put away.
#[test]
fn transfers_that_do_not_finish_are_cut() {
    let mut served = Served::start(&[]);
    let (mut down, mut up) = (served.login(), served.login());
    let mut from = down.begin("RETR down.bin");
    let mut to = up.begin("STOR up.bin");
    to.write_all(b"some").unwrap();
    let names = served.names();
    served.running.signal(Signal::TERM);
    within(LIMIT, "the server ends", || {
        (!served.running.is_running()).then_some(())
    });
    let mut content = Vec::new();
    // However it ended, it was not whole.
    let _ = from.read_to_end(&mut content);
    assert!(content.len() < DOWN);
    assert!(down.try_reply().is_err() && up.try_reply().is_err());
    assert_eq!(served.unfinished(), [""; 0]);
    assert_eq!(served.names().len() + 1, names.len(), "up.bin became whole");
    let Served { running, home, .. } = served;
    assert_code(&running.finish(), 0);
    drop(home);
}

#[test]
fn a_second_signal_ends_at_once_and_a_kill_leaves_nothing_that_is_seen() {
    for signal in [Signal::INT, Signal::KILL] {
        let mut served = Served::start(&[]);
        let mut up = served.login();
        let mut to = up.begin("STOR up.bin");
        to.write_all(b"some").unwrap();
        if signal == Signal::INT {
            served.running.signal(Signal::TERM);
            served.running.complains("a second Ctrl-C");
        }
        served.running.signal(signal);
        within(LIMIT, "the server ends", || {
            (!served.running.is_running()).then_some(())
        });
        assert!(up.try_reply().is_err());
        assert!(!served.root.join("up.bin").exists());
        // Whoever serves the folder next shows nothing of it, and can store the file.
        let Served {
            running,
            root,
            home,
            ..
        } = served;
        let output = running.finish();
        if signal == Signal::INT {
            assert_code(&output, 130);
        }
        let next = Served::start_at(home, &root, &[], |command| command);
        let mut peer = next.login();
        for command in ["LIST", "NLST", "MLSD"] {
            let listing = String::from_utf8(peer.fetch(command)).unwrap();
            assert!(!listing.contains("upload"), "{listing}");
        }
        peer.store("up.bin", b"whole");
        assert_eq!(fs::read(root.join("up.bin")).unwrap(), b"whole");
    }
}
