//! `/admin`: invites, listeners, alerts, set-up.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::{
    paths,
    view::{Ctx, Here, form, form::Field, layout::shell, parts, words},
};

/// What an operator sees.
pub(crate) struct Admin {
    /// The link just made: shown this once, since only its hash is kept.
    pub(crate) new_link: Option<String>,
    pub(crate) invite_error: Option<String>,
    pub(crate) invites: Vec<Invite>,
    pub(crate) users: Vec<User>,
    pub(crate) alerts: Vec<Alert>,
    pub(crate) setup: Vec<Fact>,
}

/// One sign-up link.
pub(crate) struct Invite {
    pub(crate) id: String,
    /// Whom it is for, in the operator's words.
    pub(crate) note: String,
    pub(crate) created: Timestamp,
    pub(crate) state: InviteState,
}

/// What became of a link.
pub(crate) enum InviteState {
    Open { expires: Timestamp },
    Used { at: Timestamp, by: String },
    Expired,
    Revoked,
}

/// One listener.
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) since: Timestamp,
    /// "archives well", "must renew the consent", in words.
    pub(crate) state: String,
    pub(crate) trouble: Trouble,
    pub(crate) weeks: u32,
    pub(crate) disabled: bool,
    /// The operator's own row, which cannot be disabled.
    pub(crate) yourself: bool,
}

/// Whether a listener's state asks for somebody to act.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    None,
    /// Only the listener can help.
    Theirs,
    /// Spotify may be asked once more with the consent at hand.
    Retry,
}

/// Something the operator was told.
pub(crate) struct Alert {
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    pub(crate) text: String,
}

/// One line of the set-up: what, its value, what it means.
pub(crate) struct Fact {
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) note: String,
}

/// Draws the page.
pub(crate) fn page(ctx: &Ctx, model: &Admin) -> Markup {
    let body = html! {
        (parts::heading(&html! { "Admin" }, &html! {
            strong { (model.users.len()) } (if model.users.len() == 1 { " listener" } else { " listeners" })
        }))
        @if !model.alerts.is_empty() { (alerts(ctx, &model.alerts)) }
        (invites(ctx, model))
        (users(ctx, &model.users))
        section aria-labelledby="setup" {
            (parts::section_heading("setup", "Set-up", &html! {}))
            dl.facts {
                @for it in &model.setup {
                    (parts::fact(&it.label, &html! { code { (it.value) } span.soft { (it.note) } }))
                }
            }
        }
    };
    shell(ctx, "Admin", Here::Admin, &body)
}

fn alerts(ctx: &Ctx, alerts: &[Alert]) -> Markup {
    html! {
        section.first aria-labelledby="alerts" {
            (parts::section_heading("alerts", "Alerts", &html! { (alerts.len()) " open" }))
            ul.rows.people {
                @for alert in alerts {
                    li {
                        span.name { (alert.text) }
                        span.soft { (words::moment(&ctx.now, alert.at)) }
                        (form::post(ctx, &paths::admin_alert_ack(&alert.id), &[], &html! {
                            button.plain type="submit" { "Done" span.unseen { ": " (alert.text) } }
                        }))
                    }
                }
            }
        }
    }
}

fn invites(ctx: &Ctx, model: &Admin) -> Markup {
    html! {
        section aria-labelledby="invites" {
            (parts::section_heading("invites", "Invite a listener", &html! {}))
            @if let Some(link) = &model.new_link {
                div.fresh role="status" {
                    p.what { "The new sign-up link" }
                    (form::copyable("new-link", "the new sign-up link", link))
                    p.soft { "Copy it now: it is shown this once. It works once, for one listener." }
                }
            }
            (form::post(ctx, paths::ADMIN_INVITES, &[], &html! {
                div.inline {
                    (form::field(&Field {
                        name: "note", label: "For whom", placeholder: "a name that you will know again",
                        error: model.invite_error.as_deref(), ..Field::default()
                    }))
                    div.field {
                        label for="days" { "Good for" }
                        select id="days" name="days" {
                            option value="1" { "1 day" }
                            option value="7" selected { "7 days" }
                            option value="30" { "30 days" }
                        }
                    }
                    button.primary type="submit" { "Make a link" }
                }
            }))
            @if !model.invites.is_empty() {
                ul.rows.people {
                    @for invite in &model.invites {
                        li {
                            span.name dir="auto" {
                                (if invite.note.is_empty() { "Without a name" } else { &invite.note })
                            }
                            span.soft {
                                "made " (words::date(&ctx.now, invite.created)) ", "
                                @match &invite.state {
                                    InviteState::Open { expires } => { "open until " (words::date(&ctx.now, *expires)) }
                                    InviteState::Used { at, by } => {
                                        "used " (words::date(&ctx.now, *at)) " by " bdi { (by) }
                                    }
                                    InviteState::Expired => "expired",
                                    InviteState::Revoked => "withdrawn",
                                }
                            }
                            @if matches!(invite.state, InviteState::Open { .. }) {
                                (form::post(ctx, &paths::admin_invite_revoke(&invite.id), &[], &html! {
                                    button.plain type="submit" {
                                        "Withdraw" span.unseen { " the link for " bdi { (invite.note) } }
                                    }
                                }))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn users(ctx: &Ctx, users: &[User]) -> Markup {
    html! {
        section aria-labelledby="users" {
            (parts::section_heading("users", "Listeners", &html! {}))
            @if users.is_empty() { p.soft { "Nobody has signed up yet." } }
            ul.rows.people {
                @for user in users {
                    li.fail[user.trouble != Trouble::None] {
                        span.name { bdi { (user.name) } @if user.yourself { span.soft { " · you" } } }
                        span.soft {
                            (if user.disabled { "disabled" } else { &user.state }) " · "
                            (words::counted(user.weeks.into(), "week", "weeks")) " · since "
                            (words::date(&ctx.now, user.since))
                        }
                        @if user.trouble == Trouble::Retry {
                            (form::post(ctx, &paths::admin_user_retry(&user.id), &[], &html! {
                                button.plain type="submit" {
                                    "Try again" span.unseen { " for " bdi { (user.name) } }
                                }
                            }))
                        }
                        @if !user.yourself {
                            @let value = if user.disabled { "no" } else { "yes" };
                            (form::post(ctx, &paths::admin_user_disable(&user.id),
                                &[("disabled".into(), value.into())], &html! {
                                button.plain type="submit" {
                                    (if user.disabled { "Enable" } else { "Disable" })
                                    span.unseen { " " bdi { (user.name) } }
                                }
                            }))
                        }
                    }
                }
            }
        }
    }
}
