//! `reprise archive`

use std::io::Read;

use anyhow::Context;
use clap::Subcommand;
use reprise_core::archive;
use reprise_core::ports::{Run, RunOutcome, User};
use reprise_domain::archive::Rung;
use reprise_domain::ids::{PlaylistId, SourceId};
use reprise_domain::paste;
use serde_json::json;

use super::{all_users, find_user, need_credentials};
use crate::house::House;
use crate::out::Out;
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this listener: id, Spotify id or name
    #[arg(long, global = true)]
    user: Option<String>,
    /// Which source; `reprise archive status` lists them
    #[arg(long, global = true, default_value = "discover-weekly")]
    source: String,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Look now and archive what is new (the default)
    Run {
        /// Say what would be added, and change nothing anywhere
        #[arg(long)]
        dry_run: bool,
    },
    /// What has been archived, week by week
    Status,
    /// Hand in track links: from a file, or from standard input
    Paste {
        /// The file; `-` is standard input
        #[arg(default_value = "-")]
        file: String,
    },
    /// Make an existing playlist of the listener's the archive
    Adopt {
        /// Its link, URI or id
        playlist: String,
    },
    /// Make a deleted archive again, in order
    Rebuild,
}

pub(crate) async fn run(args: Args, settings: &Settings, out: Out) -> anyhow::Result<()> {
    let action = args.action.unwrap_or(Action::Run { dry_run: false });
    let house = match action {
        Action::Status => House::open(settings).await?,
        _ => House::open_to_work(settings).await?,
    };
    let source = SourceId::new(args.source);
    let users = match &args.user {
        Some(who) => vec![find_user(&house, who).await?],
        None => all_users(&house).await?,
    };
    match action {
        Action::Status => status(&house, &users, &source, out).await?,
        Action::Run { dry_run } => {
            need_credentials(settings)?;
            let bar = out.progress(users.len() as u64, "listeners");
            for user in &users {
                if dry_run {
                    preview(&house, user, &source, out).await?;
                } else {
                    run_one(&house, user, &source, out).await?;
                }
                bar.inc(1);
            }
            bar.finish_and_clear();
        }
        Action::Paste { file } => {
            let text = read_text(&file)?;
            hand_in(&house, one(&users)?, &source, &text, out).await?;
        }
        Action::Adopt { playlist } => {
            need_credentials(settings)?;
            let playlist: PlaylistId = playlist.parse()?;
            let target = archive::adopt(&house.core, &one(&users)?.id, &source, &playlist).await?;
            out.say(
                format!(
                    "\"{}\" is the archive from now on; what is in it is read once before anything is added",
                    target.name
                ),
                &json!({ "playlist": target.playlist, "name": target.name }),
            );
        }
        Action::Rebuild => {
            let waiting = archive::rebuild(&house.core, &one(&users)?.id, &source).await?;
            out.say(
                format!(
                    "{waiting} tracks wait for a new playlist; the next run, due now, begins with the oldest"
                ),
                &json!({ "waiting": waiting }),
            );
        }
    }
    house.close().await;
    Ok(())
}

fn one(users: &[User]) -> anyhow::Result<&User> {
    match users {
        [user] => Ok(user),
        [] => anyhow::bail!("nobody has signed up yet; `reprise invite` makes a sign-up link"),
        _ => anyhow::bail!("there are several listeners; name one with --user"),
    }
}

fn read_text(file: &str) -> anyhow::Result<String> {
    if file != "-" {
        return std::fs::read_to_string(file).with_context(|| format!("{file} cannot be read"));
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("standard input is not text")?;
    Ok(text)
}

async fn run_one(house: &House, user: &User, source: &SourceId, out: Out) -> anyhow::Result<()> {
    let run = archive::run_now(&house.core, &user.id, source).await?;
    let words = match &run {
        None => "is being archived by another process, is switched off, or has no such source".to_owned(),
        Some(Run { outcome: RunOutcome::NothingNew, calls, .. }) => format!("nothing new ({calls} calls)"),
        Some(Run { outcome: RunOutcome::Worked { found, added, .. }, calls, .. }) => {
            format!("{found} tracks found, {added} added ({calls} calls)")
        }
        Some(Run { outcome: RunOutcome::Failed { why }, calls, .. }) => format!("{why} ({calls} calls)"),
    };
    out.say(format!("{}: {words}", user.spotify_id), &json!({ "user": user.id, "run": run }));
    Ok(())
}

async fn preview(house: &House, user: &User, source: &SourceId, out: Out) -> anyhow::Result<()> {
    let preview = archive::preview(&house.core, &user.id, source).await?;
    let how = preview.rung.map_or("could not be read", Rung::word);
    let new = if preview.is_new { "a list not seen before" } else { "a list already known" };
    let count = preview.additions.len();
    let tracks: Vec<_> =
        preview.additions.iter().map(|(uri, title)| json!({ "uri": uri, "title": title })).collect();
    out.say(
        format!("{}: {how}; {new}; would add {count}, has {} already", user.spotify_id, preview.known),
        &json!({ "user": user.id, "rung": preview.rung, "new": preview.is_new, "known": preview.known, "would_add": tracks }),
    );
    for (uri, title) in preview.additions {
        out.note(format!("  {}", title.unwrap_or_else(|| uri.link())));
    }
    Ok(())
}

async fn hand_in(house: &House, user: &User, source: &SourceId, text: &str, out: Out) -> anyhow::Result<()> {
    let pasted = paste::parse(text);
    for wrong in &pasted.unrecognised {
        out.note(format!("line {}: {:?} is no track link", wrong.line, wrong.text));
    }
    if pasted.tracks.len() > paste::MAX_PASTED {
        anyhow::bail!("{} tracks at once; at most {} make one list", pasted.tracks.len(), paste::MAX_PASTED);
    }
    if pasted.tracks.is_empty() {
        anyhow::bail!(
            "there is no track link in it; in Spotify's desktop client select the list, copy, and paste that"
        );
    }
    archive::hand_in(&house.core, &user.id, source, Rung::Pasted, &pasted.tracks).await?;
    let unrecognised: Vec<_> =
        pasted.unrecognised.iter().map(|wrong| json!({ "line": wrong.line, "text": wrong.text })).collect();
    out.say(
        format!("{} tracks handed in; they are archived with the next run, due now", pasted.tracks.len()),
        &json!({ "tracks": pasted.tracks.len(), "repeated": pasted.repeated, "unrecognised": unrecognised }),
    );
    Ok(())
}

async fn status(house: &House, users: &[User], source: &SourceId, out: Out) -> anyhow::Result<()> {
    for user in users {
        out.note(format!("{}", user.spotify_id));
        let known = house.core.ports.ledger.generations(&user.id, source, None, usize::MAX).await?;
        for generation in known.into_iter().rev().map(|read| read.value) {
            let how: Vec<String> =
                generation.by_rung().iter().map(|(rung, count)| format!("{count} {}", rung.word())).collect();
            out.say(
                format!(
                    "  {}  {} of {}  {}  {}",
                    generation.label,
                    generation.archived(),
                    generation.expected.count(),
                    how.join(", "),
                    generation.step.name()
                ),
                &json!({
                    "user": user.id, "week": generation.label, "number": generation.number,
                    "archived": generation.archived(), "expected": generation.expected,
                    "found": generation.tracks.len(), "step": generation.step.name(),
                }),
            );
        }
    }
    Ok(())
}
