//! Passwords kept as Argon2 hashes, so that a stolen file of them is of little use.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Argon2, Params};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// The most memory a hash may ask for, in KiB: a file of hashes is the owner's, but a slip of
/// the pen in it should not take the machine down.
const MAX_MEMORY_KIB: u32 = 1 << 20;

/// How many passwords are checked at once: each takes a processor and its memory.
static CHECKS: Semaphore = Semaphore::const_new(2);

/// The hash of a password, in the PHC string format: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
#[derive(Clone)]
pub struct PasswordHash {
    phc: Arc<str>,
}

/// Why text is no hash that can be used.
#[derive(Debug, thiserror::Error)]
pub enum PasswordHashError {
    /// It is not in the form `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
    #[error("expected a hash such as $argon2id$v=19$m=19456,t=2,p=1$salt$hash: {0}")]
    Malformed(password_hash::Error),
    /// It asks for more memory than 1 GiB.
    #[error("the hash asks for {0} KiB of memory, more than 1048576")]
    TooExpensive(u32),
    /// The password could not be hashed.
    #[error("the password cannot be hashed: {0}")]
    Hashing(password_hash::Error),
}

impl PasswordHash {
    /// Hashes `password` with a new random salt; takes some 20 ms and 19 MiB.
    ///
    /// # Errors
    /// [`PasswordHashError::Hashing`] when the system gives no memory for it.
    pub fn of(password: &[u8]) -> Result<Self, PasswordHashError> {
        let salt = SaltString::generate(&mut OsRng);
        let hash = Argon2::default()
            .hash_password(password, &salt)
            .map_err(PasswordHashError::Hashing)?;
        Ok(Self {
            phc: hash.to_string().into(),
        })
    }

    /// Reads a hash.
    ///
    /// # Errors
    /// [`PasswordHashError`] when it is no Argon2 hash, or too expensive to check.
    pub fn parse(text: &str) -> Result<Self, PasswordHashError> {
        let hash = password_hash::PasswordHash::new(text).map_err(PasswordHashError::Malformed)?;
        let malformed = PasswordHashError::Malformed;
        argon2::Algorithm::try_from(hash.algorithm).map_err(malformed)?;
        if hash.hash.is_none() || hash.salt.is_none() {
            return Err(malformed(password_hash::Error::PhcStringField));
        }
        let params = Params::try_from(&hash).map_err(malformed)?;
        if params.m_cost() > MAX_MEMORY_KIB {
            return Err(PasswordHashError::TooExpensive(params.m_cost()));
        }
        Ok(Self { phc: text.into() })
    }

    /// Whether `password` has this hash; does not hold up the other sessions.
    pub(crate) async fn is_of(&self, password: &[u8]) -> bool {
        let Ok(_permit) = CHECKS.acquire().await else {
            return false;
        };
        let (phc, password) = (Arc::clone(&self.phc), password.to_vec());
        let checked = spawn_blocking(move || {
            password_hash::PasswordHash::new(&phc)
                .and_then(|hash| Argon2::default().verify_password(&password, &hash))
                .is_ok()
        });
        checked.await.unwrap_or(false)
    }
}

/// The PHC string.
impl fmt::Display for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.phc)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(****)")
    }
}

#[cfg(test)]
mod tests {
    use super::PasswordHash;

    #[tokio::test]
    async fn a_hash_is_of_its_password_alone() {
        let made = PasswordHash::of(b"secret").unwrap();
        let hash = PasswordHash::parse(&made.to_string()).unwrap();
        assert!(hash.is_of(b"secret").await);
        assert!(!hash.is_of(b"Secret").await);
        assert!(!hash.is_of(b"").await);
        assert_ne!(
            made.to_string(),
            PasswordHash::of(b"secret").unwrap().to_string()
        );
    }

    #[test]
    fn what_is_no_hash_is_refused() {
        for text in [
            "",
            "secret",
            "$argon2id$",
            "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ",
            "$6$salt$hash",
            "$scrypt$ln=1$c2FsdHNhbHQ$aGFzaGhhc2g",
            "$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
        ] {
            assert!(PasswordHash::parse(text).is_err(), "{text}");
        }
    }
}
