//! The lines about the router of a scenario, told in words.

use script::{Guard, LabStep, Script, StepKind, explain};

const SCENARIO: &str = "purpose: what a router can do
plays: lab

network
  host client 192.168.0.2
  host server 203.0.113.10
  router hides client behind 203.0.113.1
  router guards server except port 21
  router guards client
  router reads FTP
  capture at client and server
  server anonymous
  server gives data connections 2 s
  client gives data connections 300 ms
end

client connect
router reads FTP
client fails to list
";

#[test]
fn a_router_is_read_and_told() {
    let script = Script::parse("router.ftp", SCENARIO.as_bytes()).unwrap();
    let network = script.network.as_ref().unwrap();
    let hidden = network.router.hides.as_ref().unwrap();
    assert_eq!(
        (hidden.host.as_str(), hidden.behind.to_string()),
        ("client", "203.0.113.1".into())
    );
    let guard = |host: &str, except| Guard {
        host: host.into(),
        except,
    };
    assert_eq!(
        network.router.guards,
        [guard("server", Some(21)), guard("client", None)]
    );
    assert!(network.router.reads_ftp);
    assert_eq!(network.capture_at, ["client", "server"]);
    assert!(matches!(
        script.steps[1].kind,
        StepKind::Lab(LabStep::RouterReadsFtp)
    ));
    let told = explain(&script);
    for part in [
        "gives what client sends the address 203.0.113.1 (NAT)",
        "nothing pass to server but the answers to what server began, and what goes to port 21",
        "Packets are captured at client and server.",
        "from here on the router reads what passes to port 21",
        "asks for a listing, which must fail",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
}

#[test]
fn hosts_of_one_network_have_no_router() {
    for (line, at) in [("  router reads FTP\n", "7:3"), ("", "14:1")] {
        let text = SCENARIO
            .replace("203.0.113.10\n", &format!("192.168.0.3\n{line}"))
            .replace("  router hides client behind 203.0.113.1\n", "")
            .replace("  router guards server except port 21\n", "")
            .replace("  router guards client\n", "")
            .replacen(
                "  router reads FTP\n  capture at client and",
                "  capture at",
                1,
            );
        let error = Script::parse("router.ftp", text.as_bytes()).unwrap_err();
        let told = error.to_string();
        assert!(told.contains("there is no router"), "{told}");
        assert!(told.contains(&format!("router.ftp:{at}:")), "{told}");
    }
}
