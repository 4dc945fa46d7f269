use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::{PrintedError, PrintedReader};
use crate::{Analyzer, ClassicLine, Frame, LineOptions, LinkType, Packet, TcpdumpLine, decode};

const ACTIVE: &str = include_str!("../../../tests/traces/s0-active.txt");
const PASSIVE: &str = include_str!("../../../tests/traces/s0-passive.txt");

fn options() -> LineOptions {
    LineOptions {
        zone: TimeZone::UTC,
        ..LineOptions::default()
    }
}

/// Hands every packet of a text to `see`.
fn read(text: &str, mut see: impl FnMut(&Packet<'_>)) -> Result<(), PrintedError> {
    let mut reader = PrintedReader::in_zone(text.as_bytes(), TimeZone::UTC);
    while let Some(packet) = reader.next_packet()? {
        see(&packet);
    }
    Ok(())
}

fn nothing(packet: &Packet<'_>) -> Frame<'static> {
    Frame {
        time: packet.time,
        odd_time: None,
        wire_len: packet.wire_len,
        link: LinkType::Raw,
        bytes: &[],
    }
}

fn classic(text: &str, absolute: bool) -> String {
    let mut line = ClassicLine::new(
        LineOptions {
            absolute_seq: absolute,
            ..options()
        },
        false,
    );
    let mut out = String::new();
    read(text, |packet| {
        line.write(&nothing(packet), packet, &mut out);
        out.push('\n');
    })
    .unwrap();
    out
}

fn modern(text: &str, absolute_seq: bool) -> String {
    let mut line = TcpdumpLine::new(LineOptions {
        absolute_seq,
        ..options()
    });
    let mut out = String::new();
    read(text, |packet| {
        line.write_packet(&nothing(packet), packet, &mut out);
        out.push('\n');
    })
    .unwrap();
    out
}

fn numbers(text: &str) -> Vec<(u32, u32, u32, u16)> {
    let mut all = Vec::new();
    read(text, |packet| {
        if let Some((_, tcp)) = packet.tcp() {
            all.push((tcp.seq.0, tcp.ack.0, tcp.len, tcp.window));
        }
    })
    .unwrap();
    all
}

#[test]
fn the_lines_of_2001_come_back_byte_for_byte() {
    // The one typing error, where a blank is missing, is repaired.
    let whole = ACTIVE.replace("65371(DF)", "65371 (DF)");
    assert_ne!(whole, ACTIVE);
    assert_eq!(classic(ACTIVE, true), whole);
    assert_eq!(classic(PASSIVE, true), PASSIVE);
    let mut reader = PrintedReader::in_zone(ACTIVE.as_bytes(), TimeZone::UTC);
    while reader.next_packet().unwrap().is_some() {}
    let (count, repairs) = reader.repairs();
    assert_eq!((count, repairs[0].line, reader.packets()), (1, 22, 25));
    let column = ACTIVE.lines().nth(21).unwrap().find("(DF)").unwrap() + 1;
    assert_eq!(repairs[0].column, column);
}

#[test]
fn another_tcpdumps_words_have_the_same_packets() {
    for text in [ACTIVE, PASSIVE] {
        let known: Vec<_> = numbers(text);
        for absolute in [true, false] {
            let new = modern(text, absolute);
            assert_eq!(new.lines().count(), text.lines().count());
            let numbers: Vec<_> = numbers(&new);
            // Bare acknowledgements lose their sequence number, and have it from before.
            assert_eq!(numbers.len(), known.len());
            for (found, known) in numbers.iter().zip(&known) {
                assert_eq!(
                    (found.1, found.2, found.3),
                    (known.1, known.2, known.3),
                    "{new}"
                );
                if known.2 > 0 {
                    assert_eq!(found.0, known.0, "{new}");
                }
            }
            assert_eq!(modern(&new, absolute), new);
        }
    }
}

#[test]
fn wrapped_lines_are_joined_and_prose_is_passed_over() {
    let mut article = String::from("An article.\r\n\nIt has two hosts at 13:50 and > and win.\n");
    for line in PASSIVE.lines() {
        let (first, rest) = line.split_at(line.find(" ack ").or(line.find(" win ")).unwrap());
        article.push_str(&format!(
            "{first}\r\n{}\r\nA word on it: > . ack\n",
            rest.trim()
        ));
    }
    let mut reader = PrintedReader::in_zone(article.as_bytes(), TimeZone::UTC);
    while reader.next_packet().unwrap().is_some() {}
    assert_eq!((reader.packets(), reader.passed_over()), (22, 24));
    assert_eq!(classic(&article, true), PASSIVE);
}

#[test]
fn a_garbled_line_is_named_with_what_was_expected() {
    let line = "13:50:46.779273 207.46.133.140.21 > mypc.xx.yy.zz.3171: P 3058770521:3058770576(55) ack 87666931 win 17520 (DF)";
    for (good, bad, expected) in [
        ("(55)", "(54)", "the sum of the first number"),
        ("win 17520", "win 175200", "a window below 65536"),
        ("win", "wim", "ack or win"),
        (" > ", " - ", "> between the two addresses"),
        ("3171: P", "3171 P", ": behind the destination"),
        ("ack 8", "ack x8", "an acknowledgement number"),
        ("(DF)", "DF", "(DF), or the end of the line"),
        ("zz.3171", "zz.port", "a full stop, and a port"),
        ("P 30", "PX 30", "a blank behind the TCP flags"),
    ] {
        let text = format!("a word\n{}\n", line.replacen(good, bad, 1));
        let error = read(&text, |_| {}).unwrap_err().to_string();
        assert!(error.starts_with("line 2, column "), "{error}");
        assert!(error.contains(expected), "{bad}: {error}");
    }
    let cut = read(&line[..70], |_| {}).unwrap_err().to_string();
    assert!(cut.ends_with("found the end of the line"), "{cut}");
}

#[test]
fn a_line_without_end_takes_no_memory() {
    let prose = std::io::Read::take(std::io::repeat(b'x'), 50 << 20);
    let mut reader = PrintedReader::in_zone(prose, TimeZone::UTC);
    assert!(reader.next_packet().unwrap().is_none());
    assert_eq!(reader.passed_over(), 1);
    let stamp = "13:50:46.564494 ".as_bytes();
    let packet = std::io::Read::chain(stamp, std::io::Read::take(std::io::repeat(b'x'), 50 << 20));
    let error = PrintedReader::in_zone(packet, TimeZone::UTC)
        .next_packet()
        .unwrap_err();
    assert!(
        matches!(error, PrintedError::TooLong { line: 1 }),
        "{error}"
    );
}

#[test]
fn forms_of_several_tcpdumps() {
    let cases = [
        "2001-02-21 13:50:46.564494 IP 10.0.0.1.3171 > 10.0.0.2.ftp: S 5:5(0) win 65535 <mss 1460>",
        "982734646.564494 0:10:5a:4:0:1 0:10:5a:4:0:2 0800 62: 10.0.0.1.3171 > 10.0.0.2.21: S 5:5(0) win 65535 <mss 1460,nop,nop,sackOK> (DF) [tos 0x10]  (ttl 64, id 7)",
        "13:50:46.564494 00:10:5a:04:00:01 > 00:10:5a:04:00:02, ethertype IPv4 (0x0800), length 62: 10.0.0.1.3171 > 10.0.0.2.21: Flags [S], seq 5, win 65535, options [mss 1460], length 0",
        "IP6 fd00::1.3171 > fd00::2.21: Flags [S], seq 5, win 65535, length 0",
        "13:50:46.564494 lo    In  IP 10.0.0.1.3171 > 10.0.0.2.21: Flags [S], seq 5, win 65535, length 0",
        "13:50:46.564494 IP (tos 0x10, ttl 64, id 7, offset 0, flags [DF], proto TCP (6), length 60)\n    10.0.0.1.3171 > 10.0.0.2.21: Flags [S], cksum 0x1234 (correct), seq 5, win 65535, length 0",
    ];
    for text in cases {
        let mut seen = 0;
        read(text, |packet| {
            let (ip, tcp) = packet.tcp().unwrap();
            assert_eq!(
                (tcp.src_port, tcp.dst_port, tcp.seq.0, tcp.window),
                (3171, 21, 5, 65535)
            );
            let verbose = text.contains("ttl 64");
            assert_eq!(
                (ip.ttl == 64, ip.id == 7, ip.dont_fragment),
                (verbose, verbose, verbose)
            );
            assert!(text.contains("mss") == (tcp.options.mss() == Some(1460)));
            seen += 1;
        })
        .unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(seen, 1, "{text}");
    }
    for text in &cases[..2] {
        assert_eq!(classic(text, true).trim_end(), *text);
    }
}

#[test]
fn times_of_day_pass_midnight() {
    let line = |time: &str| format!("{time} 10.0.0.1.1 > 10.0.0.2.2: . ack 1 win 5\n");
    let text = ["23:59:59.9", "00:00:00.1"]
        .map(|t| line(&format!("{t}00000")))
        .concat();
    let mut times = Vec::new();
    read(&text, |packet| times.push(packet.time)).unwrap();
    assert_eq!(times[1].since(times[0]).as_millis(), 200);
}

fn captures() -> Vec<std::path::PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/pcaps");
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "pcap"))
        .collect();
    all.sort();
    assert!(all.len() >= 9);
    all
}

