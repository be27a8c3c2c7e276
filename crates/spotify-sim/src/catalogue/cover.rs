//! Covers: bold shapes, drawn from the id.

use crate::random::{below, hash, hash_text, pick};
use maud::{Markup, html};

/// Ground, two shapes and a line; each set goes together.
const PALETTES: &[[&str; 4]] = &[
    ["#f2e8cf", "#bc4749", "#386641", "#16213e"],
    ["#14213d", "#fca311", "#e5e5e5", "#e63946"],
    ["#ffd6a5", "#7b2d26", "#0b4f6c", "#01161e"],
    ["#1b1b3a", "#693668", "#f44174", "#f7d08a"],
    ["#e0fbfc", "#ee6c4d", "#293241", "#3d5a80"],
    ["#2d3142", "#ef8354", "#bfc0c0", "#ffffff"],
    ["#f4f1de", "#e07a5f", "#3d405b", "#81b29a"],
    ["#0d1b2a", "#778da9", "#e0e1dd", "#f2542d"],
    ["#fefae0", "#dda15e", "#283618", "#bc6c25"],
    ["#3a0ca3", "#f72585", "#4cc9f0", "#f9f7f3"],
];

/// A square cover of `size` pixels.
pub(crate) fn svg(id: &str, size: u32) -> Markup {
    let dice = hash_text(id);
    let [ground, first, second, line] = *pick(dice, PALETTES);
    let at = |n: u64, from: u64, to: u64| from + below(hash(&[dice, n]), to - from);
    let turn = 45 * at(1, 0, 8);
    html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(size) height=(size) viewBox="0 0 640 640" role="img" {
            rect width="640" height="640" fill=(ground) {}
            g transform={ "rotate(" (turn) " 320 320)" } {
                @match at(11, 0, 5) {
                    0 => {
                        circle cx=(at(2, 160, 480)) cy=(at(3, 160, 480)) r=(at(4, 140, 260)) fill=(first) {}
                        rect x="-200" y=(at(5, 320, 460)) width="1040" height="600" fill=(second) {}
                    }
                    1 => {
                        @for n in 0..5 {
                            circle cx="320" cy="320" r=(300 - n * 58) fill=(if n % 2 == 0 { first } else { second }) {}
                        }
                    }
                    2 => {
                        polygon points={ "-100,640 320," (at(6, 20, 220)) " 740,640" } fill=(first) {}
                        polygon points={ "-200,760 160," (at(7, 260, 400)) " 540,760" } fill=(second) {}
                    }
                    3 => {
                        @for n in 0..6 {
                            rect x=(n * 106 + 18) y=(at(20 + n, 0, 420)) width="72" height="700" fill=(if n % 2 == 0 { first } else { second }) {}
                        }
                    }
                    _ => {
                        path d="M0 0 H320 A320 320 0 0 1 0 320 Z" fill=(first) {}
                        path d="M640 640 H320 A320 320 0 0 1 640 320 Z" fill=(second) {}
                        circle cx="320" cy="320" r=(at(8, 50, 130)) fill=(line) {}
                    }
                }
                rect x="-200" y=(at(9, 120, 520)) width="1040" height=(at(10, 6, 26)) fill=(line) {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_has_a_cover_of_its_own() {
        let covers: std::collections::BTreeSet<String> =
            (0..500).map(|n| svg(&format!("id{n}"), 64).into_string()).collect();
        assert_eq!(covers.len(), 500);
        assert!(covers.iter().all(|cover| cover.contains("width=\"64\"")));
    }
}
