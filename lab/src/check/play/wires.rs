//! Which lines of a script are about the wire.

use script::{Location, Step, StepKind};

/// The lines about the wire, also those in blocks.
pub(super) fn wires_of(steps: &[Step], found: &mut Vec<Location>) {
    for step in steps {
        match &step.kind {
            StepKind::Wire(_) => found.push(step.at),
            StepKind::Repeat { steps, .. } | StepKind::When { steps, .. } => {
                wires_of(steps, found);
            }
            _ => {}
        }
    }
}

/// Whether a line is about a host that has no part in the session.
pub(super) fn looks_elsewhere(steps: &[Step]) -> bool {
    steps.iter().any(|step| match &step.kind {
        StepKind::Wire(wire) => wire.names_an_address(),
        StepKind::Repeat { steps, .. } | StepKind::When { steps, .. } => looks_elsewhere(steps),
        _ => false,
    })
}
