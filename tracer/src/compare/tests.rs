use super::{Comparison, Figures, Mark, Reason, Row, Trace};
use crate::{Language, PrintedReader};

const ACTIVE: &str = include_str!("../../../tests/traces/s0-active.txt");
const PASSIVE: &str = include_str!("../../../tests/traces/s0-passive.txt");

fn trace(text: &str) -> Trace {
    let mut trace = Trace::new(&[21]);
    let mut reader = PrintedReader::new(text.as_bytes());
    while let Some(packet) = reader.next_packet().unwrap() {
        trace.push(&packet);
    }
    trace
}

fn against(article: &str, ours: &str) -> Comparison {
    Comparison::new(&trace(article), &trace(ours))
}

fn text(comparison: &Comparison, language: Language, columns: Option<usize>) -> String {
    let mut out = Vec::new();
    comparison.write(language, columns, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn alone(comparison: &Comparison) -> Vec<(u64, Reason)> {
    let rows = comparison.rows.iter();
    rows.filter_map(|row| match row {
        Row::Alone { ours, reason } => Some((ours.number, *reason)),
        _ => None,
    })
    .collect()
}

fn gaps(comparison: &Comparison) -> Vec<(u32, u32)> {
    let rows = comparison.rows.iter();
    rows.filter_map(|row| match row {
        Row::Gap(gap) => Some((gap.client, gap.server)),
        _ => None,
    })
    .collect()
}

/// The text without some of its lines, given from 1, and with others put behind them.
fn edited(text: &str, drop: &[usize], put: &[(usize, &str)]) -> String {
    let mut out = String::new();
    for (number, line) in (1..).zip(text.lines()) {
        if !drop.contains(&number) {
            out.push_str(line);
            out.push('\n');
        }
        for (_, line) in put.iter().filter(|(after, _)| *after == number) {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

#[test]
fn an_article_is_the_same_as_itself() {
    for (article, lines, windows, unprinted) in [(ACTIVE, 25, 23, 0), (PASSIVE, 22, 22, 9)] {
        let comparison = against(article, article);
        let found = comparison.figures;
        let expected = Figures {
            lines,
            matched: lines,
            windows: [windows; 2],
            connecting: [2; 2],
            accepting: [2; 2],
            unprinted,
            ..Figures::default()
        };
        assert_eq!(found, expected);
        assert!(found.all_match());
    }
    assert_eq!(gaps(&against(ACTIVE, ACTIVE)), [(19, 117)]);
    assert_eq!(gaps(&against(PASSIVE, PASSIVE)), [(47, 253)]);
}

const LEFT_OUT: [(usize, &str); 3] = [
    (
        10,
        "13:50:50.100000 mypc.xx.yy.zz.3171 > 207.46.133.140.21: P 87666947:87666966(19) ack 3058770648 win 65408 (DF)",
    ),
    (
        10,
        "13:50:50.200000 207.46.133.140.21 > mypc.xx.yy.zz.3171: P 3058770648:3058770765(117) ack 87666966 win 17485 (DF)",
    ),
    (
        10,
        "13:50:50.300000 mypc.xx.yy.zz.3171 > 207.46.133.140.21: . 87666966:87666966(0) ack 3058770765 win 65291 (DF)",
    ),
];

#[test]
fn what_the_article_leaves_out_is_shown_and_no_failure() {
    let mut put = LEFT_OUT.to_vec();
    put.push((25, "13:50:55.100000 mypc.xx.yy.zz.3171 > 207.46.133.140.21: P 87667000:87667006(6) ack 3058770874 win 65182 (DF)"));
    let ours = edited(ACTIVE, &[], &put);
    let comparison = against(ACTIVE, &ours);
    let expected = [11, 12, 13].map(|number| (number, Reason::Omitted));
    assert_eq!(alone(&comparison)[..3], expected);
    assert_eq!(alone(&comparison)[3..], [(29, Reason::Later)]);
    assert!(comparison.figures.all_match());
    let gap = comparison
        .rows
        .iter()
        .position(|row| matches!(row, Row::Gap(_)));
    let first = comparison
        .rows
        .iter()
        .position(|row| matches!(row, Row::Alone { .. }));
    assert_eq!(gap.map(|at| at + 1), first);
}

#[test]
fn addresses_and_what_a_kernel_chooses_do_not_count() {
    // Another server's initial number, other windows, other names.
    let mut ours = ACTIVE
        .replace("207.46.133.140", "10.0.0.2")
        .replace("mypc.xx.yy.zz", "10.0.0.1");
    for number in [520_u64, 521, 576, 648, 765, 795, 850, 874] {
        ours = ours.replace(
            &format!("3058770{number}"),
            &format!("{}", 1_000_770 + number),
        );
    }
    let comparison = against(ACTIVE, &ours.replace("win 17520", "win 64240"));
    let figures = comparison.figures;
    assert!(figures.all_match(), "{figures:?}");
    assert_eq!((figures.accepting, figures.connecting), ([1, 2], [2, 2]));
    assert_eq!(figures.windows, [17, 23]);
    let said = text(&comparison, Language::En, None);
    assert!(said.contains("17 of 23 windows are the same"), "{said}");
    assert!(said.contains("the kernel's to choose"), "{said}");
}

#[test]
fn what_should_match_and_does_not_is_named() {
    // Another length: what follows has other numbers, in the order that it was.
    let longer = ACTIVE.replace("3058770521:3058770576(55)", "3058770521:3058770577(56)");
    let comparison = against(ACTIVE, &longer);
    assert_eq!(comparison.figures.matched, 24);
    let banner = comparison.rows.iter().find_map(|row| match row {
        Row::Both { article, marks, .. } if article.number == 6 => Some(*marks),
        _ => None,
    });
    let differing = banner.unwrap().map(|(_, mark)| mark);
    assert_eq!(differing[5], Mark::Different(Reason::Length));
    assert!(differing[..5].iter().all(|mark| *mark == Mark::Same));

    // DF, and a port.
    let free = ACTIVE.replace(
        "mypc.xx.yy.zz.3171: P 3058770521:3058770576(55) ack 87666931 win 17520 (DF)",
        "mypc.xx.yy.zz.3171: P 3058770521:3058770576(55) ack 87666931 win 17520",
    );
    assert_eq!(against(ACTIVE, &free).figures.matched, 24);
    assert_eq!(
        against(ACTIVE, &ACTIVE.replace(".3172", ".3173"))
            .figures
            .matched,
        17
    );
}

#[test]
fn another_order_is_told() {
    let lines: Vec<_> = ACTIVE.lines().collect();
    // The 226 behind the last packet of the data connection.
    let moved = edited(ACTIVE, &[23], &[(24, lines[22])]);
    let comparison = against(ACTIVE, &moved);
    assert_eq!(
        (comparison.figures.matched, comparison.figures.absent),
        (24, 1)
    );
    let absent = comparison.rows.iter().find_map(|row| match row {
        Row::Absent {
            article,
            reason,
            at,
        } => Some((article.number, *reason, *at)),
        _ => None,
    });
    let either = [(23, Some(24)), (24, Some(23))].map(|(line, at)| (line, Reason::OutOfOrder, at));
    assert!(either.contains(&absent.unwrap()), "{absent:?}");

    // Without a line: it is nowhere.
    let comparison = against(ACTIVE, &edited(ACTIVE, &[7], &[]));
    assert_eq!(
        (comparison.figures.matched, comparison.figures.absent),
        (24, 1)
    );
    assert!(!comparison.figures.all_match());
    // Of nothing, nothing matches.
    assert_eq!(against(ACTIVE, "").figures.absent, 25);
    assert!(!against("", ACTIVE).figures.all_match());
}

#[test]
fn it_fits_the_terminal_in_both_languages() {
    let comparison = against(PASSIVE, &edited(PASSIVE, &[10], &[]));
    for language in [Language::En, Language::Zh] {
        let wide = text(&comparison, language, Some(160));
        let narrow = text(&comparison, language, Some(60));
        for (said, columns) in [(&wide, 160), (&narrow, 80)] {
            let table = said.lines().filter(|line| line.contains(" win "));
            for line in table {
                let width = textwrap::core::display_width(line);
                assert!(width <= columns, "{width}: {line}");
            }
        }
        assert!(wide.lines().count() < narrow.lines().count());
    }
    let zh = text(&comparison, Language::Zh, None);
    assert!(zh.contains("22 行中有 21 行"), "{zh}");
    assert!(zh.contains("客户端的 47 字节和服务器的 253 字节"), "{zh}");
}
