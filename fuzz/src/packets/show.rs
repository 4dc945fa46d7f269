//! Every style of showing packets.

use tracer::{
    Boxes, Classic, Decode, Dump, Json, Ladder, Language, LineOptions, Narrated, NarratedOptions,
    Overview, Render, Tcpdump,
};

/// Each style, in each language that it has.
pub(super) fn styles() -> Vec<Box<dyn Render>> {
    let mut all = of_packets();
    let line = LineOptions::default();
    all.push(Box::new(Boxes::new(line.clone(), true)));
    for language in [Language::En, Language::Zh] {
        all.push(Box::new(Decode::new(
            1..=u64::MAX,
            language,
            false,
            line.clone(),
        )));
    }
    all
}

/// Those that need no bytes.
pub(super) fn of_packets() -> Vec<Box<dyn Render>> {
    let line = LineOptions::default();
    let all_of_it = LineOptions {
        verbose: 3,
        link_header: true,
        names: true,
        dump: Dump::HexAscii { link: false },
        ..line.clone()
    };
    let mut all: Vec<Box<dyn Render>> = vec![
        Box::new(Tcpdump::new(all_of_it)),
        Box::new(Classic::new(line.clone(), true)),
        Box::new(Json::new(line.clone())),
    ];
    for language in [Language::En, Language::Zh] {
        for columns in [None, Some(60)] {
            all.push(Box::new(Narrated::new(NarratedOptions {
                language,
                color: columns.is_some(),
                columns,
                line: line.clone(),
            })));
        }
        all.push(Box::new(Ladder::new(
            language,
            false,
            Some(100),
            true,
            line.clone(),
        )));
        all.push(Box::new(Overview::new(language, true)));
    }
    all
}
