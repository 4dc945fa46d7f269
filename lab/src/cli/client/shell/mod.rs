//! `ftplab shell`: the client by hand, or from a script.
//!
//! ```text
//! commands.rs  the table of commands: names, syntax, help, what their words name
//! state.rs     the session, the modes, and the dispatch
//! login.rs     connecting, and logging in
//! files.rs     what moves files
//! braces.rs    {a,b} in patterns for files here
//! here.rs      what needs no server
//! complete.rs  completion of commands, local and remote names
//! ```

mod braces;
mod commands;
mod complete;
mod files;
mod here;
mod login;
mod state;

use std::cell::RefCell;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::rc::Rc;

use client::FtpUrl;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor};
use signal_hook::consts::SIGINT;

use super::how::How;
use super::remote::interrupted;
use super::shown;
use crate::Failure;
use crate::cli::{runtime, serve};
use commands::meant;
use complete::Names;
use state::{Flow, Shell};

/// Talk to a server command by command.
///
/// Commands are those of ftp and lftp; help lists them. Ctrl-C aborts a transfer, not the shell.
/// Commands come from stdin when it is no terminal: then the exit code is 1 if one failed.
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  ftplab shell ftp://127.0.0.1:2121
  ftplab shell --tls ftp://ann@ftp.example.com/pub
  printf 'cd poems\\nmget *.txt\\n' | ftplab shell ftp://127.0.0.1:2121")]
pub(in crate::cli) struct ShellOptions {
    /// ftp://[USER[:PASSWORD]@]HOST[:PORT]/PATH; without one, open connects later.
    url: Option<FtpUrl>,
    /// End at the first command that fails, when the commands come from a script.
    #[arg(short = 'e', long)]
    exit_on_error: bool,
    #[command(flatten)]
    how: How,
}

pub(in crate::cli) fn shell(options: &ShellOptions) -> Result<(), Failure> {
    shown::log(options.how.verbose);
    let runtime = Rc::new(runtime()?);
    let done = talk(options, &runtime);
    if let Some(runtime) = Rc::into_inner(runtime) {
        // A name server that does not answer keeps nobody here.
        runtime.shutdown_background();
    }
    done
}

fn talk(options: &ShellOptions, runtime: &Rc<tokio::runtime::Runtime>) -> Result<(), Failure> {
    let mut shell = Shell::new(options.how.clone());
    let mut failed = false;
    if let Some(url) = &options.url {
        let opened = runtime.block_on(shell.open(url));
        if let Some(error) = opened.unwrap_or_else(Some) {
            // By hand, one can open another, or log in as another.
            if !io::stdin().is_terminal() {
                runtime.block_on(shell.close());
                return Err(error);
            }
            error.report();
        }
    }
    if io::stdin().is_terminal() {
        by_hand(shell, runtime)?;
    } else {
        let mut lines = lines_of_stdin();
        for number in 1_u64.. {
            let Some(line) = runtime.block_on(next_line(&mut lines)) else {
                break;
            };
            let line = match line {
                Ok(line) => line,
                Err(failure) => {
                    runtime.block_on(shell.close());
                    return Err(failure);
                }
            };
            let done = run_line(&mut shell, runtime, &line, serve::asked_to_end);
            let signal = shell.stop().signal();
            // Ctrl-C means the script, not only the transfer, even one that was done by then.
            if let Some(signal) = signal {
                runtime.block_on(shell.close());
                crate::message::write(format_args!("line {number}: "));
                return Err(interrupted(done.as_ref().err(), signal));
            }
            match done {
                Ok(Flow::On) => {}
                Ok(Flow::End) => break,
                Err(error) => {
                    failed = true;
                    crate::message::write(format_args!("line {number}: "));
                    error.report();
                    if options.exit_on_error {
                        break;
                    }
                }
            }
        }
        runtime.block_on(shell.close());
    }
    if failed {
        // The rest of the script may not make sense without it.
        let rest = if options.exit_on_error {
            "; the rest was left out"
        } else {
            ""
        };
        return Err(Failure::failed(format!(
            "not all commands were carried out{rest}"
        )));
    }
    Ok(())
}

fn run_line(
    shell: &mut Shell,
    runtime: &tokio::runtime::Runtime,
    line: &str,
    signal: impl AsyncFn() -> i32,
) -> Result<Flow, Failure> {
    let stop = shell.stop();
    // Ctrl-C is that command's, and is over with it.
    if let Some(command) = line.trim_start().strip_prefix('!') {
        return runtime.block_on(async {
            let done = here::system(command, &stop);
            tokio::task::yield_now().await;
            done
        });
    }
    let done = runtime.block_on(stop.interruptible(shell.line(line), signal));
    done.unwrap_or_else(|| {
        // Nobody knows which reply would come next.
        shell.lose();
        Err(Failure::failed("interrupted; the connection is closed"))
    })
}

