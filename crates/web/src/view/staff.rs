//! The picture on the pages of those who are not signed in.

use maud::{Markup, html};

/// Weeks as notes on a staff that ends in the sign for *again*: the idea in a picture.
pub(crate) fn staff() -> Markup {
    // One column per week, each note on one of nine heights; the last one is today's.
    const NOTES: [u32; 8] = [5, 2, 6, 4, 8, 3, 7, 5];
    html! {
        svg.staff viewBox="0 0 480 268" role="img" aria-label="Notes on a staff that ends in a repeat sign" {
            @for line in 0..5_u32 {
                rect.line x="0" y=(29 + line * 52) width="480" height="2" {}
            }
            @for (column, height) in (0_u32..).zip(NOTES) {
                rect class={ "note" @if column == 7 { " last" } } x=(4 + column * 46)
                    y=(height * 26 - 16) width="40" height="40" rx="4" {}
            }
            circle.end cx="396" cy="108" r="10" {}
            circle.end cx="396" cy="160" r="10" {}
            rect.end x="422" y="29" width="6" height="210" {}
            rect.end x="444" y="29" width="36" height="210" {}
        }
    }
}
