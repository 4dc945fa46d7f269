//! All that is wrong with a script's steps, so that it can be mended at one go.

use super::Source;
use crate::script_error::{Fault, ScriptError};

/// How many are told; what stands behind so many is seldom meant otherwise.
const MAX_FAULTS: usize = 20;

/// What was wrong with the lines so far, each with its line.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<(Fault, u32, String)>);

impl Faults {
    /// Notes what is wrong with the line that was read last.
    ///
    /// # Errors
    /// The fault itself, when there are enough of them.
    pub(super) fn push(&mut self, fault: Fault, source: &Source<'_>) -> Result<(), Fault> {
        if self.0.len() + 1 >= MAX_FAULTS {
            return Err(fault);
        }
        // A line that was not understood may have set the variable.
        if self.0.is_empty() || !fault.is_about_a_variable() {
            self.0.push((fault, source.number, source.line.to_owned()));
        }
        Ok(())
    }

    pub(super) fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// With their places in this file.
    pub(super) fn placed(self, file: &str) -> Vec<ScriptError> {
        let faults = self.0.into_iter();
        faults
            .map(|(fault, line, text)| fault.placed(file, line, &text))
            .collect()
    }
}
