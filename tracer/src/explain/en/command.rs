//! What each command does, in English: a clause after "the client".

use proto::Verb;

pub(in crate::explain) fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::User => "says who wants to log in",
        Verb::Pass => "sends the password",
        Verb::Acct => "names an account",
        Verb::Cwd | Verb::Xcwd => "changes the working directory",
        Verb::Cdup | Verb::Xcup => "changes to the parent directory",
        Verb::Smnt => "mounts another file system",
        Verb::Rein => "starts over without closing the connection",
        Verb::Quit => "ends the session",
        Verb::Port => {
            "asks for active mode: the server shall dial the address and port that it names"
        }
        Verb::Pasv => "asks for passive mode: the server shall listen and say where",
        Verb::Type => "sets the representation: A is text with CR LF, I is bytes as they are",
        Verb::Stru => "sets the file structure",
        Verb::Mode => "sets the transfer mode",
        Verb::Retr => "asks for a file",
        Verb::Stor => "sends a file, which replaces one of that name",
        Verb::Stou => "sends a file under a name that the server chooses",
        Verb::Appe => "sends bytes to append to a file",
        Verb::Allo => "reserves space for the next upload",
        Verb::Rest => "says at which byte the next transfer begins",
        Verb::Rnfr => "says which file to rename; RNTO must follow",
        Verb::Rnto => "says the new name of the file of RNFR",
        Verb::Abor => "asks to break off the running transfer",
        Verb::Dele => "deletes a file",
        Verb::Rmd | Verb::Xrmd => "removes a directory",
        Verb::Mkd | Verb::Xmkd => "makes a directory",
        Verb::Pwd | Verb::Xpwd => "asks for the working directory",
        Verb::List => "asks for a directory listing to read",
        Verb::Nlst => "asks for the names in a directory",
        Verb::Site => "asks for something that only this server offers",
        Verb::Syst => "asks for the server's operating system",
        Verb::Stat => "asks for the state of the session, a transfer or a file",
        Verb::Help => "asks for help",
        Verb::Noop => "asks for nothing but a reply",
        Verb::Feat => "asks which extensions the server has",
        Verb::Opts => "sets an option of a command",
        Verb::Eprt => {
            "asks for active mode, IPv6 included: the server shall dial the address and port that it \
             names"
        }
        Verb::Epsv => {
            "asks for passive mode, IPv6 included: the server shall listen and say on which port"
        }
        Verb::Lprt => {
            "asks for active mode with an address of any length: the server shall dial the address \
             and port that it names"
        }
        Verb::Lpsv => {
            "asks for passive mode with an address of any length: the server shall listen and say \
             where"
        }
        Verb::Mdtm => "asks when a file was last modified",
        Verb::Size => "asks for the size of a file",
        Verb::Mlst => "asks for the facts about one file",
        Verb::Mlsd => "asks for a directory listing that programs can read",
        Verb::Mfmt => "sets a file's time of modification",
        Verb::Lang => "asks for replies in a language",
        Verb::Clnt => "says which program it is",
        Verb::Auth => "asks to encrypt the control connection from here on",
        Verb::Pbsz => "sets the size of protected blocks (0 for TLS)",
        Verb::Prot => "sets the protection of data connections",
        Verb::Adat => "sends security data",
        Verb::Ccc => "asks to go back to clear text on the control connection",
        Verb::Mic => "sends a command protected against changes",
        Verb::Conf => "sends an encrypted command",
        Verb::Enc => "sends a command that is encrypted and protected against changes",
        Verb::Host => "says which of the server's virtual hosts it wants",
    }
}
