//! The commands, one file per group; each answers exactly once, transfers twice.

mod access;
mod directory;
mod file;
mod information;
mod listing;
mod parameter;
mod port;
mod security;
mod site;
mod transfer;

use std::sync::Arc;

use proto::{Command, CommandError, Kind, Verb};

use crate::answer::Answer;
use crate::control::Ended;
use crate::data::DataPort;
use crate::session::{Login, Session};

/// What HELP lists: every verb that [`Session::dispatch`] carries out.
pub(crate) fn is_implemented(verb: Verb, has_tls: bool) -> bool {
    match verb {
        Verb::Auth | Verb::Pbsz | Verb::Prot | Verb::Ccc => has_tls,
        Verb::Smnt | Verb::Lprt | Verb::Lpsv | Verb::Adat | Verb::Mic | Verb::Conf | Verb::Enc => {
            false
        }
        _ => true,
    }
}

/// Whether a REST still holds after `command`: up to the transfer that it is meant for, with
/// nothing but what prepares that transfer in between (RFC 3659 §5.3).
const fn keeps_restart(command: &Command) -> bool {
    use Command as C;
    matches!(
        command,
        C::Port(_) | C::Eprt(_) | C::Pasv | C::Epsv(_) | C::Type(_) | C::Mode(_) | C::Stru(_)
    ) || matches!(
        command,
        C::Allo(..) | C::Retr(_) | C::Stor(_) | C::Appe(_) | C::Rest(_)
    )
}

impl Session {
    /// Carries out one command.
    pub(crate) async fn dispatch(&mut self, command: Command) -> Result<(), Ended> {
        let was_for_data = command.verb().kind() == Kind::Transfer;
        let looks_back = matches!(
            command,
            Command::Retr(_) | Command::Stor(_) | Command::Appe(_)
        );
        self.answer(command).await?;
        // Carried out or refused, a transfer has used the REST before it.
        self.follows_rest &= !looks_back;
        // A transfer that was carried out has taken the port.
        let is_left = matches!(self.data_port, DataPort::Passive(_));
        self.refused_transfer = was_for_data && is_left && self.protection.is_private();
        Ok(())
    }

    async fn answer(&mut self, command: Command) -> Result<(), Ended> {
        // RNTO must come right after RNFR (RFC 959 §4.1.3).
        let rename_from = self.rename_from.take();
        if !keeps_restart(&command) {
            self.restart = 0;
            self.follows_rest = false;
        }
        if let Some((persona, context)) = self.control.persona() {
            context.begin(&command);
            if persona.lacks(command.verb()) {
                return self.reply(Answer::Refused(CommandError::UnknownVerb)).await;
            }
        }
        if !is_implemented(command.verb(), self.config.tls.is_some()) {
            return self.reply(Answer::NotImplemented(command.verb())).await;
        }

        // What a client may ask before it has logged in.
        let command = match command {
            Command::User(name) => return self.user(name).await,
            Command::Pass(password) => return self.pass(password).await,
            Command::Acct(_) => return self.acct().await,
            Command::Rein => return self.rein().await,
            Command::Host(name) => return self.host(&name).await,
            Command::Quit => return self.quit().await,
            Command::Auth(mechanism) => return self.auth(&mechanism).await,
            Command::Pbsz(size) => return self.pbsz(size).await,
            Command::Prot(level) => return self.prot(level).await,
            Command::Ccc => return self.ccc().await,
            Command::Noop => return self.reply(Answer::NoOperation).await,
            Command::Syst => return self.reply(Answer::SystemType).await,
            Command::Help(topic) => return self.help(topic).await,
            Command::Feat => return self.feat().await,
            Command::Opts(options) => return self.opts(&options).await,
            // For the log, where every command is.
            Command::Clnt(_) => return self.reply(Answer::ClientNoted).await,
            Command::Lang(tag) => return self.lang(tag.as_ref()).await,
            Command::Stat(None) => return self.stat().await,
            other => other,
        };
        let Login::In(account) = &self.login else {
            return self.reply(Answer::NotLoggedIn).await;
        };
        let account = &Arc::clone(account);

        match command {
            Command::Cwd(path) => self.cwd(account, &path).await,
            Command::Cdup => self.cdup(account).await,
            Command::Pwd => self.pwd().await,
            Command::Mkd(path) => self.mkd(account, &path).await,
            Command::Rmd(path) => self.rmd(account, &path).await,

            Command::Port(host_port) => self.port(host_port.addr().into()).await,
            Command::Eprt(addr) => self.eprt(addr).await,
            Command::Pasv => self.pasv().await,
            Command::Epsv(argument) => self.epsv(argument).await,
            Command::Type(code) => self.set_type(code).await,
            Command::Mode(mode) => self.set_mode(mode).await,
            Command::Stru(structure) => self.set_structure(structure).await,
            Command::Allo(..) => self.reply(Answer::Allocated).await,
            Command::Rest(offset) => self.rest(offset).await,

            Command::Retr(path) => self.retr(account, &path).await,
            Command::Stor(path) => self.stor(account, &path).await,
            Command::Stou(_) => self.stou(account).await,
            Command::Appe(path) => self.appe(account, &path).await,
            Command::Abor => self.abor().await,

            Command::List(path) => self.list(account, path.as_ref()).await,
            Command::Nlst(path) => self.nlst(account, path.as_ref()).await,
            Command::Mlsd(path) => self.mlsd(account, path.as_ref()).await,
            Command::Mlst(path) => self.mlst(account, path.as_ref()).await,
            Command::Stat(path) => self.stat_path(account, path.as_ref()).await,

            Command::Dele(path) => self.dele(account, &path).await,
            Command::Rnfr(path) => self.rnfr(account, &path).await,
            Command::Rnto(path) => self.rnto(account, rename_from, &path).await,
            Command::Size(path) => self.size(account, &path).await,
            Command::Mdtm(path) => self.mdtm(account, &path).await,
            Command::Mfmt(time, path) => self.mfmt(account, time, &path).await,
            Command::Site(text) => self.site(account, &text).await,

            // Everything else is not implemented, or was carried out above.
            other => self.reply(Answer::NotImplemented(other.verb())).await,
        }
    }
}
