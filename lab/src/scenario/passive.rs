//! `passive`: PASV, so the client dials a second time.

use super::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "passive",
    about: "a session in passive mode: PASV, and the client dials the port that the server names",
    mode: client::DataMode::Pasv,
};
