//! The shell around every page.

use maud::{DOCTYPE, Markup, html};

use super::{Ctx, Here, Notice, NoticeAction, Viewer, form, parts};
use crate::{assets, paths};

/// A whole document: head, header, notices, `body` as the main landmark, footer.
pub(crate) fn shell(ctx: &Ctx, title: &str, here: Here, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title))
            body {
                a.skip href="#main" { "Skip to content" }
                @if ctx.demo { (demo_banner()) }
                (header(ctx, here))
                main.page id="main" tabindex="-1" {
                    @if let Some(flash) = &ctx.flash {
                        p.flash role="status" { (parts::icon_pass()) (flash) }
                    }
                    (notices(ctx))
                    (body)
                }
                (footer(ctx))
            }
        }
    }
}

fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            title { (title) " · Reprise" }
            meta name="referrer" content="no-referrer";
            meta name="robots" content="noindex";
            meta name="color-scheme" content="light dark";
            meta name="theme-color" content="#faf7f1" media="(prefers-color-scheme: light)";
            meta name="theme-color" content="#151310" media="(prefers-color-scheme: dark)";
            link rel="icon" type="image/svg+xml" href=(assets::url("icon.svg"));
            @for font in ["fraunces.woff2", "inter.woff2"] {
                link rel="preload" as="font" type="font/woff2" crossorigin href=(assets::url(font));
            }
            link rel="stylesheet" href=(assets::url("app.css"));
            script src=(assets::url("app.js")) defer {}
        }
    }
}

fn demo_banner() -> Markup {
    html! {
        aside.demo aria-label="Demo" {
            p.page {
                strong { "Demo." }
                " A simulated Spotify with made-up listeners and music; nothing leaves this machine."
            }
        }
    }
}

fn header(ctx: &Ctx, here: Here) -> Markup {
    html! {
        header.top.page {
            a.brand href=(paths::HOME) { (parts::repeat_sign()) "Reprise" }
            @if let Some(viewer) = &ctx.viewer {
                nav.tabs aria-label="Pages" {
                    (tab("This week", paths::HOME, here == Here::Home))
                    (tab("Archive", paths::ARCHIVE, here == Here::Archive))
                    (tab("Status", paths::STATUS, here == Here::Status))
                }
                (account(ctx, viewer, here))
            }
        }
    }
}

fn tab(words: &str, href: &str, current: bool) -> Markup {
    html! { a href=(href) aria-current=[current.then_some("page")] { (words) } }
}

fn account(ctx: &Ctx, viewer: &Viewer, here: Here) -> Markup {
    let inside = matches!(here, Here::Settings | Here::Admin);
    html! {
        details.account.inside[inside] {
            summary { span.unseen { "Account of " } span.clip dir="auto" { (viewer.name) } }
            nav.menu aria-label="Account" {
                (tab("Settings", paths::SETTINGS, here == Here::Settings))
                @if viewer.admin { (tab("Admin", paths::ADMIN, here == Here::Admin)) }
                (form::post(ctx, paths::AUTH_LOGOUT, &[], &html! {
                    button type="submit" { "Log out" }
                }))
            }
        }
    }
}

fn notices(ctx: &Ctx) -> Markup {
    html! {
        @if !ctx.notices.is_empty() {
            ul.notices aria-label="Alerts" {
                @for notice in &ctx.notices { (one_notice(ctx, notice)) }
            }
        }
    }
}

fn one_notice(ctx: &Ctx, notice: &Notice) -> Markup {
    html! {
        li.urgent[notice.urgent] {
            p role=[notice.urgent.then_some("alert")] { (notice.text) }
            @match &notice.action {
                None => {}
                Some(NoticeAction::Link { words, href }) => a.go href=(href) { (words) },
                Some(NoticeAction::Post { words, action }) => {
                    (form::post(ctx, action, &[], &html! {
                        button.quiet type="submit" { (words) span.unseen { ": " (notice.text) } }
                    }))
                }
                Some(NoticeAction::Connect { words, fields }) => {
                    (form::post(ctx, paths::AUTH_START, fields, &html! {
                        button.quiet type="submit" { (words) }
                    }))
                }
            }
        }
    }
}

fn footer(ctx: &Ctx) -> Markup {
    html! {
        footer.foot.page {
            p {
                "Data and covers from " a href="https://open.spotify.com/" rel="noreferrer" { "Spotify" }
                ". Reprise is a private tool, neither made nor endorsed by Spotify."
            }
            p.fine {
                @if ctx.viewer.is_some() {
                    "Times are in " (ctx.now.time_zone().iana_name().unwrap_or("UTC")) ". "
                }
                "Typefaces: "
                a href=(assets::url("fraunces-OFL.txt")) { "Fraunces" } " and "
                a href=(assets::url("inter-OFL.txt")) { "Inter" } "."
            }
        }
    }
}
