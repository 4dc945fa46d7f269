//! How a scenario's server speaks: a persona by its name, or lines of one.

use script::ServerPart;
use server::Persona;

use super::Scenario;
use crate::Failure;

impl Scenario {
    /// The persona that the scenario tells its server, if it does.
    ///
    /// # Errors
    /// Exit code 2, with the line of the scenario: there is no such persona, or it has an error.
    pub(crate) fn persona(&self) -> Result<Option<Persona>, Failure> {
        let ServerPart { persona, says, .. } = &self.network.server;
        let file = &self.script.file;
        if let Some(name) = persona {
            let line = self.lines_of("persona").next().unwrap_or(1);
            return match Persona::named(name) {
                Ok(persona) => Ok(Some(persona)),
                Err(error) => Err(Failure::usage(format!("{file}:{line}: {error}"))),
            };
        }
        if says.is_empty() {
            return Ok(None);
        }
        // Each in the line of the scenario that has it, so that an error names that.
        let mut text = String::new();
        let mut above = 1;
        for (line, says) in self.lines_of("says").zip(says) {
            text.push_str(&"\n".repeat(line.saturating_sub(above)));
            text.push_str(says);
            above = line;
        }
        let persona = Persona::parse(file, &text).map_err(Failure::usage)?;
        Ok(Some(persona))
    }

    /// The lines `server WORD …`, from 1.
    fn lines_of(&self, word: &str) -> impl Iterator<Item = usize> {
        let begins = move |line: &str| {
            let mut words = line.split_whitespace();
            words.next() == Some(script::SERVER) && words.next() == Some(word)
        };
        let lines = self.text.lines().enumerate();
        lines.filter_map(move |(index, line)| begins(line).then_some(index + 1))
    }
}
