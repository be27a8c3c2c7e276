//! `/settings`: how the archive is kept.

pub(crate) mod model;

use maud::{Markup, html};

use self::model::{Settings, Style};
use crate::{
    paths,
    view::{
        Ctx, Here, form,
        form::{Choice, Field},
        layout::shell,
        model::Rung,
        parts,
    },
};

/// Draws the page.
pub(crate) fn page(ctx: &Ctx, model: &Settings) -> Markup {
    let body = html! {
        (parts::heading(&html! { "Settings" }, &html! {}))
        @if !model.errors.is_empty() {
            p.decide role="alert" {
                "Nothing was saved: "
                @for (i, (field, what)) in model.errors.iter().enumerate() {
                    @if i > 0 { "; " } a href={ "#" (field) } { (what) }
                } "."
            }
        }
        (form::post(ctx, paths::SETTINGS, &[], &html! {
            (archive(model))
            (finding(model))
            (more(model))
            (permissions(model))
            div.save { button.primary type="submit" { "Save settings" } }
        }))
        @if model.gone { (rebuild(ctx)) }
        section.end aria-labelledby="leave" {
            (parts::section_heading("leave", "Leave", &html! {}))
            p { "Disconnect from Spotify and erase everything that Reprise keeps about you. "
                "Your playlists stay in your Spotify account." }
            p { a.plain href=(paths::DISCONNECT) { "Disconnect and delete my data…" } }
            p { "Signed in on a device that is not at hand? End all sessions, this one too." }
            (form::post(ctx, paths::AUTH_LOGOUT, &[("everywhere".into(), "yes".into())], &html! {
                button.plain type="submit" { "Sign out everywhere" }
            }))
        }
    };
    shell(ctx, "Settings", Here::Settings, &body)
}

/// Offered while the archive's playlist is gone from the listener's library.
fn rebuild(ctx: &Ctx) -> Markup {
    html! {
        section aria-labelledby="rebuild" {
            (parts::section_heading("rebuild", "Rebuild the archive", &html! {}))
            p { "The archive playlist is no longer in your library. Reprise can make a new one and add "
                "every week again, oldest first. What you had taken out stays out." }
            (form::post(ctx, paths::ARCHIVE_REBUILD, &[], &html! {
                button.plain type="submit" { "Rebuild it" }
            }))
        }
    }
}

fn group(id: &str, title: &str, about: &str, body: &Markup) -> Markup {
    html! {
        fieldset.group id=(id) {
            legend { (title) }
            p.about { (about) }
            div.body { (body) }
        }
    }
}

fn archive(model: &Settings) -> Markup {
    let style = |value: &str, this: Style, label: &str, hint: &str| {
        form::choice(&Choice {
            kind: "radio",
            name: "style",
            value,
            label,
            hint,
            checked: model.style == this,
            required: false,
        })
    };
    group(
        "archive",
        "The archive",
        "Where the tracks go. Changing this touches no playlist that exists.",
        &html! {
            div.choices role="radiogroup" aria-label="Style" {
                (style("growing", Style::Growing, "One growing playlist", "Every week is added at the end. A new one starts before 10,000 tracks."))
                (style("weekly", Style::Weekly, "One playlist a week", "Each week is whole, even where tracks return."))
                (style("yearly", Style::Yearly, "One playlist a year", "Like the growing one, with a fresh start every January."))
            }
            (form::field(&Field {
                name: "name_template", label: "Name of the playlist", value: &model.name_template,
                hint: "For one playlist a week, {week} stands for the week, as in “Discover Weekly {week}”; yearly ones get their year behind.",
                error: model.error("name_template"), required: true, ..Field::default()
            }))
            (form::field(&Field {
                name: "adopt", label: "Go on with a playlist you have", value: &model.adopt,
                placeholder: "https://open.spotify.com/playlist/…",
                hint: "From another tool, say. Reprise reads it once and adds only what is missing.",
                error: model.error("adopt"), ..Field::default()
            }))
        },
    )
}

fn finding(model: &Settings) -> Markup {
    group(
        "finding",
        "Finding the tracks",
        "Tried from top to bottom; each track says how it was found.",
        &html! {
            ul.rows {
                @for it in &model.rungs {
                    li {
                        p.what { (rung_label(it.rung)) @if !it.on { span.soft { " · not now" } } }
                        p.soft { (it.rung.way()) @if let Some(why) = &it.blocked { " " (why) } }
                    }
                }
            }
            (form::field(&Field {
                name: "source_url", label: "Your Discover Weekly", value: &model.source_url,
                placeholder: "https://open.spotify.com/playlist/…",
                hint: "Share → copy link. Needed only where Reprise cannot find it by itself.",
                error: model.error("source_url"), ..Field::default()
            }))
            (form::field(&Field {
                name: "inbox_url", label: "Your inbox playlist", value: &model.inbox_url,
                placeholder: "https://open.spotify.com/playlist/…",
                hint: "Once a week, add all of Discover Weekly to it; Reprise takes the tracks from there and empties it.",
                error: model.error("inbox_url"), ..Field::default()
            }))
        },
    )
}

fn rung_label(rung: Rung) -> &'static str {
    match rung {
        Rung::Api => "Read the playlist",
        Rung::Copy => "Copy through an inbox playlist",
        Rung::Pasted => "Paste the links",
        Rung::Heard => "Listen",
    }
}

fn more(model: &Settings) -> Markup {
    group(
        "more",
        "More to keep, and when",
        "Other lists that change, and the zone in which weeks are named.",
        &html! {
            (form::choice(&Choice {
                kind: "checkbox", name: "release_radar", value: "on", label: "Release Radar",
                hint: "Archived on Fridays, in a playlist of its own.",
                checked: model.release_radar, required: false,
            }))
            (form::field(&Field {
                name: "sources", label: "Other playlists", value: &model.sources,
                hint: "One link per line; each gets an archive of its own.",
                error: model.error("sources"), rows: Some(3), ..Field::default()
            }))
            (form::field(&Field {
                name: "time_zone", label: "Time zone", value: &model.time_zone, list: Some("zones"),
                hint: "For dates and the names of weeks only.",
                error: model.error("time_zone"), required: true, ..Field::default()
            }))
            p.fine data-zone-text {}
            datalist id="zones" { @for zone in &model.time_zones { option value=(zone) {} } }
        },
    )
}

fn permissions(model: &Settings) -> Markup {
    group(
        "permissions",
        "Permissions",
        "Reprise never undoes what you do, unless you say so here.",
        &html! {
            div.choices {
                (form::choice(&Choice {
                    kind: "checkbox", name: "mend", value: "on", label: "Take out second copies",
                    hint: "Spotify sometimes carries out a request long after it failed. Reprise then removes the copy.",
                    checked: model.mend, required: false,
                }))
            }
        },
    )
}
