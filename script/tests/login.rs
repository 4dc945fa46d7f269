//! `login` and `login tls`: what may stand behind them, and what they are in words.

#![allow(clippy::unwrap_used)]

use script::{Script, StepKind, explain};

const HEAD: &str = "purpose: p\nrule: RFC 4217\ngrade: MUST\n\n";

#[test]
fn each_way_to_log_in_is_read_and_told() {
    for (line, tls, named, told) in [
        ("login", false, false, "log in, and go to the folder"),
        ("login tls", true, false, "log in under TLS, and go to the"),
        ("login ann secret", false, true, "log in as ann\n"),
        (
            "login tls \"ann\" \"secret\"",
            true,
            true,
            "log in under TLS as ann\n",
        ),
        (
            "login tls $user $password",
            true,
            true,
            "log in under TLS as $user\n",
        ),
        ("login \"tls\" secret", false, true, "log in as tls\n"),
    ] {
        let text = format!("{HEAD}{line}\nC: NOOP\nS: 200\n");
        let script = Script::parse("x", text.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
        let StepKind::Login(login) = &script.steps[0].kind else {
            panic!("{line}: {:?}", script.steps[0]);
        };
        assert_eq!((login.tls, login.who.is_some()), (tls, named), "{line}");
        let words = explain(&script);
        assert!(words.contains(told), "{line}: {words}");
        assert!(!words.contains("secret"), "{words}");
    }
}

#[test]
fn what_is_no_login_is_refused_at_its_place() {
    for (line, place, what, hint) in [
        (
            "login tls secret",
            "x:5:17",
            "a user's name without a password",
            "who is called tls has quotes",
        ),
        (
            "login tsl",
            "x:5:7",
            "a user's name without a password",
            "did you mean `tls`?",
        ),
        (
            "login tls ann secret more",
            "x:5:22",
            "`more` too much",
            "the end of the line",
        ),
        (
            "login ann secret tls",
            "x:5:18",
            "`tls` too much",
            "the end of the line",
        ),
        (
            "login tls $usr secret",
            "x:5:11",
            "nothing above this line sets $usr",
            "`user`",
        ),
    ] {
        let text = format!("{HEAD}{line}\n");
        let error = Script::parse("x", text.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(place), "{line}: {error}");
        assert!(error.contains(what), "{line}: {error}");
        assert!(error.contains(hint), "{line}: {error}");
    }
}
