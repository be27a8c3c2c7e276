//! The command line.

mod archive;
mod doctor;
mod export;
mod import;
mod invite;
mod keys;
mod moving;
#[cfg(feature = "demo")]
mod sim;
mod users;

use anyhow::Context;
use clap::{CommandFactory, Parser, Subcommand};
use reprise_core::ports::User;

use crate::house::House;
use crate::out::Out;
use crate::settings::Settings;

/// Keeps the music that Spotify forgets: every Discover Weekly in a playlist of the listener's own,
/// exactly once.
///
/// Settings are environment variables, or lines of a file `.env` in the working directory; the README
/// lists them.
#[derive(Debug, Parser)]
#[command(name = "reprise", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// One JSON object a line on standard output, for programs
    #[arg(long, global = true)]
    json: bool,
    /// Log more on standard error
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the pages and do the work; without Spotify credentials, as a demo
    Serve,
    /// Make a one-time sign-up link
    Invite(invite::Args),
    /// List, switch off, sign out or erase listeners
    Users(users::Args),
    /// Archive now, or look at, feed, adopt and rebuild an archive
    Archive(archive::Args),
    /// Write the archive's ledger as JSON or CSV, or a whole installation into one sealed file
    Export(export::Args),
    /// Bring a whole installation in
    Import(import::Args),
    /// Check this installation and say what to mend
    Doctor,
    /// Look after the key that protects stored tokens
    Keys(keys::Args),
    /// Run a simulated Spotify on a port of its own
    #[cfg(feature = "demo")]
    Sim(sim::Args),
    /// Write shell completions to standard output
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// Runs the command.
pub(crate) async fn run(cli: Cli, settings: Settings) -> anyhow::Result<()> {
    let out = Out::of(cli.json);
    match cli.command {
        #[cfg(feature = "demo")]
        Command::Serve if settings.credentials.is_none() && !settings.is_deployed() => {
            crate::demo::run(settings, out).await
        }
        Command::Serve => crate::serve::run(settings, out).await,
        Command::Invite(args) => invite::run(&args, &settings, out).await,
        Command::Users(args) => users::run(args, &settings, out).await,
        Command::Archive(args) => archive::run(args, &settings, out).await,
        Command::Export(args) => export::run(&args, &settings, out).await,
        Command::Import(args) => import::run(&args, &settings, out).await,
        Command::Doctor => doctor::run(&settings, out).await,
        Command::Keys(args) => keys::run(&args, &settings, out).await,
        #[cfg(feature = "demo")]
        Command::Sim(args) => sim::run(args, out).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "reprise", &mut script);
            Ok(crate::out::raw(&script)?)
        }
    }
}

/// Every listener, page by page.
async fn all_users(house: &House) -> anyhow::Result<Vec<User>> {
    let mut users: Vec<User> = Vec::new();
    loop {
        let page = house.core.ports.users.users(users.last().map(|user| &user.id), 200).await?;
        if page.is_empty() {
            return Ok(users);
        }
        users.extend(page);
    }
}

/// The listener that `who` names: by our id, by Spotify's, or by the name shown if only one has it.
async fn find_user(house: &House, who: &str) -> anyhow::Result<User> {
    let users = all_users(house).await?;
    let by_id = users.iter().find(|user| user.id.as_str() == who || user.spotify_id.as_str() == who);
    if let Some(user) = by_id {
        return Ok(user.clone());
    }
    let mut named = users.iter().filter(|user| user.display_name.as_deref() == Some(who));
    match (named.next(), named.next()) {
        (Some(user), None) => Ok(user.clone()),
        (Some(_), Some(_)) => anyhow::bail!(
            "several listeners are called {who:?}; name one by its id (`reprise users` lists them)"
        ),
        (None, _) => anyhow::bail!("there is no listener {who:?}; `reprise users` lists them"),
    }
}

/// Refuses commands that call Spotify where there are no credentials.
fn need_credentials(settings: &Settings) -> anyhow::Result<()> {
    settings.credentials.as_ref().map(drop).context(
        "this command calls Spotify: set SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET (both are on the app's page in Spotify's developer dashboard)",
    )
}
