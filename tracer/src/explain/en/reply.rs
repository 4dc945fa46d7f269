//! What each reply code says, in English.

use proto::Code;

/// The RFCs' own words, shortened. They stand in one table with the codes, `proto/src/code.rs`.
pub(in crate::explain) fn code(code: Code) -> Option<&'static str> {
    code.meaning()
}
