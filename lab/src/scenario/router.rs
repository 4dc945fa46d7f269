//! The router of a scenario: its rules, and what changes in them while the scenario plays.

use script::{Guard, Hidden, LabStep, Network, StepKind};
use tokio::sync::{mpsc, oneshot};

use super::Scenario;
use crate::net::{Firewall, FirewallError};

/// The port of control connections, which the FTP helper is told.
const CONTROL: u16 = 21;

/// The rules of the router; on it an interface is called as the host at its other end.
pub(crate) fn rules(network: &Network, reads_ftp: bool) -> Firewall {
    let told = &network.router;
    let mut rules = Firewall::new();
    if reads_ftp {
        rules = rules.ftp_helper(CONTROL);
    }
    if let Some(Hidden { host, behind }) = &told.hides
        && let Some(hidden) = network.host(host)
    {
        // Outside, nobody has a way to the address of a host that is hidden.
        rules = rules
            .hide(hidden.address, host, *behind)
            .shelter(host.as_str());
    }
    for Guard { host, except } in &told.guards {
        rules = rules.shelter(host.as_str());
        if let Some(port) = except {
            rules = rules.door(host.as_str(), *port);
        }
    }
    rules
}

impl Scenario {
    /// Whether it takes more than a router that lets everything pass: then nft must be there.
    pub(crate) fn needs_nft(&self) -> bool {
        !self.network.router.is_plain() || self.reads_ftp_later()
    }

    /// Whether a step wants the router to read FTP.
    pub(crate) fn reads_ftp_later(&self) -> bool {
        let reads = |kind: &StepKind| matches!(kind, StepKind::Lab(LabStep::RouterReadsFtp));
        self.script.steps.iter().any(|step| reads(&step.kind))
    }
}

/// Asked for other rules, says when they hold.
type Change = (Firewall, oneshot::Sender<Result<(), FirewallError>>);

/// The way to the router's own thread.
#[derive(Clone, Debug)]
pub(crate) struct Router(mpsc::UnboundedSender<Change>);

/// What comes to that thread.
#[derive(Debug)]
pub(crate) struct Changes(mpsc::UnboundedReceiver<Change>);

impl Router {
    /// The way, and its end, which is to be served on the router.
    pub(crate) fn new() -> (Self, Changes) {
        let (ask, asked) = mpsc::unbounded_channel();
        (Self(ask), Changes(asked))
    }

    /// Gives the router other rules, and waits until they hold.
    ///
    /// # Errors
    /// When nft is missing or refuses them, or the router is gone.
    pub(super) async fn change(&self, rules: Firewall) -> Result<(), String> {
        const GONE: &str = "the router is gone";
        let (tell, told) = oneshot::channel();
        self.0.send((rules, tell)).map_err(|_| GONE)?;
        let changed = told.await.map_err(|_| GONE)?;
        changed.map_err(|error| format!("the router: {error}"))
    }
}

impl Changes {
    /// Carries out what it is asked for, until nobody can ask any more.
    pub(crate) async fn serve(mut self) {
        while let Some((rules, tell)) = self.0.recv().await {
            // Who asked may have given up.
            let _ = tell.send(rules.set_up().await);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::rules;
    use crate::scenario::Scenario;

    #[test]
    fn the_rules_are_those_that_the_lines_say() {
        let text = |name: &str, reads| {
            let scenario = Scenario::load(name).unwrap_or_else(|e| panic!("{}", e.message()));
            assert!(scenario.needs_nft());
            rules(&scenario.network, reads).to_string()
        };
        let client = text("firewall-active", false);
        assert!(client.contains("oifname \"client\" drop"), "{client}");
        assert!(!client.contains("helper"), "{client}");
        let server = text("firewall-passive", true);
        let open = server.find("oifname \"server\" tcp dport 21 accept");
        let shut = server.find("oifname \"server\" drop");
        assert!(open.is_some() && open < shut, "{server}");
        assert!(server.contains("tcp dport 21 ct helper set \"ftp\""));
        let hidden = text("nat-alg", false);
        let snat = "ip saddr 192.168.123.45 oifname != \"client\" snat to 203.0.113.1";
        assert!(hidden.contains(snat), "{hidden}");
    }
}
