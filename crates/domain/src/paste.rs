//! Track links as people paste them: one or many a line, with noise between.

use crate::ids::TrackUri;

/// More than this in one paste is refused; a Discover Weekly has thirty.
pub const MAX_PASTED: usize = 500;

/// What a paste held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pasted {
    /// The tracks in order, each once.
    pub tracks: Vec<TrackUri>,
    /// How often a track was repeated.
    pub repeated: usize,
    /// Words that are no track, each with its line.
    pub unrecognised: Vec<Unrecognised>,
}

/// A pasted word that is no track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unrecognised {
    /// Line number, from 1.
    pub line: usize,
    /// The word, shortened.
    pub text: String,
}

/// Reads pasted text: whatever is a track link or URI is a track, the rest is named.
///
/// A bare word of 22 letters and digits is not taken for a track: in prose it could be anything.
pub fn parse(text: &str) -> Pasted {
    let mut pasted = Pasted::default();
    for (index, line) in text.lines().enumerate() {
        for word in line.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>' | '"')) {
            if word.is_empty() {
                continue;
            }
            let track = word.contains(['/', ':']).then(|| word.parse::<TrackUri>().ok()).flatten();
            match track {
                Some(track) if pasted.tracks.contains(&track) => pasted.repeated += 1,
                Some(track) => pasted.tracks.push(track),
                None => pasted
                    .unrecognised
                    .push(Unrecognised { line: index + 1, text: word.chars().take(60).collect() }),
            }
        }
    }
    pasted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_in_any_layout_and_the_rest_is_named() {
        let a = "4uLU6hMCjMI75M1A2tKUQC";
        let b = "5uLU6hMCjMI75M1A2tKUQC";
        let text = format!(
            "https://open.spotify.com/track/{a}\r\nspotify:track:{b}, https://open.spotify.com/track/{a}?si=1\n\n  hello {a} https://open.spotify.com/album/{b}"
        );
        let pasted = parse(&text);
        assert_eq!(pasted.tracks.iter().map(TrackUri::id).collect::<Vec<_>>(), [a, b]);
        assert_eq!(pasted.repeated, 1);
        let named: Vec<_> = pasted.unrecognised.iter().map(|u| (u.line, u.text.as_str())).collect();
        assert_eq!(named[0], (4, "hello"));
        assert_eq!(named[1], (4, a));
        assert_eq!(named.len(), 3);
    }

    proptest::proptest! {
        #[test]
        fn no_paste_is_too_strange(text in "\\PC*") {
            parse(&text);
        }
    }
}
