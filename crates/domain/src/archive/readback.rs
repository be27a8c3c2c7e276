//! What a reading of the target says about the tracks that should be in it.

use crate::identity::Identity;

/// A stretch of a playlist as it was read; `None` is an entry that is no track.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// Position of the first entry.
    pub offset: u32,
    /// The entries in order.
    pub entries: Vec<Option<Identity>>,
    /// How many items the whole playlist holds.
    pub total: u32,
}

/// Where wanted tracks were found in a whole reading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// For each wanted track, the positions at which it stands.
    pub positions: Vec<Vec<u32>>,
}

impl Tally {
    /// Indices of wanted tracks that stand nowhere.
    pub fn missing(&self) -> impl Iterator<Item = usize> {
        self.positions.iter().enumerate().filter(|(_, at)| at.is_empty()).map(|(index, _)| index)
    }

    /// Indices of wanted tracks that stand at least once.
    pub fn present(&self) -> impl Iterator<Item = usize> {
        self.positions.iter().enumerate().filter(|(_, at)| !at.is_empty()).map(|(index, _)| index)
    }

    /// The first run of doubled tracks whose first occurrences stand side by side, with its position.
    ///
    /// Such a run is taken out and put back in one piece, so that the order stays.
    pub fn doubled_run(&self) -> Option<(u32, Vec<usize>)> {
        let mut firsts: Vec<(u32, usize)> = self
            .positions
            .iter()
            .enumerate()
            .filter(|(_, at)| at.len() > 1)
            .filter_map(|(index, at)| Some((*at.first()?, index)))
            .collect();
        firsts.sort_unstable();
        let (start, _) = *firsts.first()?;
        let run = (start..).zip(&firsts).take_while(|(position, (at, _))| position == at);
        Some((start, run.map(|(_, (_, index))| *index).collect()))
    }
}

/// Finds each wanted track in a whole reading.
pub fn tally(wanted: &[Identity], reading: &Reading) -> Tally {
    let place = |identity: &Identity| {
        (reading.offset..)
            .zip(&reading.entries)
            .filter(|(_, entry)| entry.as_ref().is_some_and(|entry| entry.is_same(identity)))
            .map(|(position, _)| position)
            .collect()
    };
    Tally { positions: wanted.iter().map(place).collect() }
}

/// Whether the wanted tracks stand side by side at `start` in a reading that covers that stretch.
///
/// Spotify may answer with a substitute for a track ("relinking"). A track known by its link alone
/// cannot be compared with its substitute, so its place between recognised neighbours is accepted.
pub fn find_block(wanted: &[Identity], start: u32, reading: &Reading) -> bool {
    let Some(skip) = start.checked_sub(reading.offset).and_then(|skip| usize::try_from(skip).ok()) else {
        return false;
    };
    let Some(stretch) = reading.entries.get(skip..).and_then(|rest| rest.get(..wanted.len())) else {
        return false;
    };
    let mut recognised = 0;
    let in_place = stretch.iter().zip(wanted).all(|(entry, wanted)| match entry {
        Some(entry) if entry.is_same(wanted) => {
            recognised += 1;
            true
        }
        Some(_) | None => !wanted.is_described(),
    });
    in_place && recognised * 2 >= wanted.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(numbers: &[u32]) -> Vec<Identity> {
        numbers.iter().map(|n| Identity::of_uri(format!("spotify:track:{n:0>22}").parse().unwrap())).collect()
    }

    fn reading(offset: u32, numbers: &[u32]) -> Reading {
        let entries: Vec<_> = ids(numbers).into_iter().map(Some).collect();
        Reading { offset, total: offset + u32::try_from(entries.len()).unwrap(), entries }
    }

    #[test]
    fn a_tally_says_what_is_there_what_is_missing_and_what_is_doubled() {
        let tally = tally(&ids(&[1, 2, 3, 4]), &reading(0, &[9, 1, 2, 9, 1, 2, 4]));
        assert_eq!(tally.missing().collect::<Vec<_>>(), [2]);
        assert_eq!(tally.present().collect::<Vec<_>>(), [0, 1, 3]);
        assert_eq!(tally.doubled_run(), Some((1, vec![0, 1])));
    }

    #[test]
    fn a_block_is_found_in_its_place_only() {
        let wanted = ids(&[1, 2]);
        assert!(find_block(&wanted, 10, &reading(10, &[1, 2])));
        assert!(find_block(&wanted, 11, &reading(10, &[9, 1, 2, 3])));
        assert!(!find_block(&wanted, 10, &reading(10, &[1])));
        assert!(!find_block(&wanted, 10, &reading(11, &[1, 2])));
    }

    #[test]
    fn a_substitute_for_a_bare_link_is_accepted_between_recognised_neighbours() {
        assert!(find_block(&ids(&[1, 2, 3]), 0, &reading(0, &[1, 77, 3])));
        assert!(!find_block(&ids(&[1, 2, 3]), 0, &reading(0, &[1, 77, 78])));
    }
}
