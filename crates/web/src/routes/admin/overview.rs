//! What the operator sees.

use std::collections::HashMap;

use reprise_core::Signup;
use reprise_core::ports::{Invite, User};
use reprise_domain::ids::UserId;
use reprise_domain::token::{GrantState, Reauth};

use crate::answer::{Failure, name_of};
use crate::pages::admin::{self, Admin, Alert, Fact, InviteState, Trouble};
use crate::routes::desk;
use crate::state::App;
use crate::view::words;

/// Listeners on the page; an installation has five, or few more.
const LISTENERS: usize = 500;

/// Alerts looked through for those that nobody has seen.
const ALERTS: usize = 200;

pub(super) async fn load(app: &App, operator: &User) -> Result<Admin, Failure> {
    let ports = &app.core.ports;
    let users = ports.users.users(None, LISTENERS).await?;
    let names: HashMap<&UserId, String> = users.iter().map(|user| (&user.id, name_of(user))).collect();
    let alerts = ports.alerts.alerts(None, ALERTS).await?.into_iter();
    let alerts = alerts.filter(|alert| alert.acknowledged.is_none()).map(|alert| Alert {
        id: desk::alert_id(&alert),
        at: alert.at,
        text: match alert.user.as_ref().and_then(|user| names.get(user)) {
            Some(name) => format!("{name}: {}", alert.text),
            None => alert.text.clone(),
        },
    });
    let now = ports.clock.now();
    let invite = |invite: Invite| admin::Invite {
        state: match &invite.used {
            Some((by, at)) => InviteState::Used {
                at: *at,
                by: names.get(by).cloned().unwrap_or_else(|| "somebody who has left".to_owned()),
            },
            None if invite.revoked => InviteState::Revoked,
            None if invite.is_valid(now) => InviteState::Open { expires: invite.expires },
            None => InviteState::Expired,
        },
        id: invite.hash.0,
        note: invite.note.unwrap_or_default(),
        created: invite.created,
    };
    let mut listeners = Vec::new();
    for user in &users {
        listeners.push(listener(app, user, operator).await?);
    }
    Ok(Admin {
        new_link: None,
        invite_error: None,
        invites: ports.invites.invites().await?.into_iter().map(invite).collect(),
        alerts: alerts.collect(),
        setup: facts(app),
        users: listeners,
    })
}

async fn listener(app: &App, user: &User, operator: &User) -> Result<admin::User, Failure> {
    let ports = &app.core.ports;
    let grant = ports.tokens.grant(&user.id).await?.map(|read| read.value.state);
    let (state, trouble) = match grant {
        Some(GrantState::Fresh { .. } | GrantState::Stale | GrantState::Refreshing { .. }) => {
            ("archives", Trouble::None)
        }
        Some(GrantState::Backoff { .. }) => ("waits for Spotify", Trouble::None),
        Some(GrantState::ReauthRequired { why: Reauth::Revoked, .. }) => {
            ("must renew the consent", Trouble::Retry)
        }
        Some(GrantState::ReauthRequired { .. }) => ("must renew the consent", Trouble::Theirs),
        Some(GrantState::Disabled) => ("switched off", Trouble::None),
        None => ("has no consent", Trouble::Theirs),
    };
    let weeks = ports.sources.sources(&user.id).await?.iter().map(|source| source.value.newest).sum();
    Ok(admin::User {
        id: user.id.to_string(),
        name: name_of(user),
        since: user.since,
        state: state.to_owned(),
        trouble: if user.disabled { Trouble::None } else { trouble },
        weeks,
        disabled: user.disabled,
        yourself: user.id == operator.id,
    })
}

fn facts(app: &App) -> Vec<Fact> {
    let config = &app.core.config;
    let fact = |label: &str, value: String, note: &str| Fact {
        label: label.to_owned(),
        value,
        note: note.to_owned(),
    };
    let (signup, meaning) = match config.signup {
        Signup::Invite => ("invite", "by link only"),
        Signup::Open => ("open", "whoever comes"),
    };
    let mut facts = vec![
        fact("Address", config.base_url.to_string(), "as in REPRISE_BASE_URL"),
        fact(
            "Redirect URI",
            config.redirect_uri().into(),
            "must stand in the app’s settings at Spotify, letter by letter",
        ),
        fact("Calls a day", words::number(config.daily_calls.into()), "as in REPRISE_DAILY_CALLS"),
        fact("Sign-up", signup.to_owned(), meaning),
    ];
    if let Some(demo) = &app.demo {
        facts.push(fact("Simulated Spotify", demo.simulator_url.clone(), "in the demo only"));
    }
    facts
}
