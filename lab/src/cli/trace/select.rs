//! The filter of the command line, for frames of whatever link type comes.

use tracer::{Expression, Frame, LinkType, Program};

use crate::Failure;

/// Which packets are asked for.
pub(super) struct Selection {
    /// `None` for all of them.
    expression: Option<Expression>,
    /// One for each link type that was seen: a file may have several.
    programs: Vec<(LinkType, Option<Program>)>,
}

impl Selection {
    /// From the text of the filter.
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let expression = (!text.trim().is_empty())
            .then(|| Expression::parse(text).map_err(Failure::usage))
            .transpose()?;
        Ok(Self {
            expression,
            programs: Vec::new(),
        })
    }

    /// For the kernel.
    pub(super) const fn expression(&self) -> Option<&Expression> {
        self.expression.as_ref()
    }

    /// Makes ready for frames of this link type.
    ///
    /// # Errors
    /// When they have not what the filter asks for.
    pub(super) fn prepare(&mut self, link: LinkType) -> Result<(), Failure> {
        if let Some(expression) = &self.expression
            && !self.programs.iter().any(|(known, _)| *known == link)
        {
            let program = expression.compile(link).map_err(Failure::usage)?;
            self.programs.push((link, Some(program)));
        }
        Ok(())
    }

    /// Leaves to the kernel what it can do; says whether it can for all of these.
    ///
    /// # Errors
    /// As [`Selection::prepare`].
    pub(super) fn leave_to_kernel(&mut self, links: &[LinkType]) -> Result<bool, Failure> {
        let Some(expression) = self.expression.clone() else {
            return Ok(true);
        };
        for &link in links {
            let kernel = expression.for_kernel(link).map_err(Failure::usage)?;
            if kernel.is_some() && !self.programs.iter().any(|(known, _)| *known == link) {
                self.programs.push((link, None));
            }
            self.prepare(link)?;
        }
        Ok(self.programs.iter().all(|(_, program)| program.is_none()))
    }

    /// Whether the frame is asked for.
    ///
    /// # Errors
    /// As [`Selection::prepare`].
    pub(super) fn accepts(&mut self, frame: &Frame<'_>) -> Result<bool, Failure> {
        self.prepare(frame.link)?;
        let program = self.programs.iter().find(|(known, _)| *known == frame.link);
        Ok(match program {
            Some((_, Some(program))) => program.accepts(frame),
            _ => true,
        })
    }
}
