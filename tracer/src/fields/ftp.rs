//! Lines of a control connection (RFC 959 §4 and §5.3).

use proto::{Code, Verb};

use super::{Walk, Walker};
use crate::explain::FieldName as Name;
use crate::note::Text;

impl<'a> Walker<'a> {
    pub(super) fn commands(&mut self) -> Walk {
        self.layer = "FTP";
        while let Some((text, end)) = self.line() {
            let letters = text.iter().take_while(|byte| byte.is_ascii_alphabetic());
            let word = letters.count();
            let known = text.get(..word).and_then(Verb::parse);
            if let Some(verb) = known {
                self.some(Name::Command, word)?;
                let clause = self.language.verb(verb);
                self.value(format!("{verb} ({clause})"));
                if text.len() > word {
                    self.some(Name::Space, 1)?;
                    self.words(Name::Argument, text.len() - word - 1)?;
                }
            } else {
                self.words(Name::Text, text.len())?;
            }
            self.end_of_line(end)?;
        }
        Ok(())
    }

    pub(super) fn replies(&mut self) -> Walk {
        self.layer = "FTP";
        while let Some((text, end)) = self.line() {
            let code = text.get(..3).and_then(Code::parse);
            let then = text.get(3).is_none_or(|byte| matches!(byte, b' ' | b'-'));
            if let Some(code) = code.filter(|_| then) {
                self.some(Name::ReplyCode, 3)?;
                let value = match self.language.code(code) {
                    Some(meaning) => format!("{code} ({meaning})"),
                    None => code.to_string(),
                };
                self.value(value);
                if text.len() > 3 {
                    self.some(Name::Space, 1)?;
                    // A hyphen says that more lines follow.
                    let separator = text.get(3..4).unwrap_or_default();
                    self.value(format!("{:?}", Text::new(separator).to_string()));
                    self.words(Name::Text, text.len() - 4)?;
                }
            } else {
                self.words(Name::Text, text.len())?;
            }
            self.end_of_line(end)?;
        }
        Ok(())
    }

    /// The next line and how many bytes end it: none when the line goes on in another segment.
    fn line(&self) -> Option<(&'a [u8], usize)> {
        let left = self.left();
        if left.is_empty() {
            return None;
        }
        let Some(feed) = left.iter().position(|byte| *byte == b'\n') else {
            return Some((left, 0));
        };
        let text = left.get(..feed)?;
        Some(match text.strip_suffix(b"\r") {
            Some(text) => (text, 2),
            None => (text, 1),
        })
    }

    fn words(&mut self, name: Name, len: usize) -> Walk {
        let bytes = self.some(name, len)?;
        if len > 0 {
            self.value(Text::new(bytes).to_string());
        }
        Ok(())
    }

    fn end_of_line(&mut self, len: usize) -> Walk {
        self.some(Name::LineEnd, len)?;
        if len > 0 {
            self.value(if len == 2 { "CRLF" } else { "LF" });
        }
        Ok(())
    }
}
