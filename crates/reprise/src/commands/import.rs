//! `reprise import`

use std::path::PathBuf;

use super::moving;
use crate::out::Out;
use crate::settings::Settings;

/// Bring a whole installation in, from the file that `reprise export --all` wrote.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A whole installation: listeners, tokens, ledger, calendar. Everything is read and compared first;
    /// interrupted, the same command goes on
    #[arg(long, required_unless_present = "open", requires = "file")]
    all: bool,
    /// The file
    #[arg(conflicts_with = "open")]
    file: Option<PathBuf>,
    /// Read the passphrase from this file's first line (else `REPRISE_EXPORT_PASSPHRASE`, else you
    /// are asked)
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Let this installation work: after a copy was brought in, or when a move was called off
    #[arg(long, conflicts_with = "all")]
    open: bool,
    /// No other installation works for these listeners
    #[arg(long, requires = "open")]
    yes: bool,
}

pub(crate) async fn run(args: &Args, settings: &Settings, out: Out) -> anyhow::Result<()> {
    match &args.file {
        Some(file) => moving::import(file, args.passphrase_file.as_deref(), settings, out).await,
        None => moving::open(args.yes, settings, out).await,
    }
}
