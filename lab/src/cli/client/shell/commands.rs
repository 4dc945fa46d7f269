//! The table of commands.

use crate::cli::client::shown::shown;

/// A command of the shell.
pub(super) struct Command {
    /// Its names, the first the one that help shows.
    pub(super) names: &'static [&'static str],
    /// What follows the name.
    pub(super) syntax: &'static str,
    /// One line.
    pub(super) help: &'static str,
    /// What its words name, for completion.
    pub(super) words: Words,
    /// How many words it takes.
    pub(super) count: std::ops::RangeInclusive<usize>,
}

/// What the words after a command name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    Nothing,
    Local,
    Remote,
    /// The first one on the server, the others here.
    RemoteLocal,
    /// The other way round.
    LocalRemote,
    Commands,
}

const ANY: usize = usize::MAX;

macro_rules! commands {
    ($($names:expr, $syntax:literal, $words:ident, $count:expr, $help:literal;)+) => {
        pub(super) const COMMANDS: &[Command] = &[$(Command {
            names: &$names,
            syntax: $syntax,
            help: $help,
            words: Words::$words,
            count: $count,
        },)+];
    };
}

commands! {
    ["open", "connect"], "URL | HOST [PORT]", Nothing, 1..=2, "connect to a server, and log in";
    ["user", "login"], "NAME [PASSWORD]", Nothing, 1..=2, "log in as somebody else";
    ["close", "disconnect"], "", Nothing, 0..=0, "say goodbye to the server, and stay here";
    ["ls", "dir"], "[-OPTIONS] [PATH]", Remote, 0..=ANY, "list a directory of the server";
    ["nlist", "nls", "cls"], "[PATH]", Remote, 0..=1, "list its names alone";
    ["find"], "[DIR]", Remote, 0..=1, "list the names of all that is below a directory";
    ["cd"], "[DIR | -]", Remote, 0..=1, "change the server's directory; - is the last one";
    ["cdup"], "", Nothing, 0..=0, "change to the directory above";
    ["pwd"], "", Nothing, 0..=0, "show the server's directory";
    ["lcd"], "[DIR]", Local, 0..=1, "change the folder here";
    ["lpwd"], "", Nothing, 0..=0, "show the folder here";
    ["lls"], "[PATH]", Local, 0..=1, "list a folder here";
    ["get", "recv"], "FILE [LOCAL]", RemoteLocal, 1..=2, "fetch a file; - shows it";
    ["reget"], "FILE [LOCAL]", RemoteLocal, 1..=2, "go on with a download that was cut";
    ["mget"], "PATTERN...", Remote, 1..=ANY, "fetch the files that match";
    ["put", "send"], "FILE [REMOTE]", LocalRemote, 1..=2, "send a file";
    ["reput"], "FILE [REMOTE]", LocalRemote, 1..=2, "go on with an upload that was cut";
    ["mput"], "PATTERN...", Local, 1..=ANY, "send the files that match";
    ["append"], "FILE REMOTE", LocalRemote, 2..=2, "add a file to the end of the server's";
    ["cat"], "FILE...", Remote, 1..=ANY, "show files";
    ["more", "less", "page"], "FILE", Remote, 1..=1, "show a file page by page ($PAGER)";
    ["mirror"], "[-R] [--delete] [--dry-run] [-n] [-i GLOB] [-x GLOB] DIR [FOLDER]", RemoteLocal,
        1..=ANY, "make a folder here like the server's; -R the other way round";
    ["rename", "mv"], "FROM TO", Remote, 2..=2, "give a file another name";
    ["rm", "delete"], "[-r] FILE...", Remote, 1..=ANY, "remove files; -r directories, with all in them";
    ["mdel", "mdelete", "mrm"], "PATTERN...", Remote, 1..=ANY, "remove the files that match";
    ["mkdir", "md"], "DIR...", Remote, 1..=ANY, "make directories";
    ["rmdir", "rd"], "DIR...", Remote, 1..=ANY, "remove empty directories";
    ["size"], "FILE", Remote, 1..=1, "show how many bytes a file has";
    ["modtime"], "FILE", Remote, 1..=1, "show when a file changed last";
    ["chmod"], "MODE FILE", Remote, 2..=2, "change a file's permissions (SITE CHMOD)";
    ["site"], "TEXT", Nothing, 1..=ANY, "send a command of the server's own";
    ["quote", "literal"], "COMMAND", Nothing, 1..=ANY, "send a line as it is";
    ["passive"], "[on | off]", Nothing, 0..=1, "dial for data (EPSV, PASV)";
    ["active"], "", Nothing, 0..=0, "let the server dial for data (PORT, EPRT)";
    ["type"], "[binary | ascii]", Nothing, 0..=1, "show or change the representation";
    ["binary", "image", "bin"], "", Nothing, 0..=0, "transfer bytes as they are";
    ["ascii"], "", Nothing, 0..=0, "transfer text, with line ends converted";
    ["status", "stat"], "", Nothing, 0..=0, "show the connection and the modes";
    ["system", "syst"], "", Nothing, 0..=0, "show what the server calls its system";
    ["features", "feat"], "", Nothing, 0..=0, "show what the server can do beyond RFC 959 (FEAT)";
    ["remotehelp", "rhelp"], "[COMMAND]", Nothing, 0..=1, "show the server's own help";
    ["noop"], "", Nothing, 0..=0, "do nothing, to stay connected";
    ["prompt", "interactive"], "[on | off]", Nothing, 0..=1, "nothing: mget, mput and mdel never ask";
    ["hash"], "[on | off]", Nothing, 0..=1, "nothing: a bar shows how far a transfer is";
    ["verbose", "debug"], "[LEVEL]", Nothing, 0..=1, "nothing: ftplab shell -v shows the dialogue";
    ["help", "?"], "[COMMAND]", Commands, 0..=1, "show the commands, or one of them";
    ["!"], "COMMAND", Local, 0..=ANY, "run a command of the system's shell";
    ["bye", "quit", "exit"], "", Nothing, 0..=0, "say goodbye, and end";
}

