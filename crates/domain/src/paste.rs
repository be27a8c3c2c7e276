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
    /// What is no track, each with its line: a link by itself, plain words as they stand together.
    pub unrecognised: Vec<Unrecognised>,
}

/// Pasted text that is no track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unrecognised {
    /// Line number, from 1.
    pub line: usize,
    /// The text, shortened.
    pub text: String,
}

/// Longer text is cut off where it is named.
const LONGEST_NAMED: usize = 60;

impl Pasted {
    /// Names a word that is no track, behind the plain word before it on the same line.
    fn name(&mut self, line: usize, word: &str) {
        match self.unrecognised.last_mut() {
            Some(last) if last.line == line && !is_link(word) && !is_link(&last.text) => {
                let room = LONGEST_NAMED.saturating_sub(last.text.chars().count() + 1);
                if room > 0 {
                    last.text.push(' ');
                    last.text.extend(word.chars().take(room));
                }
            }
            _ => self
                .unrecognised
                .push(Unrecognised { line, text: word.chars().take(LONGEST_NAMED).collect() }),
        }
    }
}

fn is_link(word: &str) -> bool {
    word.contains(['/', ':'])
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
            let track = is_link(word).then(|| word.parse::<TrackUri>().ok()).flatten();
            match track {
                Some(track) if pasted.tracks.contains(&track) => pasted.repeated += 1,
                Some(track) => pasted.tracks.push(track),
                None => pasted.name(index + 1, word),
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
        let album = format!("https://open.spotify.com/album/{b}");
        assert_eq!(named, [(4, &*format!("hello {a}")), (4, &*album)]);
    }

    #[test]
    fn a_line_of_prose_is_named_once_and_cut_off() {
        let pasted = parse(&format!("this is no track\n{}\nnor this", "word ".repeat(40)));
        assert_eq!(pasted.unrecognised.len(), 3);
        assert_eq!(pasted.unrecognised[0], Unrecognised { line: 1, text: "this is no track".to_owned() });
        assert!(pasted.unrecognised[1].text.chars().count() <= LONGEST_NAMED);
    }

    proptest::proptest! {
        #[test]
        fn no_paste_is_too_strange(text in "\\PC*") {
            parse(&text);
        }
    }
}
