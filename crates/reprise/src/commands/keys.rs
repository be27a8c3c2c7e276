//! `reprise keys`

use clap::Subcommand;
use serde_json::json;

use crate::house::{House, key_path};
use crate::out::Out;
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Put a new key into the key file and protect everything stored with it
    ///
    /// Stop the server first. Data keys are wrapped anew; listeners notice nothing. Afterwards make
    /// a new backup of the key file: the old one does not open what is stored from now on.
    Rotate,
}

pub(crate) async fn run(args: &Args, settings: &Settings, out: Out) -> anyhow::Result<()> {
    let Action::Rotate = args.action;
    let house = House::open(settings).await?;
    house.key_file()?.rotate()?;
    let count = house.core.vault.rewrap().await?;
    let file = key_path(settings);
    out.say(
        format!("{count} data keys are wrapped anew; make a new backup of {}", file.display()),
        &json!({ "rewrapped": count, "key_file": file }),
    );
    house.close().await;
    Ok(())
}
