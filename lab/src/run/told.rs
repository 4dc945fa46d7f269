//! What a run says beside its packets: what the scenario shows, and what the router begins to do.

use tracer::Language;

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
