//! A comparison for programs: an object for each line, then the sums. `docs/json.md` names the
//! fields.

use serde_json::{Value, json};
use tracer::{Channel, Compared, Comparison, Mark, Marks, Reason, Row};

/// The objects, in order.
pub(super) fn rows(comparison: &Comparison) -> impl Iterator<Item = Value> + '_ {
    comparison
        .rows
        .iter()
        .map(of_row)
        .chain(std::iter::once_with(|| of_all(comparison)))
}

fn of_row(row: &Row) -> Value {
    let row_of = |found: &str, article: Option<u64>, ours: Option<u64>, rest: Value| {
        let mut object = json!({
            "event": "compared",
            "found": found,
            "article": article,
            "ours": ours,
        });
        if let (Some(object), Value::Object(rest)) = (object.as_object_mut(), rest) {
            object.extend(rest);
        }
        object
    };
    let because = |reason: Reason| json!({"reason": name_of(reason)});
    match row {
        Row::Both {
            article,
            ours,
            marks,
        } => row_of(
            "both",
            Some(article.number),
            Some(ours.number),
            of_marks(marks),
        ),
        Row::Absent {
            article,
            reason,
            at,
        } => row_of("absent", Some(article.number), *at, because(*reason)),
        Row::Alone { ours, reason } => row_of("alone", None, Some(ours.number), because(*reason)),
        Row::Gap(gap) => json!({
            "event": "left_out",
            "connection": match gap.channel {
                Channel::Names => "names".to_owned(),
                Channel::Control(number) => format!("control {number}"),
                Channel::Data(number) => format!("data {number}"),
            },
            "client": gap.client,
            "server": gap.server,
        }),
    }
}

/// What is the same, and what differs with its reason; what one side does not have is in neither.
fn of_marks(marks: &Marks) -> Value {
    let decided =
        |(field, mark): &(Compared, Mark)| field.decides() && matches!(mark, Mark::Different(_));
    let same: Vec<&str> = marks
        .iter()
        .filter(|(_, mark)| matches!(mark, Mark::Same))
        .map(|(field, _)| field_of(*field))
        .collect();
    let differs: Vec<Value> = marks
        .iter()
        .filter_map(|(field, mark)| match mark {
            Mark::Different(reason) => {
                Some(json!({"field": field_of(*field), "reason": name_of(*reason)}))
            }
            _ => None,
        })
        .collect();
    json!({"matches": !marks.iter().any(decided), "same": same, "differs": differs})
}

fn of_all(comparison: &Comparison) -> Value {
    let figures = comparison.figures;
    json!({
        "event": "comparison",
        "lines": figures.lines,
        "matched": figures.matched,
        "absent": figures.absent,
        "windows": figures.windows,
        "connecting": figures.connecting,
        "accepting": figures.accepting,
        "unprinted": figures.unprinted,
        "omitted": figures.omitted,
        "later": figures.later,
        "alone": figures.alone,
        "not_compared": figures.left_out,
        "copies": figures.copies,
    })
}

const fn field_of(field: Compared) -> &'static str {
    match field {
        Compared::Direction => "direction",
        Compared::Ports => "ports",
        Compared::Flags => "flags",
        Compared::Sequence => "seq",
        Compared::Acknowledgement => "ack",
        Compared::Length => "length",
        Compared::DontFragment => "df",
        Compared::Window => "window",
        Compared::First => "isn",
    }
}

/// The reason's name as the other words of the events are written: `lone_ack`.
pub(super) fn name_of(reason: Reason) -> String {
    let mut name = String::new();
    for letter in reason.name().chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}
