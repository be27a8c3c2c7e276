//! Small parts that many pages share.

use jiff::Zoned;
use maud::{Markup, html};

use super::{
    model::{Check, CheckState, PlaylistLink, Step, StepKind, StepState},
    words,
};

/// The sign for *play it again*: two dots, a thin bar, a heavy bar.
pub(crate) fn repeat_sign() -> Markup {
    html! {
        svg.sign viewBox="0 0 18 24" width="18" height="24" aria-hidden="true" focusable="false" {
            circle cx="2.6" cy="8" r="2.3" {}
            circle cx="2.6" cy="16" r="2.3" {}
            rect x="8" y="1" width="1.8" height="22" {}
            rect x="12.4" y="1" width="5" height="22" {}
        }
    }
}

/// The page's heading with what stands at its right.
pub(crate) fn heading(title: &Markup, aside: &Markup) -> Markup {
    html! {
        div.heading { h1 { (title) } div.aside { (aside) } }
    }
}

/// A section's heading with what stands at its right.
pub(crate) fn section_heading(id: &str, title: &str, aside: &Markup) -> Markup {
    html! {
        div.heading { h2 id=(id) { (title) } div.aside { (aside) } }
    }
}

/// A large figure: what it is, the figure, and a sentence that says what it means.
pub(crate) fn figure(label: &str, figure: &Markup, meaning: &Markup) -> Markup {
    html! {
        div.figure {
            dt { (label) }
            dd.large { (figure) }
            dd.meaning { (meaning) }
        }
    }
}

/// A row of a list of facts.
pub(crate) fn fact(label: &str, value: &Markup) -> Markup {
    html! { div { dt { (label) } dd { (value) } } }
}

/// A link out to a playlist at Spotify.
pub(crate) fn playlist(link: &PlaylistLink, words: &str) -> Markup {
    html! {
        a href=(link.url) rel="noreferrer" {
            (words) span.unseen { ": " bdi { (link.name) } }
        }
    }
}

/// Nothing here yet: what will be, and what to do.
pub(crate) fn empty(title: &str, body: &Markup) -> Markup {
    html! {
        div.empty {
            (repeat_sign())
            h2 { (title) }
            (body)
        }
    }
}

/// A part of a whole as a bar; its words stand beside it.
pub(crate) fn bar(part: u64, whole: u64, words: &str) -> Markup {
    let percent = percent(part, whole);
    html! {
        svg.bar width="100%" height="6" role="img" aria-label=(words) {
            title { (words) }
            rect.track width="100%" height="6" rx="3" {}
            @if part > 0 { rect.part width={ (percent) "%" } height="6" rx="3" {} }
        }
    }
}

/// Percent of `whole`, at most 100; at least 1 of anything, so that little is not nothing.
pub(crate) fn percent(part: u64, whole: u64) -> u64 {
    if part == 0 {
        return 0;
    }
    (part.saturating_mul(100) / whole.max(1)).clamp(1, 100)
}

/// A check mark.
pub(crate) fn icon_pass() -> Markup {
    icon("pass", &html! { path d="M3 8.6 6.6 12 13 4.4" {} })
}

fn icon(class: &str, shape: &Markup) -> Markup {
    html! {
        svg class={ "mark " (class) } viewBox="0 0 16 16" width="16" height="16"
            aria-hidden="true" focusable="false" { (shape) }
    }
}

/// The mark of a state, and the same in words.
fn mark(state: CheckState) -> (Markup, &'static str) {
    match state {
        CheckState::Pass => (icon_pass(), "works"),
        CheckState::Fail => (icon("fail", &html! { path d="M4 4 12 12 M12 4 4 12" {} }), "does not work"),
        CheckState::Pending => (
            icon("pending", &html! { circle cx="8" cy="8" r="5.2" {} path d="M8 5 V8 H10.4" {} }),
            "being checked",
        ),
        CheckState::OtherWay => {
            (icon("unknown", &html! { path d="M4 8 H12 M9 5 12 8 9 11" {} }), "another way")
        }
        CheckState::Unknown => (icon("unknown", &html! { circle cx="8" cy="8" r="5.2" {} }), "not known yet"),
    }
}

/// The checklist: each line with its mark, the same in words, and what to do.
pub(crate) fn checklist(checks: &[Check]) -> Markup {
    html! {
        ul.checks {
            @for check in checks {
                @let (icon, word) = mark(check.state);
                li.fail[check.state == CheckState::Fail].pass[check.state == CheckState::Pass] {
                    (icon)
                    div {
                        p.what { (check.what) }
                        @if let Some(found) = &check.found { p.soft { (found) } }
                        @if let Some(todo) = &check.todo { p.todo { strong { "To do: " } (todo) } }
                    }
                    span.word { (word) }
                }
            }
        }
    }
}

fn step_words(kind: StepKind) -> (&'static str, &'static str) {
    match kind {
        StepKind::Seen => ("Found", "the tracks of the week are known"),
        StepKind::Target => ("Playlist", "the archive playlist exists and is yours"),
        StepKind::Planned => ("Planned", "what to add is written down before anything is sent"),
        StepKind::Added => ("Added", "Spotify took the tracks"),
        StepKind::Verified => ("Checked", "read back: each is there exactly once"),
    }
}

/// How far a week is, as an ordered list.
pub(crate) fn steps(now: &Zoned, steps: &[Step]) -> Markup {
    html! {
        ol.steps {
            @for step in steps {
                @let (name, meaning) = step_words(step.kind);
                @let (icon, current) = match &step.state {
                    StepState::Done(_) => (mark(CheckState::Pass).0, false),
                    StepState::Now(_) => (mark(CheckState::Pending).0, true),
                    StepState::Waiting => (mark(CheckState::Unknown).0, false),
                    StepState::Failed(_) => (mark(CheckState::Fail).0, true),
                };
                li aria-current=[current.then_some("step")] {
                    (icon)
                    p.what { (name) }
                    p.soft { (meaning) }
                    p.when {
                        @match &step.state {
                            StepState::Done(Some(at)) => (words::moment(now, *at)),
                            StepState::Done(None) => "done",
                            StepState::Now(None) => "now",
                            StepState::Now(Some(waits)) => (waits),
                            StepState::Waiting => "to come",
                            StepState::Failed(why) => (why),
                        }
                    }
                }
            }
        }
    }
}
