//! One mistake in a scenario, and where it is found.

use script::Script;

/// `scenario` with `wrong` in place of the first `right` must be refused at `at`, its line and
/// column, with `told` in the error.
pub(crate) fn mistake(scenario: &str, [right, wrong, at, told]: [&str; 4]) {
    assert!(scenario.contains(right), "{right}");
    let text = scenario.replacen(right, wrong, 1);
    let error = Script::parse("lab.ftp", text.as_bytes()).expect_err(wrong);
    let error = error.to_string();
    let place = format!("lab.ftp:{at}: ");
    assert!(error.starts_with(&place), "{at}: {error}");
    assert!(error.contains(told), "{told}: {error}");
}
