//! `active`: PORT, so the server dials back from port 20.

use super::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "active",
    about: "a session in active mode: PORT, and the server dials the client from port 20",
    mode: client::DataMode::Active,
};
