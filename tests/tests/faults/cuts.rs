//! The control connection and the data connection are cut, at each stage, in each way.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use ftplab_tests::{LIMIT, Running, Signal, has_program, within};

use crate::peer::Cut;
use crate::served::{Figures, Served};
use crate::stages::Stage;

/// What the served folder must hold again.
fn assert_as_before(served: &Served, names: &[String], before: &Figures) {
    served.settles(before);
    assert_eq!(
        served.names(),
        names,
        "an upload that was cut was taken for a whole one"
    );
}

#[test]
fn each_stage_is_cut_in_each_way() {
    let served = Served::start(&["--data-timeout", "2s"]);
    let (before, names) = (served.at_rest(), served.names());
    for cut in Cut::ALL {
        eprintln!("{cut:?}");
        let open = Stage::ALL.map(|stage| stage.reach(&served));
        thread::scope(|scope| {
            for open in open {
                scope.spawn(move || open.cut(cut));
            }
        });
        assert_as_before(&served, &names, &before);
    }
    served.serves();
}

/// Many at a time, in an order without order, but the same at every run.
#[test]
fn hundreds_of_cuts_leave_nothing() {
    let sessions: usize =
        std::env::var("FTPLAB_CUTS").map_or(400, |number| number.parse().unwrap());
    let served = Served::start(&["--data-timeout", "2s"]);
    let (before, names) = (served.at_rest(), served.names());
    // The first half makes what the program keeps for good: its threads, and their heaps.
    cut_at_random(&served, 0, sessions / 2);
    let memory = served.memory();
    cut_at_random(&served, TOGETHER, sessions / 2);
    assert_as_before(&served, &names, &before);
    served.serves();
    let kept = served.memory().saturating_sub(memory);
    // Nothing of a session stays. A heap may keep the room that it once had for the sessions of
    // one moment: buffers of at most 256 KiB for text, as much again for TLS.
    let most = usize::try_from(TOGETHER).unwrap() * 512;
    assert!(kept < most, "{kept} KiB more than before");
}

/// Sessions that are cut at the same time.
const TOGETHER: u64 = 8;

fn cut_at_random(served: &Served, first_seed: u64, sessions: usize) {
    thread::scope(|scope| {
        for seed in first_seed..first_seed + TOGETHER {
            scope.spawn(move || {
                let mut state = seed;
                let mut below = |bound: usize| {
                    // Knuth's MMIX generator; its high bits are the good ones.
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1_442_695_040_888_963_407);
                    usize::try_from(state >> 33).unwrap() % bound
                };
                for _ in 0..sessions / 8 {
                    let stage = Stage::ALL[below(Stage::ALL.len())];
                    let mut cut = Cut::ALL[below(Cut::ALL.len())];
                    if matches!(
                        stage,
                        Stage::RetrAlone | Stage::RetrActive | Stage::StorAlone
                    ) {
                        // After a FIN the client may still dial, and is waited for.
                        cut = Cut::Rst;
                    }
                    stage.reach(served).cut(cut);
                }
            });
        }
    });
}

/// Nobody says anything any more: all are ended by the server's time-outs.
#[test]
fn silence_at_each_stage_is_ended() {
    let served = Served::start(&["--idle-timeout", "2s", "--data-timeout", "2s"]);
    let (before, names) = (served.at_rest(), served.names());
    let open: Vec<_> = Stage::ALL
        .iter()
        .map(|stage| stage.reach(&served))
        .collect();
    // Nobody is kept waiting by them.
    served.serves();
    assert_as_before(&served, &names, &before);
    drop(open);
    served.serves();
}

/// A program that is killed closes nothing itself: its kernel does, in an order of its own.
#[test]
fn an_upload_of_a_client_that_is_killed_is_not_whole() {
    if !has_program("curl") {
        return;
    }
    let served = Served::start(&[]);
    let (before, names) = (served.at_rest(), served.names());
    for count in 0..10 {
        let mut curl = Command::new("curl");
        curl.args(["-sS", "-T", "-", "--user", "ann:secret"]);
        curl.arg(format!("ftp://{}/cut", served.addr));
        let mut curl = Running::start(curl.stdin(Stdio::piped()));
        curl.feed(&vec![b'x'; 1 + count * 12_500]);
        within(LIMIT, "the upload begins", || {
            let sizes = served.unfinished().into_iter().map(|name| {
                // Between its listing and this it may have gone.
                fs::metadata(served.root.join(name)).map_or(0, |file| file.len())
            });
            (sizes.sum::<u64>() > 0).then_some(())
        });
        // The longer it was silent, the longer the server waits for its other connection's end:
        // so that the exit may take its time on a busy machine.
        thread::sleep(Duration::from_millis(150));
        curl.signal(Signal::KILL);
        curl.finish();
        assert_as_before(&served, &names, &before);
    }
    served.serves();
}