/// The command that goes by `name`.
pub(super) fn named(name: &str) -> Option<&'static Command> {
    COMMANDS
        .iter()
        .find(|command| command.names.contains(&name))
}

/// The command that is meant by `name`: by one of its names, or by their beginning where that can
/// be no other's, as `ftp` has it.
///
/// # Errors
/// Says what comes near it.
pub(super) fn meant(name: &str) -> Result<&'static Command, String> {
    if let Some(command) = named(name) {
        return Ok(command);
    }
    let begins = |command: &&Command| command.names.iter().any(|full| full.starts_with(name));
    let beginning: Vec<_> = COMMANDS.iter().filter(begins).collect();
    let near = match beginning.as_slice() {
        [command] if name.len() > 1 => return Ok(command),
        [] => near(name),
        several => several
            .iter()
            .flat_map(|command| command.names)
            .filter(|full| full.starts_with(name))
            .copied()
            .collect(),
    };
    let shown = shown(name.as_bytes());
    Err(match near.split_last() {
        None => format!("{shown}: no such command; help shows them all"),
        Some((last, [])) => format!("{shown}: no such command; did you mean {last}?"),
        Some((last, others)) => {
            let others = others.join(", ");
            format!("{shown}: no such command; did you mean {others} or {last}?")
        }
    })
}

/// The names that are most like `name`, at most three.
fn near(name: &str) -> Vec<&'static str> {
    // What takes more slips than this was not meant.
    let most = match name.len() {
        // Any other letter would be one slip away.
        ..=1 => 0,
        2..=4 => 1,
        _ => 2,
    };
    let names = COMMANDS.iter().flat_map(|command| command.names);
    let names = names.filter(|full| full.len() > 1);
    let mut near: Vec<_> = names
        .map(|full| (strsim::osa_distance(name, full), *full))
        .filter(|(slips, _)| *slips <= most)
        .collect();
    near.sort_unstable();
    near.into_iter().take(3).map(|(_, full)| full).collect()
}

impl Command {
    /// `get FILE [LOCAL]`.
    pub(super) fn usage(&self) -> String {
        let name = self.names.first().copied().unwrap_or_default();
        format!("{name} {}", self.syntax).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn what_is_nearly_a_command_is_understood_or_named() {
        let meant = |name| super::meant(name).map(|command| command.names[0]);
        assert_eq!(meant("dele"), Ok("rm"));
        assert_eq!(meant("bi"), Ok("binary"));
        assert_eq!(meant("modt"), Ok("modtime"));
        assert!(meant("gte").unwrap_err().contains("did you mean get"));
        assert!(meant("mkdri").unwrap_err().contains("did you mean mkdir"));
        let several = meant("pa").unwrap_err();
        assert!(several.contains("page or passive"), "{several}");
        assert!(meant("q").unwrap_err().contains("quit"));
        assert!(!meant("x").unwrap_err().contains("did you mean"));
        assert!(meant("xyzzy").unwrap_err().contains("help shows"));
    }

    #[test]
    fn no_name_means_two_things() {
        let names: Vec<_> = super::COMMANDS.iter().flat_map(|c| c.names).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }
}
