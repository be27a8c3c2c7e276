//! `/status`: what works, what is spent, what ran.

pub(crate) mod model;

use maud::{Markup, html};

use self::model::{Budget, Consent, ConsentState, Run, Status};
use crate::{
    paths,
    view::{Ctx, Here, form, layout::shell, model::CheckState, parts, words},
};

/// Draws the page.
pub(crate) fn page(ctx: &Ctx, model: &Status) -> Markup {
    let failing = model.checks.iter().filter(|check| check.state == CheckState::Fail).count();
    let body = html! {
        (parts::heading(&html! { "Status" }, &html! {
            @if failing > 0 { strong { (words::counted(failing as u64, "thing", "things")) } " to do" }
            @else if model.checks.iter().any(|check| check.state == CheckState::Pending) { "being checked" }
            @else { "all that is known works" }
        }))
        (figures(ctx, model))
        section aria-labelledby="checks" {
            (parts::section_heading("checks", "Checklist", &html! {
                @if let Some(at) = model.checked_at { "looked at " (words::distance(&ctx.now, at)) }
            }))
            (parts::checklist(&model.checks))
            (form::post(ctx, paths::STATUS_CHECK, &[], &html! {
                button.plain type="submit" { "Check again" }
            }))
        }
        (budget(ctx, &model.budget))
        (runs(ctx, &model.runs))
    };
    shell(ctx, "Status", Here::Status, &body)
}

fn figures(ctx: &Ctx, model: &Status) -> Markup {
    let budget = &model.budget;
    html! {
        section.first aria-label="In short" {
            dl.figures {
                div.figure {
                    dt { "Next look" }
                    dd.large {
                        @match model.next.at {
                            Some(at) => (words::distance(&ctx.now, at)),
                            None => "none",
                        }
                    }
                    dd.meaning {
                        @if let Some(at) = model.next.at { (words::moment(&ctx.now, at)) ", " }
                        (model.next.why)
                    }
                    dd {
                        @if let Some(why) = &model.next.blocked { p.fine { (why) } }
                        @else {
                            (form::post(ctx, paths::ARCHIVE_RUN, &[("return_to".into(), paths::STATUS.into())],
                                &html! { button.plain type="submit" { "Look now" } }))
                        }
                    }
                }
                (consent(ctx, &model.consent))
                (parts::figure("Calls in 24 hours",
                    &html! { (words::number(budget.used)) span.of { " of " (words::number(budget.limit)) } },
                    &html! { "requests to Spotify; above that Reprise waits" }))
            }
        }
    }
}

fn consent(ctx: &Ctx, consent: &Consent) -> Markup {
    let left = consent.reauth_by.duration_since(ctx.now.timestamp()).as_hours().max(0) / 24;
    let given = html! { "given " (words::date(&ctx.now, consent.authorized_at)) };
    let (figure, meaning, renew) = match &consent.state {
        ConsentState::Works { refreshed_at } => (
            words::counted(left.unsigned_abs(), "day", "days"),
            html! {
                (given) ", ends " (words::date(&ctx.now, consent.reauth_by))
                @if let Some(at) = refreshed_at { "; access renewed " (words::distance(&ctx.now, *at)) }
            },
            left <= 30,
        ),
        ConsentState::Backoff { retry_at } => (
            "waiting".to_owned(),
            html! {
                (given) "; Spotify did not renew access, next attempt "
                (words::distance(&ctx.now, *retry_at))
            },
            false,
        ),
        ConsentState::Needed { why, .. } => ("ended".to_owned(), html! { (why) }, true),
        ConsentState::Disabled => {
            ("disabled".to_owned(), html! { "the operator has switched this account off" }, false)
        }
    };
    html! {
        div.figure {
            dt { "Your consent" }
            dd.large { (figure) }
            dd.meaning { (meaning) }
            @if renew { dd { (form::connect(ctx, "Renew at Spotify", &consent.fields)) } }
            @if matches!(consent.state, ConsentState::Needed { retry: true, .. }) {
                dd { (form::post(ctx, paths::STATUS_RETRY, &[], &html! {
                    button.quiet type="submit" { "Try once more without" }
                })) }
            }
        }
    }
}

fn budget(ctx: &Ctx, budget: &Budget) -> Markup {
    html! {
        section aria-labelledby="budget" {
            (parts::section_heading("budget", "Calls to Spotify", &html! {
                strong { (words::number(budget.used)) } " of " (words::number(budget.limit))
                " in the last 24 hours"
            }))
            @if let Some(until) = budget.locked_until {
                p.decide {
                    strong { "Spotify has closed the door until " (words::moment(&ctx.now, until)) ". " }
                    "Reprise asks nothing before then; what was planned is done afterwards."
                }
            }
            (parts::bar(budget.used, budget.limit, &format!(
                "{} of {} calls used", words::number(budget.used), words::number(budget.limit)
            )))
            dl.facts.spent {
                @for part in &budget.parts {
                    (parts::fact(&part.name, &html! {
                        span.n { (words::number(part.used)) }
                        span.soft {
                            @if let Some(kept) = part.reserved { (words::number(kept)) " kept free for this" }
                        }
                    }))
                }
            }
        }
    }
}

fn runs(ctx: &Ctx, runs: &[Run]) -> Markup {
    html! {
        section aria-labelledby="runs" {
            (parts::section_heading("runs", "Recent runs", &html! {}))
            @if runs.is_empty() { p.soft { "None yet." } }
            @else {
                ul.rows.runs {
                    @for run in runs {
                        li.fail[run.failed] {
                            span.when { (words::moment(&ctx.now, run.at)) }
                            span.what { (run.what) }
                            span.outcome { (run.outcome) }
                            span.calls { (words::counted(run.calls.into(), "call", "calls")) }
                        }
                    }
                }
            }
        }
    }
}
