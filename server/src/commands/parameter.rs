//! How data is represented: TYPE, MODE, STRU (RFC 959 §4.1.2).

use proto::{Format, Mode, Structure, TypeCode, Verb};

use crate::answer::Answer;
use crate::control::Ended;
use crate::session::Session;

impl Session {
    /// A, I and L 8 (RFC 1123 §4.1.2.1: the same as I). This host does not tell the vertical
    /// formats N and T apart, so T is taken for N (RFC 1123 §4.1.2.2).
    pub(super) async fn set_type(&mut self, code: TypeCode) -> Result<(), Ended> {
        self.type_code = match code {
            TypeCode::Ascii(Format::NonPrint | Format::Telnet) => TypeCode::Ascii(Format::NonPrint),
            TypeCode::Image | TypeCode::Local(8) => TypeCode::Image,
            TypeCode::Ascii(Format::CarriageControl) | TypeCode::Ebcdic(_) | TypeCode::Local(_) => {
                return self
                    .reply(Answer::ParameterNotImplemented(Verb::Type))
                    .await;
            }
        };
        self.reply(Answer::TypeSet(code)).await
    }

    pub(super) async fn set_mode(&mut self, mode: Mode) -> Result<(), Ended> {
        match mode {
            Mode::Stream => self.reply(Answer::ModeSet).await,
            Mode::Block | Mode::Compressed => {
                self.reply(Answer::ParameterNotImplemented(Verb::Mode))
                    .await
            }
        }
    }

    pub(super) async fn set_structure(&mut self, structure: Structure) -> Result<(), Ended> {
        match structure {
            Structure::File => self.reply(Answer::StructureSet).await,
            Structure::Record | Structure::Page => {
                self.reply(Answer::ParameterNotImplemented(Verb::Stru))
                    .await
            }
        }
    }
}
