//! Personas.

use server::{Persona, PersonaError};

/// A persona file: what is wrong is said at a line that it has.
pub fn persona(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Err(error) = Persona::parse("x", &text) {
        let said = error.to_string();
        assert!(said.len() <= 1000 + 4 * text.len());
        if let PersonaError::Line { line, .. } = error {
            assert!((1..=text.lines().count()).contains(&line), "{said}");
        }
    }
}
