//! `reprise invite`

use reprise_core::onboard;
use reprise_core::ports::Role;
use reprise_domain::time::days;
use serde_json::json;

use crate::house::House;
use crate::out::Out;
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// For whom, as a note to yourself
    note: Option<String>,
    /// Whoever uses it may invite others and sees the installation's state
    #[arg(long)]
    admin: bool,
    /// How many days it lasts
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..=365))]
    days: u64,
}

pub(crate) async fn run(args: &Args, settings: &Settings, out: Out) -> anyhow::Result<()> {
    anyhow::ensure!(
        settings.knows_address(),
        "a sign-up link needs the site's address: set REPRISE_BASE_URL to the one among the stack's outputs"
    );
    let house = House::open_to_work(settings).await?;
    let role = if args.admin { Role::Admin } else { Role::Listener };
    let made = onboard::invite(&house.core, role, args.note.clone(), days(args.days)).await?;
    let expires = made.invite.expires;
    out.say(&made.link, &json!({ "url": made.link, "expires": expires, "role": role }));
    out.note(format!("Good for one person, until {}. It is shown only here.", expires.strftime("%-d %B %Y")));
    house.close().await;
    Ok(())
}
