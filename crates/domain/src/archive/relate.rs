//! Whether what was just read is the generation we know, a variant of it, or a new one.

use super::generation::{Generation, Rung};
use crate::identity::{Identity, Sameness};

/// How a reading relates to the generations known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// It belongs to this generation; anything new in it joins.
    Of(u32),
    /// More than half of it is new: a generation begins.
    New,
    /// Nothing was read.
    Nothing,
}

/// Relates a reading to the newest generations, newest first.
///
/// A list read too early, or from a cache, shows an older generation again: it is recognised and
/// starts nothing. A partial find (copied, pasted, heard) within the same turn joins the current
/// generation as long as both together make no more than one list, since a listener may hand a list
/// over in pieces.
pub fn relate(read: &[Identity], newest_first: &[&Generation], rung: Rung, same_turn: bool) -> Relation {
    if read.is_empty() {
        return Relation::Nothing;
    }
    let Some(current) = newest_first.first() else {
        return Relation::New;
    };
    let new_to = |generation: &Generation| {
        read.iter().filter(|identity| generation.compare(identity) != Sameness::Same).count()
    };
    let is_mostly_new = |new: usize| new * 2 > read.len();
    let new_to_current = new_to(current);
    if !is_mostly_new(new_to_current) {
        return Relation::Of(current.number);
    }
    if let Some(older) = newest_first[1..].iter().find(|older| !is_mostly_new(new_to(older))) {
        return Relation::Of(older.number);
    }
    let one_list = current.expected.count() as usize;
    if !rung.is_complete() && same_turn && current.tracks.len() + new_to_current <= one_list {
        return Relation::Of(current.number);
    }
    Relation::New
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::generation::Expected;
    use super::*;

    fn ids(range: std::ops::Range<u32>) -> Vec<Identity> {
        range.map(|n| Identity::of_uri(format!("spotify:track:{n:0>22}").parse().unwrap())).collect()
    }

    fn generation(number: u32, range: std::ops::Range<u32>) -> Generation {
        let label = "2026-W47".parse().unwrap();
        let mut generation = Generation::begin(number, label, Timestamp::UNIX_EPOCH, Expected::Assumed(30));
        generation.join(ids(range), Rung::Api, Timestamp::UNIX_EPOCH);
        generation
    }

    #[test]
    fn readings_are_told_apart() {
        let old = generation(1, 0..30);
        let current = generation(2, 100..130);
        let known = [&current, &old];
        let variant: Vec<_> = ids(100..115).into_iter().chain(ids(500..515)).collect();
        let mostly_new: Vec<_> = ids(100..114).into_iter().chain(ids(500..516)).collect();
        let cases = [
            (ids(0..0), Rung::Api, Relation::Nothing, "empty"),
            (ids(100..130), Rung::Api, Relation::Of(2), "the same list"),
            (variant, Rung::Api, Relation::Of(2), "half new is a variant"),
            (mostly_new, Rung::Api, Relation::New, "more than half new is a generation"),
            (ids(0..30), Rung::Api, Relation::Of(1), "last week's list, served stale"),
            (ids(200..230), Rung::Api, Relation::New, "a new list"),
            (ids(200..230), Rung::Copy, Relation::New, "a whole new list handed over in the same turn"),
        ];
        for (read, rung, expected, why) in cases {
            assert_eq!(relate(&read, &known, rung, true), expected, "{why}");
        }
        assert_eq!(relate(&ids(0..30), &[], Rung::Api, false), Relation::New);
    }

    #[test]
    fn a_list_handed_over_in_pieces_is_one_generation() {
        let half = generation(1, 0..15);
        assert_eq!(relate(&ids(15..30), &[&half], Rung::Copy, true), Relation::Of(1));
        assert_eq!(relate(&ids(15..16), &[&half], Rung::Pasted, true), Relation::Of(1));
        assert_eq!(relate(&ids(15..30), &[&half], Rung::Copy, false), Relation::New, "the week has turned");
        assert_eq!(
            relate(&ids(15..30), &[&half], Rung::Api, true),
            Relation::New,
            "a full reading is no piece"
        );
    }
}
