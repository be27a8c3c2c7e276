//! Made-up covers.

use maud::{Markup, html};

/// A small deterministic stream of numbers.
struct Dice(u64);

impl Dice {
    /// A number below `n`.
    fn roll(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn colour(&mut self) -> String {
        let (hue, saturation, light) = (self.roll(360), 25 + self.roll(45), 22 + self.roll(52));
        format!("hsl({hue} {saturation}% {light}%)")
    }
}

/// The cover of number `seed`: always the same for the same number.
pub(super) fn svg(seed: u64) -> Markup {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    dice.roll(2);
    let (ground, first, second) = (dice.colour(), dice.colour(), dice.colour());
    html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" width="300" height="300" {
            rect width="100" height="100" fill=(ground) {}
            @match seed % 5 {
                0 => circle cx=(30 + dice.roll(40)) cy=(30 + dice.roll(40)) r=(18 + dice.roll(24)) fill=(first) {},
                1 => {
                    polygon points={ "0,100 " (30 + dice.roll(40)) "," (15 + dice.roll(35)) " 100,100" } fill=(first) {}
                    circle cx=(55 + dice.roll(35)) cy=(12 + dice.roll(15)) r="8" fill=(second) {}
                }
                2 => @for line in 0..8_u64 {
                    rect y=(6 + line * 12) width=(25 + dice.roll(75)) height="5" fill=(first) {}
                },
                3 => @for _ in 0..14 {
                    circle cx=(dice.roll(100)) cy=(dice.roll(100)) r=(3 + dice.roll(13))
                        fill=(first) fill-opacity="0.6" {}
                },
                _ => {
                    rect x=(dice.roll(40)) width=(20 + dice.roll(30)) height="100" fill=(first) {}
                    rect y=(dice.roll(60)) width="100" height=(10 + dice.roll(20)) fill=(second) {}
                }
            }
        }
    }
}
