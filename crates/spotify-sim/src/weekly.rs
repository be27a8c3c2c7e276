//! Discover Weekly and its sibling: what they hold at any moment, computed and never stored.
//!
//! Generations are numbered by the weeks since Monday 1970-01-05. Every listener walks the whole
//! catalogue with a stride of their own, so that tracks do not come back by themselves, and what
//! does come back is meant to.

use crate::catalogue::objects::LocalFile;
use crate::catalogue::{Edition, RECORDINGS, Track};
use crate::model::{Oddities, User, Weekly};
use crate::playlist::What;
use crate::random::{below, chance, hash, hash_text, opaque_id};
use jiff::Timestamp;
use std::collections::BTreeSet;

const HOUR: i64 = 3_600;
const WEEK: i64 = 168 * HOUR;
/// Monday 1970-01-05, 00:00 UTC.
const FIRST_MONDAY: i64 = 4 * 24 * HOUR;
/// Slots per generation on the listener's walk through the catalogue.
const STRIDE: u64 = 128;
/// How many weeks back something may come from.
const MEMORY: u64 = 30;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    DiscoverWeekly,
    ReleaseRadar,
}

/// A generated playlist of one listener.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Generated<'a> {
    pub(crate) kind: Kind,
    pub(crate) user: &'a User,
    pub(crate) seed: u64,
}

/// What a generated playlist holds for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Generation {
    pub(crate) number: i64,
    /// Whether part of it has been replaced.
    pub(crate) varied: bool,
}

impl<'a> Generated<'a> {
    pub(crate) fn new(kind: Kind, user: &'a User, seed: u64) -> Self {
        Self { kind, user, seed }
    }

