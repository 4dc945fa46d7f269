//! TLS that a script does not ask for line by line: `login tls`, and the data connections behind it.

use script::{DataStep, StepKind};
use tokio::time::Instant;

use super::dialogue::shown;
use super::{Found, Got, Player};
use crate::check::channel::Secure;
use crate::check::data::Data;

impl Player<'_> {
    /// AUTH TLS and the handshake where that is not done, then PBSZ 0 and PROT P.
    pub(super) async fn begin_tls(&mut self, deadline: Instant) -> Found {
        if !self.control()?.is_secure() {
            self.agreed(b"AUTH ", b"TLS", 234, deadline).await?;
            self.handshake(deadline).await?;
        }
        self.agreed(b"PBSZ ", b"0", 200, deadline).await?;
        self.agreed(b"PROT ", b"P", 200, deadline).await?;
        self.control()?.protects = Some(true);
        Ok(())
    }

    /// The handshake on the control connection.
    pub(super) async fn handshake(&mut self, deadline: Instant) -> Found {
        let tls = self.target.tls()?;
        self.control()?.secure(tls, deadline).await?;
        let session = self.session.clone();
        self.dialogue.say(&session, "TLS", b"control connection");
        Ok(())
    }

    async fn agreed(
        &mut self,
        command: &[u8],
        argument: &[u8],
        code: u16,
        deadline: Instant,
    ) -> Found {
        let answer = self.ask(command, argument, deadline).await?;
        if answer.code.value() == code {
            return Ok(());
        }
        let line = [command, argument].concat();
        let line = String::from_utf8_lossy(&line);
        Err(Got::Instead(format!("{} to {line}", shown(&answer))))
    }

    /// The handshake on a data connection.
    pub(super) async fn secure_data(&mut self, data: &mut Data, deadline: Instant) -> Found {
        // From the same place as the control connection's, whose TLS session it resumes: some
        // servers insist on that.
        let tls = match &self.control()?.tls {
            Some(tls) => tls.clone(),
            None => self.target.tls()?,
        };
        data.secure(Secure::Client(&tls), deadline).await?;
        let session = self.session.clone();
        self.dialogue.say(&session, "TLS", b"data connection");
        Ok(())
    }

    /// Before the line that comes after 150, whatever it is: a client answers 150 with its
    /// handshake on the data connection at once. Only where the script cuts or resets that
    /// connection, or does the handshake itself, there is none.
    pub(super) async fn secure_transfer(&mut self, kind: &StepKind, deadline: Instant) -> Found {
        let Some(control) = self.controls.get(&self.session) else {
            return Ok(());
        };
        let name = control.data.clone();
        let without = matches!(
            kind,
            StepKind::Data {
                name: other,
                step: DataStep::Cut | DataStep::Reset | DataStep::Tls,
            } if other.as_deref().unwrap_or_default() == name
        );
        let due = !without
            && control.carries(&name)
            && self
                .data
                .get(&name)
                .is_some_and(|data| self.is_protected(data));
        let Some(mut data) = due.then(|| self.data.remove(&name)).flatten() else {
            return Ok(());
        };
        let secured = self.secure_data(&mut data, deadline).await;
        // Why a transfer was over before its handshake is told by the replies.
        let ended = data.is_ended();
        self.data.insert(name, data);
        if ended { Ok(()) } else { secured }
    }

    /// Whether a data connection is one behind `login tls` that had no handshake yet.
    fn is_protected(&self, data: &Data) -> bool {
        let control = self.controls.get(&self.session);
        control.is_some_and(|control| control.protects == Some(true))
            && data.is_open()
            && !data.is_secure()
    }

    /// Whether this line moves bytes over a data connection behind `login tls` that has no
    /// handshake yet, as 150 was not heard: one which no transfer uses has none.
    pub(super) fn is_handshake_due(&self, data: &Data, step: &DataStep) -> bool {
        let moves = matches!(
            step,
            DataStep::Read(_)
                | DataStep::Receive(_)
                | DataStep::Send(_)
                | DataStep::SendFilled(_)
                | DataStep::Shutdown
        );
        moves && self.is_protected(data)
    }
}
