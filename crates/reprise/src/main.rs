//! Reprise on one machine: the command line, the server and its timers.

mod commands;
#[cfg(feature = "demo")]
mod demo;
#[cfg(feature = "aws")]
mod deployed;
#[cfg(feature = "demo")]
mod embedded;
mod house;
mod out;
mod passphrase;
mod serve;
mod settings;
mod timers;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use self::commands::Cli;
use self::settings::Settings;

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            out::error(&error);
            ExitCode::FAILURE
        }
    }
}

fn start() -> anyhow::Result<()> {
    let cli = Cli::parse();
    dotenvy::dotenv().or_else(|error| if error.not_found() { Ok("".into()) } else { Err(error) })?;
    log(cli.verbose);
    let settings = Settings::read(&settings::environment)?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(commands::run(cli, settings))
}

/// Logs go to standard error: standard output is the commands'.
fn log(verbose: bool) {
    let default = if verbose {
        "reprise=debug,reprise_core=debug,reprise_web=debug,info"
    } else {
        "warn,reprise=info,reprise_core=info,reprise_web=info"
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