    pub(crate) fn settings(&self) -> &'a Weekly {
        match self.kind {
            Kind::DiscoverWeekly => &self.user.discover_weekly,
            Kind::ReleaseRadar => &self.user.release_radar,
        }
    }

    fn dice(&self, parts: &[u64]) -> u64 {
        let who = hash_text(&self.user.id);
        hash(&[self.seed, who, self.kind as u64, hash(parts)])
    }

    pub(crate) fn id(&self) -> String {
        let prefix = match self.kind {
            Kind::DiscoverWeekly => "37i9dQZEVXc",
            Kind::ReleaseRadar => "37i9dQZEVXb",
        };
        let random = opaque_id(&[self.dice(&[0, u64::from(self.settings().moved)])]);
        format!("{prefix}{}", &random[random.len() - 11..])
    }

    pub(crate) fn name(&self) -> &'static str {
        match self.kind {
            Kind::ReleaseRadar => "Release Radar",
            Kind::DiscoverWeekly => match self.user.locale.as_str() {
                "de" => "Dein Mix der Woche",
                "fr" => "Découvertes de la semaine",
                "es" => "Descubrimiento semanal",
                "pt" => "Descobertas da Semana",
                "it" => "Scoperte della settimana",
                "ru" => "Открытия недели",
                "ar" => "اكتشف هذا الأسبوع",
                "fi" => "Viikon suositukset",
                "hu" => "E Heti Kaland",
                "pl" => "Odkryj w tym tygodniu",
                "tr" => "Haftalık Keşifler",
                "zh-TW" => "每週新發現",
                _ => "Discover Weekly",
            },
        }
    }

    /// When a generation first shows, and when its variant does, if it has one.
    pub(crate) fn turns(&self, number: i64) -> (Timestamp, Option<Timestamp>) {
        let weekly = self.settings();
        let week = number.unsigned_abs();
        let turn = FIRST_MONDAY + number * WEEK + i64::from(weekly.turn_hour) * HOUR;
        let late = weekly
            .late
            .filter(|late| chance(self.dice(&[1, week]), late.percent))
            .map_or(0, |late| i64::from(late.hours));
        let variant = weekly
            .variant
            .filter(|variant| chance(self.dice(&[2, week]), variant.percent))
            .map(|variant| turn + i64::from(variant.after_hours) * HOUR);
        let at = |second| Timestamp::from_second(second).unwrap_or(Timestamp::MAX);
        (at(turn + late * HOUR), variant.map(at))
    }

    /// What shows at an instant.
    pub(crate) fn at(&self, now: Timestamp) -> Generation {
        let turn_hour = i64::from(self.settings().turn_hour) * HOUR;
        let mut number = (now.as_second() - FIRST_MONDAY - turn_hour).div_euclid(WEEK);
        if self.turns(number).0 > now {
            number -= 1;
        }
        let varied = self.turns(number).1.is_some_and(|from| from <= now);
        Generation { number, varied }
    }

    pub(crate) fn snapshot(&self, generation: Generation) -> String {
        opaque_id(&[self.dice(&[3]), generation.number.unsigned_abs(), u64::from(generation.varied)])
    }

    /// The entries of a generation, in order.
    pub(crate) fn entries(&self, generation: Generation) -> Vec<What> {
        let week = generation.number.unsigned_abs();
        let size = u64::from(self.settings().size).min(STRIDE / 2);
        let replaced = self.settings().variant.filter(|_| generation.varied);
        let replaced =
            replaced.map_or(0, |variant| u64::from(variant.replaces).min(size.saturating_sub(1) / 2));
        let mut used = BTreeSet::new();
        (0..size)
            .map(|slot| {
                // A variant draws from the upper half of the walk, which no generation uses.
                let slot = if slot < replaced { slot + STRIDE / 2 } else { slot };
                let what = self.entry(week, slot);
                match &what {
                    What::Track(track) if !used.insert(track.recording) => {
                        What::Track(self.fresh(week, slot))
                    }
                    _ => what,
                }
            })
            .collect()
    }

    /// The slot's own track: no other slot of any week has it.
    fn fresh(&self, week: u64, slot: u64) -> Track {
        let n = u64::from(RECORDINGS);
        let stride = 1 + below(self.dice(&[4]), n - 1);
        let step = (week * STRIDE + slot) % n;
        let number = (below(self.dice(&[5]), n) + step * stride) % n;
        Track::new(u32::try_from(number).unwrap_or(0))
    }

    fn entry(&self, week: u64, slot: u64) -> What {
        let fresh = self.fresh(week, slot);
        let dice = self.dice(&[6, week, slot]);
        match oddity(&self.settings().odd, dice) {
            None => What::Track(fresh),
            Some(Odd::Repeated) => What::Track(self.earlier(week, slot)),
            Some(Odd::OtherEdition) => What::Track(self.earlier(week, slot).edition(Edition::Single)),
            Some(Odd::Mislabelled) => What::Track(self.mislabelled(week, slot, fresh)),
            Some(Odd::Relinked) => What::Track(fresh.edition(Edition::Relinked)),
            Some(Odd::Unavailable) => What::Track(fresh.edition(Edition::Unavailable)),
            Some(Odd::Null) => What::Null,
            Some(Odd::Local) => What::Local(LocalFile {
                artist: fresh.artist_name(),
                album: String::new(),
                title: fresh.title(),
                seconds: u32::try_from(fresh.duration_ms() / 1_000).unwrap_or(0),
            }),
        }
    }

    /// A plain track that an earlier week really held.
    fn earlier(&self, week: u64, slot: u64) -> Track {
        let size = u64::from(self.settings().size).clamp(1, STRIDE / 2);
        (0..200)
            .map(|attempt| {
                let dice = self.dice(&[7, week, slot, attempt]);
                let back = 1 + below(dice, MEMORY);
                (week.saturating_sub(back), below(dice >> 32, size))
            })
            .find(|(week, slot)| oddity(&self.settings().odd, self.dice(&[6, *week, *slot])).is_none())
            .map_or_else(|| self.fresh(week, slot), |(week, slot)| self.fresh(week, slot))
    }

    fn mislabelled(&self, week: u64, slot: u64, fresh: Track) -> Track {
        let other = (0..50).map(|attempt| self.earlier(week, slot + STRIDE * (attempt + 1))).find(|other| {
            other.title() != fresh.title() && other.duration_ms().abs_diff(fresh.duration_ms()) > 15_000
        });
        other.map_or(fresh, |other| fresh.edition(Edition::Mislabelled(other.recording)))
    }
}

enum Odd {
    Repeated,
    OtherEdition,
    Mislabelled,
    Relinked,
    Unavailable,
    Null,
    Local,
}

