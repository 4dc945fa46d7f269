//! Scripts and scenarios.

use script::{Script, explain};

/// A script: what is wrong is said at a place within it, and what is right can be told.
pub fn script(data: &[u8]) {
    match Script::parse("x", data) {
        Ok(script) => {
            let told = explain(&script);
            assert!(told.len() <= 10_000 + 1000 * data.len(), "{}", told.len());
        }
        Err(error) => {
            let lines = data.split(|&byte| byte == b'\n').count() + 1;
            assert!((1..=lines).contains(&(error.at.line as usize)), "{error}");
            assert!(error.to_string().len() <= 1000 + 2 * data.len());
        }
    }
}
