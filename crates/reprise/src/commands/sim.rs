//! `reprise sim`

use std::net::SocketAddr;

use clap::ValueEnum;
use jiff::Timestamp;
use reprise_core::machine::SystemClock;
use reprise_core::ports::Clock;
use serde_json::json;
use spotify_sim::{ClockMode, Sim, SimConfig, World};

use crate::out::Out;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:9090")]
    bind: SocketAddr,
    /// What apps may do: `extended` reads Discover Weekly, `development` (of 2026) may not
    #[arg(long, value_enum, default_value_t = WorldArg::Extended)]
    world: WorldArg,
    /// Begin at this instant instead of now, and stand still until told (see its README)
    #[arg(long)]
    start: Option<Timestamp>,
    /// What the random parts of the simulation are drawn from
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum WorldArg {
    Development,
    Extended,
}

pub(crate) async fn run(args: Args, out: Out) -> anyhow::Result<()> {
    let world = match args.world {
        WorldArg::Development => World::Development,
        WorldArg::Extended => World::Extended,
    };
    let (start, mode) = match args.start {
        Some(start) => (start, ClockMode::Pushed),
        None => (SystemClock::default().now(), ClockMode::Real),
    };
    let sim = Sim::new(SimConfig { seed: args.seed, start, mode, ..SimConfig::default() });
    sim.add_demo(world);
    sim.welcome_any_client(world);
    let server = sim.serve(args.bind).await?;
    let url = server.url();
    out.say(format!("listening on {url}"), &json!({ "event": "listening", "url": url }));
    out.note("Any client id and secret will do. For Reprise:");
    out.note(format!("  SPOTIFY_CLIENT_ID=demo SPOTIFY_CLIENT_SECRET=demo SPOTIFY_API_URL={url}/v1 SPOTIFY_ACCOUNTS_URL={url} reprise serve"));
    tokio::signal::ctrl_c().await?;
    server.shutdown().await;
    Ok(())
}