fn oddity(odd: &Oddities, dice: u64) -> Option<Odd> {
    let mut upper = 0.0;
    [
        (odd.repeated, Odd::Repeated),
        (odd.other_edition, Odd::OtherEdition),
        (odd.mislabelled, Odd::Mislabelled),
        (odd.relinked, Odd::Relinked),
        (odd.unavailable, Odd::Unavailable),
        (odd.null, Odd::Null),
        (odd.local, Odd::Local),
    ]
    .into_iter()
    .find_map(|(percent, kind)| {
        upper += percent;
        chance(dice, upper).then_some(kind)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LateTurn, Variant};
    use std::collections::BTreeMap;

    fn discover(user: &User) -> Generated<'_> {
        Generated::new(Kind::DiscoverWeekly, user, 7)
    }

    fn plain(number: i64) -> Generation {
        Generation { number, varied: false }
    }

    fn tracks(generated: &Generated<'_>, number: i64) -> Vec<Track> {
        generated
            .entries(plain(number))
            .into_iter()
            .filter_map(|what| match what {
                What::Track(track) => Some(track),
                _ => None,
            })
            .collect()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn content_turns_at_the_listeners_hour() {
        let mut user = User::new("ada");
        user.discover_weekly.turn_hour = 7;
        let weekly = discover(&user);
        let before = weekly.at(at("2026-11-16T06:59:59Z"));
        let after = weekly.at(at("2026-11-16T07:00:00Z"));
        assert_eq!(after.number, before.number + 1);
        assert_ne!(weekly.snapshot(before), weekly.snapshot(after));
        assert_eq!(weekly.at(at("2026-11-23T06:59:59Z")), after);
    }

    #[test]
    fn a_generation_is_the_same_whenever_asked_and_differs_between_listeners() {
        let (ada, bob) = (User::new("ada"), User::new("bob"));
        assert_eq!(tracks(&discover(&ada), 2_900), tracks(&discover(&ada), 2_900));
        assert_ne!(tracks(&discover(&ada), 2_900), tracks(&discover(&bob), 2_900));
    }

    #[test]
    fn about_as_much_comes_back_as_was_asked_for() {
        let user = User::new("ada");
        let weekly = discover(&user);
        let mut seen: BTreeMap<u32, BTreeSet<Track>> = BTreeMap::new();
        let mut isrcs: BTreeMap<String, u32> = BTreeMap::new();
        let (mut same, mut edition, mut clash) = (0, 0, 0);
        for number in 2_800..2_950 {
            for track in tracks(&weekly, number) {
                let known = seen.entry(track.recording).or_default();
                if known.contains(&track) {
                    same += 1;
                } else if !known.is_empty() {
                    edition += 1;
                }
                known.insert(track);
                let owner = *isrcs.entry(track.isrc()).or_insert(track.recording);
                clash += usize::from(owner != track.recording);
            }
        }
        // 4,500 entries; the first weeks point at weeks that were not counted.
        assert!((80..180).contains(&same), "{same} repeats");
        assert!((50..130).contains(&edition), "{edition} other editions");
        assert!((15..80).contains(&clash), "{clash} mislabelled");
    }

    #[test]
    fn no_recording_is_twice_in_one_generation() {
        let user = User::new("ada");
        for number in 2_800..2_900 {
            let tracks = tracks(&discover(&user), number);
            let recordings: BTreeSet<u32> = tracks.iter().map(|track| track.recording).collect();
            assert_eq!(recordings.len(), tracks.len());
        }
    }

    #[test]
    fn a_variant_replaces_less_than_half() {
        let mut user = User::new("ada");
        user.discover_weekly.variant = Some(Variant { percent: 100.0, after_hours: 60, replaces: 40 });
        let weekly = discover(&user);
        let before = weekly.at(at("2026-11-18T11:59:00Z"));
        let after = weekly.at(at("2026-11-18T12:00:00Z"));
        assert_eq!((before.varied, after.varied), (false, true));
        let old = weekly.entries(before);
        let new = weekly.entries(after);
        let kept = new.iter().filter(|what| old.contains(what)).count();
        assert_eq!(kept, 16);
    }

    #[test]
    fn a_late_turn_shows_the_old_set_for_a_while() {
        let mut user = User::new("ada");
        user.discover_weekly.late = Some(LateTurn { percent: 100.0, hours: 5 });
        let weekly = discover(&user);
        let sunday = weekly.at(at("2026-11-15T12:00:00Z"));
        assert_eq!(weekly.at(at("2026-11-16T04:59:00Z")), sunday);
        assert_ne!(weekly.at(at("2026-11-16T05:00:00Z")), sunday);
    }

    #[test]
    fn the_id_has_the_known_prefix_and_length() {
        let user = User::new("ada");
        let id = discover(&user).id();
        assert!(id.starts_with("37i9dQZEVXc"));
        assert_eq!(id.len(), 22);
    }
}
