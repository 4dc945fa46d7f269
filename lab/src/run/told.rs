//! What a run says beside its packets: what the scenario shows, and what the router begins to do.

use std::time::Duration;

use tracer::Language;

use crate::Failure;

/// Who it is, and what it does from here on, when a router begins to read FTP.
pub(super) fn router_reads(language: Language, hides: bool) -> (&'static str, String) {
    match language {
        Language::En => {
            let rewrites = if hides {
                ", rewrites the address in them,"
            } else {
                ""
            };
            let what = format!(
                "from here on it reads PORT and 227 in connections that begin now{rewrites} and lets \
                 the data connections in that they announce"
            );
            ("router", what)
        }
        Language::Zh => {
            let rewrites = if hides {
                "，改写其中的地址"
            } else {
                ""
            };
            let what = format!(
                "从现在起它读取此后建立的连接里的 PORT 和 227{rewrites}，并放行它们宣布的数据连接"
            );
            ("路由器", what)
        }
    }
}

/// Beside a difference from an article: that the machine may have been too busy for its order.
/// Linux sends a delayed acknowledgement after 40 ms, whatever has come by then.
pub(super) fn perhaps_busy(differs: Failure, latest: Duration) -> Failure {
    /// What the cable and the hosts may lose of the 40 ms without a change in the order.
    const HARMLESS: Duration = Duration::from_millis(5);
    if latest < HARMLESS {
        return differs;
    }
    differs.with_fix(&format!(
        "run it again when the machine is less busy: a packet left the cable {} ms late, and a \
         delayed acknowledgement waits for 40 ms and no longer",
        latest.as_millis()
    ))
}

/// What the scenario shows, as the first lines of an output for people.
pub(super) fn purpose(
    name: &str,
    about: &str,
    language: Language,
    columns: Option<usize>,
) -> String {
    let told = match language {
        Language::En => format!("{name}: {about}"),
        Language::Zh => format!("{name}：{about}"),
    };
    match columns {
        Some(columns) => textwrap::fill(&told, columns),
        None => told,
    }
}
