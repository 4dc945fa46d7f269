//! The order of a listing: by name, or as the letters of `ls` ask.

use std::cmp::Reverse;

use crate::attributes::Attributes;

/// Up to so many entries are looked at for their order; a larger directory stays in that of its
/// names.
const LOOKED_AT: usize = 10_000;

/// Up to so many are looked at on the spot: about as many as a listing shows between two turns of
/// the other sessions.
const ON_THE_SPOT: usize = 1_000;

/// In what order the entries of a directory are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Order {
    key: Key,
    reversed: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Key {
    #[default]
    Name,
    /// What changed last comes first.
    Time,
    /// The largest comes first.
    Size,
}

impl Order {
    /// What the letters before a path ask for: `t` and `S`, of which the last one counts, and `r`
    /// for the other way round.
    pub(crate) fn asked(options: &[u8]) -> Self {
        let mut order = Self::default();
        for letter in options {
            match letter {
                b't' => order.key = Key::Time,
                b'S' => order.key = Key::Size,
                b'r' => order.reversed = true,
                _ => {}
            }
        }
        order
    }

    /// Whether putting so many entries in order takes so long that others would wait for it.
    pub(crate) fn is_slow(self, count: usize) -> bool {
        self.looks(count) && count > ON_THE_SPOT
    }

    fn looks(self, count: usize) -> bool {
        self.key != Key::Name && count <= LOOKED_AT
    }

    /// Puts entries in order that are in the order of their names; `look` says what each one is.
    pub(crate) fn arrange<T>(self, entries: &mut [T], look: impl Fn(&T) -> Option<Attributes>) {
        if self.looks(entries.len()) {
            // What has gone since it was read is listed nowhere.
            entries.sort_by_cached_key(|entry| {
                let by = |found: Attributes| match self.key {
                    Key::Time => i128::from(found.modified),
                    _ => i128::from(found.size),
                };
                Reverse(look(entry).map(by))
            });
        }
        if self.reversed {
            entries.reverse();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, LOOKED_AT, Order};

    #[test]
    fn the_last_letter_counts() {
        let order = |key, reversed| Order { key, reversed };
        for (options, expected) in [
            ("", order(Key::Name, false)),
            ("-la ", order(Key::Name, false)),
            ("-ltr", order(Key::Time, true)),
            ("-l -S ", order(Key::Size, false)),
            ("-St", order(Key::Time, false)),
        ] {
            assert_eq!(Order::asked(options.as_bytes()), expected, "{options}");
        }
    }

    #[test]
    fn a_large_directory_stays_in_the_order_of_its_names_or_the_reverse() {
        for (options, first) in [("-t", 0), ("-tr", LOOKED_AT)] {
            let mut entries: Vec<usize> = (0..=LOOKED_AT).collect();
            let order = Order::asked(options.as_bytes());
            order.arrange(&mut entries, |_| panic!("looked at"));
            assert_eq!(entries[0], first, "{options}");
        }
    }
}
