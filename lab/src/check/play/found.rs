//! What a step finds, and why one ends the script.

/// What a step found: what was got instead of what it expected.
pub(super) type Found = Result<(), Got>;

/// Why a step ends the script.
pub(super) enum Got {
    /// Not what was expected.
    Instead(String),
    /// The script does not apply.
    Skip(String),
    /// The script cannot be meant so: nothing of this is the server's doing.
    Mistake(String),
}

impl From<client::ClientError> for Got {
    fn from(error: client::ClientError) -> Self {
        Self::Instead(error.to_string())
    }
}

impl From<String> for Got {
    fn from(got: String) -> Self {
        Self::Instead(got)
    }
}
