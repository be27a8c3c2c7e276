//! Serves the simulation on an address given as the first argument (default `127.0.0.1:0`), with
//! the demo's listeners and one app for each world.

use spotify_sim::{Client, Sim, SimConfig, World};
use std::io::Write;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bind = std::env::args().nth(1);
    let addr = bind.as_deref().unwrap_or("127.0.0.1:0").parse()?;
    let sim = Sim::new(SimConfig::default());
    sim.add_demo(World::Development);
    sim.add_client(Client::new("extended", "extended-secret", World::Extended));
    let server = sim.serve(addr).await?;
    writeln!(std::io::stdout(), "listening on {}", server.url())?;
    server.join().await;
    Ok(())
}
