//! `reprise users`

use clap::Subcommand;
use reprise_core::ports::{User, Written};
use reprise_core::{onboard, session};
use serde_json::json;

use super::{all_users, find_user};
use crate::house::House;
use crate::out::Out;
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List all listeners (the default)
    List,
    /// Stop archiving for a listener and sign them out; everything is kept
    Disable {
        /// Id, Spotify id or name
        who: String,
    },
    /// Undo `disable`
    Enable {
        /// Id, Spotify id or name
        who: String,
    },
    /// End every session of a listener
    SignOut {
        /// Id, Spotify id or name
        who: String,
    },
    /// Try a listener's quarantined consent once more
    TryAgain {
        /// Id, Spotify id or name
        who: String,
    },
    /// Erase everything of a listener, at once and for good; their playlists at Spotify stay
    Erase {
        /// Id, Spotify id or name
        who: String,
        /// Really
        #[arg(long)]
        yes: bool,
    },
}

pub(crate) async fn run(args: Args, settings: &Settings, out: Out) -> anyhow::Result<()> {
    let action = args.action.unwrap_or(Action::List);
    let house = match action {
        Action::List => House::open(settings).await?,
        _ => House::open_to_work(settings).await?,
    };
    let core = &house.core;
    match action {
        Action::List => list(&house, out).await?,
        Action::Disable { who } => switch(&house, &who, true, out).await?,
        Action::Enable { who } => switch(&house, &who, false, out).await?,
        Action::SignOut { who } => {
            let user = find_user(&house, &who).await?;
            session::end_all(core, &user.id).await?;
            out.say(
                format!("{} is signed out everywhere", name(&user)),
                &json!({ "user": user.id, "signed_out": true }),
            );
        }
        Action::TryAgain { who } => {
            let user = find_user(&house, &who).await?;
            core.grants.try_again(&user.id).await?;
            for source in core.ports.sources.sources(&user.id).await? {
                let work = reprise_core::archive::work(&user.id, &source.value.id);
                core.ports.due.schedule(&work, core.ports.clock.now()).await?;
            }
            out.say(
                format!("{}'s consent is tried with the next run, which is due now", name(&user)),
                &json!({ "user": user.id }),
            );
        }
        Action::Erase { who, yes } => {
            let user = find_user(&house, &who).await?;
            if !yes {
                anyhow::bail!("this erases everything of {} for good; say so with --yes", name(&user));
            }
            let erased = onboard::leave(core, &user.id).await?;
            let words: Vec<String> =
                erased.records.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
            out.say(
                format!("erased of {}: {}", name(&user), words.join(", ")),
                &json!({ "user": user.id, "erased": erased.records }),
            );
        }
    }
    house.close().await;
    Ok(())
}

async fn list(house: &House, out: Out) -> anyhow::Result<()> {
    let users = all_users(house).await?;
    for user in &users {
        let grant = house.core.ports.tokens.grant(&user.id).await?.map(|read| read.value);
        let state = match &grant {
            _ if user.disabled => "switched off",
            Some(grant) => grant.state.name(),
            None => "no consent",
        };
        let until = grant.as_ref().map(|grant| grant.reauth_by);
        let until_words =
            until.map_or_else(String::new, |until| format!(", consent until {}", until.strftime("%Y-%m-%d")));
        out.say(
            format!("{}  {}  {:?}, {state}{until_words}", user.id, name(user), user.role),
            &json!({
                "id": user.id, "spotify_id": user.spotify_id, "name": user.display_name, "role": user.role,
                "since": user.since, "disabled": user.disabled, "consent": state, "consent_until": until,
            }),
        );
    }
    if users.is_empty() {
        out.note("Nobody has signed up yet. `reprise invite` makes a sign-up link.");
    }
    Ok(())
}

async fn switch(house: &House, who: &str, disabled: bool, out: Out) -> anyhow::Result<()> {
    let user = find_user(house, who).await?;
    let users = &house.core.ports.users;
    while let Some(mut read) = users.user(&user.id).await? {
        read.value.disabled = disabled;
        read.value.session_epoch += u64::from(disabled);
        if let Written::At(_) = users.put_user(&read.value, read.version).await? {
            break;
        }
    }
    if !disabled {
        onboard::reschedule(&house.core, &user).await?;
    }
    let state = if disabled { "switched off" } else { "switched on" };
    out.say(format!("{} is {state}", name(&user)), &json!({ "user": user.id, "disabled": disabled }));
    Ok(())
}

fn name(user: &User) -> String {
    user.display_name.clone().unwrap_or_else(|| user.spotify_id.to_string())
}
