//! A command line that clap does not understand: what it says, and what we know better.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};

use crate::scenario;
use crate::secrets::hidden;

/// Says what is wrong, or the help that was asked for, and gives the exit code.
pub(super) fn told(mut error: clap::Error) -> ExitCode {
    let code = ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
    if !error.use_stderr() {
        // A reader that went away has enough.
        let _ = error.print();
        return code;
    }
    if let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand)
        && scenario::ALL.iter().any(|scenario| scenario.name == word)
    {
        let tip = StyledStr::from(format!("a scenario is run by `ftplab run {word}`"));
        error.remove(ContextKind::SuggestedSubcommand);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    // Whoever mistook a flag does not mean a value that looks like one.
    if let Some(ContextValue::StyledStrs(tips)) = error.remove(ContextKind::Suggested) {
        let told = |tip: &StyledStr| !tip.to_string().contains("as a value, use");
        let tips: Vec<_> = tips.into_iter().filter(told).collect();
        if !tips.is_empty() {
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
        }
    }
    let text = error.render();
    let is_plain = !io::stderr().is_terminal()
        || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let text = if is_plain {
        text.to_string()
    } else {
        text.ansi().to_string()
    };
    // Nobody is left to tell.
    let _ = io::stderr().write_all(hidden(text).as_bytes());
    code
}
