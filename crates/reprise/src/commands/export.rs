//! `reprise export`

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::ValueEnum;
use reprise_core::ports::User;
use reprise_domain::archive::{Fate, Found, Generation};
use reprise_domain::ids::SourceId;
use serde::Serialize;

use super::{all_users, find_user, moving};
use crate::house::House;
use crate::out::{self, Out};
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Shape of the output
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// Only this listener: id, Spotify id or name
    #[arg(long)]
    user: Option<String>,
    /// Write to this file instead of standard output
    #[arg(long, short)]
    output: Option<PathBuf>,
    /// The whole installation instead, sealed with a passphrase, for `reprise import --all` elsewhere
    #[arg(long, requires = "file", conflicts_with_all = ["format", "user", "output"])]
    all: bool,
    /// The file for --all; it must not be there yet
    #[arg(requires = "all")]
    file: Option<PathBuf>,
    /// With --all: stop working here first, for good. Without it the file is only a copy
    #[arg(long, requires = "all")]
    disable: bool,
    /// With --all: read the passphrase from this file's first line (else `REPRISE_EXPORT_PASSPHRASE`,
    /// else you are asked)
    #[arg(long, value_name = "FILE", requires = "all")]
    passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// One object a line, one line a track
    Json,
    /// A header, then one line a track
    Csv,
}

/// One archived (or waiting, or refused) track.
#[derive(Debug, Serialize)]
struct Row<'a> {
    user: &'a str,
    source: &'a str,
    week: String,
    generation: u32,
    place: usize,
    uri: &'a str,
    link: String,
    isrc: Option<&'a str>,
    duration_ms: Option<u32>,
    how_found: &'static str,
    found_at: String,
    state: &'static str,
    archived_at: Option<String>,
    title: Option<&'a str>,
    artists: Option<String>,
}

pub(crate) async fn run(args: &Args, settings: &Settings, out: Out) -> anyhow::Result<()> {
    if let Some(file) = &args.file {
        return moving::export(file, args.disable, args.passphrase_file.as_deref(), settings, out).await;
    }
    let house = House::open(settings).await?;
    let users = match &args.user {
        Some(who) => vec![find_user(&house, who).await?],
        None => all_users(&house).await?,
    };
    let mut bytes = Vec::new();
    let bar = out.progress(users.len() as u64, "listeners");
    let mut csv = csv::WriterBuilder::new().from_writer(Vec::new());
    for user in &users {
        for source in house.core.ports.sources.sources(&user.id).await? {
            for generation in generations(&house, user, &source.value.id).await? {
                let uris: Vec<_> = generation.tracks.iter().map(|found| found.identity.uri.clone()).collect();
                let tracks = house.core.ports.tracks.tracks(&uris, house.core.ports.clock.now()).await?;
                for (index, found) in generation.tracks.iter().enumerate() {
                    let track = tracks.iter().find(|track| track.uri == found.identity.uri);
                    let mut row = row(user, source.value.id.as_str(), &generation, index, found);
                    row.title = track.map(|track| track.title.as_str());
                    row.artists = track.map(|track| track.artists.join(", "));
                    match args.format {
                        Format::Json => writeln!(bytes, "{}", serde_json::to_string(&row)?)?,
                        Format::Csv => csv.serialize(&row)?,
                    }
                }
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if matches!(args.format, Format::Csv) {
        bytes = csv.into_inner().context("the export could not be written")?;
    }
    match &args.output {
        Some(file) => {
            std::fs::write(file, &bytes).with_context(|| format!("{} cannot be written", file.display()))?;
        }
        None => out::raw(&bytes)?,
    }
    house.close().await;
    Ok(())
}

async fn generations(house: &House, user: &User, source: &SourceId) -> anyhow::Result<Vec<Generation>> {
    let read = house.core.ports.ledger.generations(&user.id, source, None, usize::MAX).await?;
    Ok(read.into_iter().rev().map(|read| read.value).collect())
}

fn row<'a>(
    user: &'a User,
    source: &'a str,
    generation: &Generation,
    index: usize,
    found: &'a Found,
) -> Row<'a> {
    let (state, archived_at) = match &found.fate {
        Fate::Pending => ("waiting", None),
        Fate::Archived { at, .. } => ("archived", Some(at.to_string())),
        Fate::Earlier { .. } => ("archived-earlier", None),
        Fate::Present { .. } => ("was-there", None),
        Fate::Removed { .. } => ("removed", None),
        Fate::Refused => ("refused", None),
    };
    Row {
        user: user.spotify_id.as_str(),
        source,
        week: generation.label.to_string(),
        generation: generation.number,
        place: index + 1,
        uri: found.identity.uri.as_str(),
        link: found.identity.uri.link(),
        isrc: found.identity.isrc.as_ref().map(reprise_domain::ids::Isrc::as_str),
        duration_ms: found.identity.duration_ms,
        how_found: found.rung.word(),
        found_at: found.at.to_string(),
        state,
        archived_at,
        title: None,
        artists: None,
    }
}