#[test]
fn what_is_printed_of_captures_is_read_and_printed_alike() {
    for path in captures() {
        for absolute_seq in [true, false] {
            let with = LineOptions {
                absolute_seq,
                ..options()
            };
            let mut new = TcpdumpLine::new(with.clone());
            let mut old = ClassicLine::new(with.clone(), false);
            let mut windump = ClassicLine::new(with, true);
            let mut texts = <[String; 3]>::default();
            let mut reader = crate::PcapReader::new(std::fs::File::open(&path).unwrap()).unwrap();
            while let Ok(Some(record)) = reader.next_record() {
                let (frame, packet) = (&record.frame, decode(&record.frame));
                new.write(frame, &mut texts[0]);
                old.write(frame, &packet, &mut texts[1]);
                windump.write(frame, &packet, &mut texts[2]);
                for text in &mut texts {
                    text.push('\n');
                }
            }
            // Bytes, and packets within packets, stand below some lines; nothing reads them back.
            let packets = |text: &str| -> Vec<String> {
                let lines = text
                    .lines()
                    .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
                lines.map(str::to_owned).collect()
            };
            for (number, text) in texts.iter().enumerate() {
                let printed = match number {
                    0 => modern(text, absolute_seq),
                    _ => classic(text, absolute_seq),
                };
                let (found, expected) = (packets(&printed), packets(text));
                for (found, expected) in found.iter().zip(&expected) {
                    assert_eq!(found, expected, "{} {number}", path.display());
                }
                assert_eq!(found.len(), expected.len(), "{} {number}", path.display());
                assert!(!found.is_empty());
            }
        }
    }
}

proptest! {
    /// Whatever is done to a trace: no panic, and what is read is explained without one.
    #[test]
    fn any_damage_is_an_error_or_a_trace(
        at in 0..5000_usize,
        junk in "[ -~\u{80}-\u{ff}\n]{0,12}",
        cut in 0..40_usize,
    ) {
        let mut text = format!("{ACTIVE}{PASSIVE}");
        let at = at % text.len();
        let end = (at + cut).min(text.len());
        text.replace_range(at..end, &junk);
        let mut analyzer = Analyzer::default();
        let _ = read(&text, |packet| {
            analyzer.push(packet);
        });
        analyzer.finish();
    }

    #[test]
    fn any_line_is_read(text in "(13:50:46.564494 )?[ -~]{0,80}") {
        let _ = read(&text, |packet| { Analyzer::default().push(packet); });
    }
}
