//! The table of commands.

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
    ["open"], "URL | HOST [PORT]", Nothing, 1..=2, "connect to a server, and log in";
    ["user"], "NAME [PASSWORD]", Nothing, 1..=2, "log in as somebody else";
    ["close", "disconnect"], "", Nothing, 0..=0, "say goodbye to the server, and stay here";
    ["ls", "dir"], "[PATH]", Remote, 0..=1, "list a directory of the server";
    ["nlist", "nls"], "[PATH]", Remote, 0..=1, "list its names alone";
    ["cd"], "DIR", Remote, 1..=1, "change the server's directory";
    ["cdup"], "", Nothing, 0..=0, "change to the directory above";
    ["pwd"], "", Nothing, 0..=0, "show the server's directory";
    ["lcd"], "[DIR]", Local, 0..=1, "change the folder here";
    ["lpwd"], "", Nothing, 0..=0, "show the folder here";
    ["lls"], "[PATH]", Local, 0..=1, "list a folder here";
    ["get", "recv"], "FILE [LOCAL]", Remote, 1..=2, "fetch a file";
    ["reget"], "FILE [LOCAL]", Remote, 1..=2, "go on with a download that was cut";
    ["mget"], "PATTERN...", Remote, 1..=ANY, "fetch the files that match";
    ["put", "send"], "FILE [REMOTE]", Local, 1..=2, "send a file";
    ["reput"], "FILE [REMOTE]", Local, 1..=2, "go on with an upload that was cut";
    ["mput"], "PATTERN...", Local, 1..=ANY, "send the files that match";
    ["append"], "FILE REMOTE", Local, 2..=2, "add a file to the end of the server's";
    ["mirror"], "DIR [FOLDER]", Remote, 1..=2, "make a folder here like the server's";
    ["rename", "mv"], "FROM TO", Remote, 2..=2, "give a file another name";
    ["rm", "delete"], "FILE...", Remote, 1..=ANY, "remove files";
    ["mdel", "mdelete", "mrm"], "PATTERN...", Remote, 1..=ANY, "remove the files that match";
    ["mkdir"], "DIR...", Remote, 1..=ANY, "make directories";
    ["rmdir"], "DIR...", Remote, 1..=ANY, "remove empty directories";
    ["size"], "FILE", Remote, 1..=1, "show how many bytes a file has";
    ["modtime"], "FILE", Remote, 1..=1, "show when a file changed last";
    ["chmod"], "MODE FILE", Remote, 2..=2, "change a file's permissions (SITE CHMOD)";
    ["site"], "TEXT", Nothing, 1..=ANY, "send a command of the server's own";
    ["quote", "literal"], "COMMAND", Nothing, 1..=ANY, "send a line as it is";
    ["passive"], "", Nothing, 0..=0, "dial for data (EPSV, PASV)";
    ["active"], "", Nothing, 0..=0, "let the server dial for data (PORT, EPRT)";
    ["binary", "image", "bin"], "", Nothing, 0..=0, "transfer bytes as they are";
    ["ascii"], "", Nothing, 0..=0, "transfer text, with line ends converted";
    ["status", "stat"], "", Nothing, 0..=0, "show the connection and the modes";
    ["system", "syst"], "", Nothing, 0..=0, "show what the server calls its system";
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
    fn no_name_means_two_things() {
        let names: Vec<_> = super::COMMANDS.iter().flat_map(|c| c.names).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }
}