fn by_hand(shell: Shell, runtime: &Rc<tokio::runtime::Runtime>) -> Result<(), Failure> {
    let broken = |error: ReadlineError| Failure::failed(format!("cannot read a line: {error}"));
    let shell = Rc::new(RefCell::new(shell));
    let config = Config::builder()
        .completion_type(rustyline::CompletionType::List)
        .build();
    let mut editor: Editor<Names, FileHistory> = Editor::with_config(config).map_err(broken)?;
    editor.set_helper(Some(Names::new(Rc::clone(&shell), Rc::clone(runtime))));
    let history = history_file();
    if let Some(path) = &history {
        // The first time there is none.
        let _ = editor.load_history(path);
    }
    loop {
        let stop = shell.borrow().stop();
        let asked = {
            let mut shell = shell.borrow_mut();
            runtime.block_on(stop.interruptible(shell.find_out_where(), ctrl_c))
        };
        if asked.is_none() {
            // Nobody knows which reply would come next.
            shell.borrow_mut().lose();
        }
        let prompt = shell.borrow().prompt();
        let line = match editor.readline(&prompt) {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => {
                // Nobody is left to tell.
                let _ = writeln!(io::stdout());
                break;
            }
            Err(error) => return Err(broken(error)),
        };
        if !has_password(&line) {
            // A line that cannot be kept can still be carried out.
            let _ = editor.add_history_entry(line.as_str());
            // At once, so that a terminal that is closed takes nothing with it.
            if let Some(Err(error)) = history.as_ref().map(|path| editor.append_history(path)) {
                message!("ftplab: cannot keep the history: {error}");
            }
        }
        match run_line(&mut shell.borrow_mut(), runtime, &line, ctrl_c) {
            Ok(Flow::On) => {}
            Ok(Flow::End) => break,
            Err(error) => {
                error.report();
            }
        }
    }
    runtime.block_on(shell.borrow_mut().close());
    Ok(())
}

/// Ctrl-C alone: SIGTERM ends a shell that waits for its user, as it ends any program.
async fn ctrl_c() -> i32 {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
    SIGINT
}

/// Whether a line must not be kept, as it has a password or may have one: `user NAME PASSWORD`, a
/// URL that might be meant to have one, what goes to the server as it is, and what was not
/// understood, which may be any of these.
fn has_password(line: &str) -> bool {
    // Its words are another shell's; what they say of a server is looked at all the same.
    let line = line.trim_start();
    let line = line
        .strip_prefix('!')
        .map_or(line.to_owned(), |rest| format!("! {rest}"));
    let Ok(words) = shell_words::split(&line) else {
        return true;
    };
    let Some((name, words)) = words.split_first() else {
        return false;
    };
    let Ok(command) = meant(name) else {
        return true;
    };
    let is_understood = command.count.contains(&words.len());
    match command.names.first().copied() {
        Some("user") => words.len() > 1,
        Some("quote" | "site") => true,
        // `pass SECRET` is understood so.
        Some("passive") => words.iter().any(|word| word != "on" && word != "off"),
        _ => !is_understood || words.iter().any(|word| names_password(word)),
    }
}

/// Whether a word is of the form `…:…@…`, the colon of `scheme://` aside.
fn names_password(word: &str) -> bool {
    let word = word.replacen("://", "", 1);
    let secret = word.split_once(':').map(|(_, secret)| secret);
    secret.is_some_and(|secret| secret.contains('@'))
}

/// `$XDG_STATE_HOME/ftplab/history`; its folder is made.
fn history_file() -> Option<PathBuf> {
    let state = match std::env::var_os("XDG_STATE_HOME") {
        Some(state) if !state.is_empty() => PathBuf::from(state),
        _ => std::env::home_dir()?.join(".local/state"),
    };
    let folder = state.join("ftplab");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("history"))
}

type Lines = tokio::sync::mpsc::Receiver<io::Result<String>>;

/// The lines of stdin, read by a thread so that Ctrl-C can end the waiting for one.
fn lines_of_stdin() -> Lines {
    let (sender, lines) = tokio::sync::mpsc::channel(1);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    lines
}

async fn next_line(lines: &mut Lines) -> Option<Result<String, Failure>> {
    let cannot = |error| Failure::failed(format!("cannot read stdin: {error}"));
    tokio::select! {
        line = lines.recv() => line.map(|line| line.map_err(cannot)),
        signal = serve::asked_to_end() => Some(Err(interrupted(None, signal))),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn passwords_are_not_kept() {
        for (line, kept) in [
            ("user ann", true),
            ("user ann secret", false),
            ("open ftp://ann@h/", true),
            ("open ftp://ann:secret@h/", false),
            ("quote pass secret", false),
            ("lit PASS secret", false),
            ("login ann secret", false),
            ("us ann secret", false),
            ("open ann:secret@h", false),
            ("get a", true),
            ("open 'ftp://ann:secret@h/'", false),
            ("open ftp://ann:secret@127.0.0.1:99999/", false),
            ("open http://ann:secret@h/", false),
            ("get ftp://ann:sec%72et@h/x", false),
            ("\"user\" ann secret", false),
            ("us'er' ann secret", false),
            ("usr ann secret", false),
            ("u ann secret", false),
            ("pass secret", false),
            ("passive off", true),
            ("PASS secret", false),
            ("site PSWD secret", false),
            ("quote 'PASS secret'", false),
            ("'quote' PASS secret", false),
            ("lcd ann secret", false),
            ("user 'ann secret", false),
            ("!curl ftp://ann:secret@h/", false),
            ("  !ls -l", true),
            ("open h 2121", true),
            ("mget '*.txt' \"b c\"", true),
        ] {
            assert_eq!(!super::has_password(line), kept, "{line}");
        }
    }
}
