//! A program as text is what tcpdump makes of the same program.

use std::process::Command;

use tracer::Listing;

use super::expressions::{ETHERNET, EXPRESSIONS};
use super::{captures, parsed, tcpdump_is_here};

#[test]
fn a_program_is_printed_as_tcpdump_prints_it() {
    if !tcpdump_is_here() {
        return;
    }
    let files = captures();
    let ethernet = files.iter().find(|file| file.ends_with("session.pcap"));
    let print = |flag: &str, expression: &str| {
        let output = Command::new("tcpdump")
            .args(["-O", flag, "-r"])
            .arg(ethernet.unwrap())
            .arg(expression)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    for expression in EXPRESSIONS.iter().chain(ETHERNET).step_by(4) {
        let decimal = print("-ddd", expression);
        if decimal.is_empty() {
            // What can never hold has no program.
            continue;
        }
        let program = parsed(&decimal);
        for (flag, form) in [
            ("-d", Listing::Assembly),
            ("-dd", Listing::C),
            ("-ddd", Listing::Decimal),
        ] {
            assert_eq!(
                program.listing(form),
                print(flag, expression),
                "{expression}"
            );
        }
    }
}
