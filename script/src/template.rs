//! Text with variables in it: `PORT $port_arg`, `"\xff\xf2ABOR\r\n"`, `5000 * "a"`.

use std::collections::BTreeMap;
use std::fmt;

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// These bytes.
    Bytes(Vec<u8>),
    /// What the variable of this name holds when the line is played.
    Variable(String),
    /// The same bytes so many times.
    Times(u32, Vec<u8>),
}

/// Bytes that may hold variables. At most [`Template::MAX`] bytes of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// Its parts, in order.
    pub pieces: Vec<Piece>,
}

/// The variables of a running script, by name.
pub type Variables = BTreeMap<String, Vec<u8>>;

impl Template {
    /// How many bytes a template may spell out: 16 MiB.
    pub const MAX: u64 = 16 << 20;

    /// A template of text alone.
    pub fn text(text: &str) -> Self {
        Self {
            pieces: vec![Piece::Bytes(text.as_bytes().to_vec())],
        }
    }

    /// The bytes, with every variable replaced by what it holds.
    ///
    /// # Errors
    /// When a variable holds nothing yet, or the whole has more than [`Template::MAX`] bytes.
    pub fn fill(&self, variables: &Variables) -> Result<Vec<u8>, FillError> {
        let mut filled = Vec::new();
        for piece in &self.pieces {
            let (times, bytes) = match piece {
                Piece::Bytes(bytes) => (1, bytes),
                Piece::Times(times, bytes) => (*times, bytes),
                Piece::Variable(name) => {
                    let held = variables.get(name);
                    (1, held.ok_or_else(|| FillError::Unset(name.clone()))?)
                }
            };
            let more = u64::from(times) * bytes.len() as u64;
            if filled.len() as u64 + more > Self::MAX {
                return Err(FillError::TooLong);
            }
            for _ in 0..times {
                filled.extend_from_slice(bytes);
            }
        }
        Ok(filled)
    }

    /// Whether it is such a number, or may become one: it has variables.
    pub(crate) fn may_be<T: std::str::FromStr>(&self) -> bool {
        self.variables().next().is_some() || self.to_string().parse::<T>().is_ok()
    }

    /// The names of its variables.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable(name) => Some(name.as_str()),
            _ => None,
        })
    }

    pub(crate) fn len(&self) -> u64 {
        let piece = |piece: &Piece| match piece {
            Piece::Bytes(bytes) => bytes.len() as u64,
            Piece::Times(count, bytes) => u64::from(*count) * bytes.len() as u64,
            Piece::Variable(_) => 0,
        };
        self.pieces.iter().map(piece).sum()
    }
}

/// Why a template gives no bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FillError {
    /// Nothing has set this variable.
    Unset(String),
    /// The whole would have more than [`Template::MAX`] bytes.
    TooLong,
    /// What the variables hold cannot stand there: what it is, and for what.
    Meaningless(String),
}

impl FillError {
    /// These bytes stand where something else is wanted.
    pub(crate) fn meaningless(bytes: &[u8], wanted: &str) -> Self {
        const SHOWN: usize = 100;
        let (shown, more) = match bytes.get(..SHOWN) {
            Some(begin) if bytes.len() > SHOWN => (begin, "…"),
            _ => (bytes, ""),
        };
        let shown = Template {
            pieces: vec![Piece::Bytes(shown.to_vec())],
        };
        Self::Meaningless(format!("`{shown}{more}` for {wanted}"))
    }
}

impl fmt::Display for FillError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unset(name) => write!(f, "nothing has set ${name}"),
            Self::TooLong => write!(f, "a text of more than {} bytes", Template::MAX),
            Self::Meaningless(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for FillError {}

/// As a script writes it, without the quotes.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            match piece {
                Piece::Bytes(bytes) => write_bytes(f, bytes)?,
                Piece::Variable(name) => write!(f, "${name}")?,
                Piece::Times(count, bytes) => {
                    write!(f, "{count} × (")?;
                    write_bytes(f, bytes)?;
                    f.write_str(")")?;
                }
            }
        }
        Ok(())
    }
}

fn write_bytes(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\r' => f.write_str("\\r")?,
                '\n' => f.write_str("\\n")?,
                '\t' => f.write_str("\\t")?,
                '\0' => f.write_str("\\0")?,
                '$' => f.write_str("$$")?,
                c if c.is_control() => write!(f, "\\x{:02x}", u32::from(c))?,
                c => write!(f, "{c}")?,
            }
        }
        for byte in chunk.invalid() {
            write!(f, "\\x{byte:02x}")?;
        }
    }
    Ok(())
}
