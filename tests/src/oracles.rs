//! What tcpdump and tshark see in a capture file.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::output;

/// What tcpdump prints for a capture file.
pub fn tcpdump(pcap: &Path, flags: &[&str]) -> String {
    let mut tcpdump = Command::new("tcpdump");
    tcpdump.env("TZ", "UTC").arg("-n").args(flags).arg("-r");
    output(tcpdump.arg(pcap))
}

fn tshark(pcap: &Path, options: &[&str], filter: &str, fields: &[&str]) -> Vec<String> {
    let mut tshark = Command::new("tshark");
    tshark.args(options);
    tshark
        .args(["-n", "-Y", filter, "-T", "fields", "-r"])
        .arg(pcap);
    tshark.args(fields.iter().flat_map(|field| ["-e", field]));
    output(&mut tshark).lines().map(String::from).collect()
}

/// Commands and replies as tshark reads them, with tabs: packet, command, argument, code, text.
pub fn tshark_lines(pcap: &Path, options: &[&str]) -> Vec<String> {
    let fields = [
        "frame.number",
        "ftp.request.command",
        "ftp.request.arg",
        "ftp.response.code",
        "ftp.response.arg",
    ];
    tshark(pcap, options, "ftp", &fields)
}

/// The same from our events.
pub fn ftp_lines(events: &[Value]) -> Vec<String> {
    events
        .iter()
        .filter_map(|event| match event["event"].as_str()? {
            "command" => Some(format!(
                "{}\t{}\t{}\t\t",
                event["packet"],
                event["word"].as_str()?,
                event["argument"].as_str().unwrap_or_default()
            )),
            "reply" => Some(format!(
                "{}\t\t\t{}\t{}",
                event["packet"],
                event["code"].as_str()?,
                event["text"].as_str()?
            )),
            _ => None,
        })
        .collect()
}

/// What a data connection is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FtpData {
    /// Both ports, the lower first.
    pub ports: (u16, u16),
    /// The command with its argument.
    pub command: String,
    /// The packet of that command.
    pub command_packet: u64,
    /// `PASV` or `PORT`.
    pub method: String,
    /// The packet that announced the endpoint: of PORT, or of the reply to PASV.
    pub setup_packet: u64,
}

/// The data connections as tshark ties them to commands.
pub fn tshark_data(pcap: &Path, options: &[&str]) -> BTreeSet<FtpData> {
    let fields = [
        "tcp.srcport",
        "tcp.dstport",
        "ftp-data.command",
        "ftp-data.command-frame",
        "ftp-data.setup-method",
        "ftp-data.setup-frame",
    ];
    tshark(pcap, options, "ftp-data", &fields)
        .iter()
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [from, to, command, command_packet, method, setup_packet] = fields[..] else {
                panic!("{line}")
            };
            let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
            FtpData {
                ports: (std::cmp::min(from, to), std::cmp::max(from, to)),
                command: command.to_owned(),
                command_packet: command_packet.parse().unwrap(),
                method: method.to_owned(),
                setup_packet: setup_packet.parse().unwrap(),
            }
        })
        .collect()
}

impl FtpData {
    /// The same from our events: the table at the end, and the command that it names.
    pub fn of(events: &[Value]) -> BTreeSet<Self> {
        events
            .iter()
            .filter(|event| event["event"] == "connection" && event["purpose"] == "announced")
            .map(|row| Self::row(row, events))
            .collect()
    }

    fn row(row: &Value, events: &[Value]) -> Self {
        let port = |end: &str| -> u16 {
            let text = row[end].as_str().unwrap();
            text.rsplit(':').next().unwrap().parse().unwrap()
        };
        let setup = row["announced_in"].as_u64().unwrap();
        // Announcements are used in their order here: the command is the next that moves data.
        let command = events
            .iter()
            .find(|event| {
                event["event"] == "command"
                    && event["packet"].as_u64() > Some(setup)
                    && !event["transfer"]["verb"].is_null()
            })
            .unwrap_or_else(|| panic!("no command for {row}"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        assert_eq!(row["verb"], command["verb"], "{row}");
        assert_eq!(row["argument"], command["argument"], "{row}");
        let words = format!("{} {}", text(&row["verb"]), text(&row["argument"]));
        Self {
            ports: (port("from").min(port("to")), port("from").max(port("to"))),
            command: words.trim_end().to_owned(),
            command_packet: command["packet"].as_u64().unwrap(),
            method: text(&row["announced_by"]),
            setup_packet: setup,
        }
    }
}
