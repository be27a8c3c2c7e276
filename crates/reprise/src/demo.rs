//! `serve` without credentials: a simulated Spotify in the same process, with listeners whose last
//! weeks are archived by the real code before the first page is shown.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context;
use jiff::Timestamp;
use reprise_core::machine::SystemClock;
use reprise_core::ports::{Clock, Role};
use reprise_core::spotify::ClientSecret;
use reprise_core::{Core, checklist, onboard};
use reprise_domain::time::{days, earlier, hours, later};
use reprise_web::{Demo, Site};
use serde_json::json;
use spotify_sim::{ClockMode, Sim, SimConfig, World};

use crate::embedded::EmbeddedClock;
use crate::house::House;
use crate::out::Out;
use crate::serve;
use crate::settings::Settings;
use crate::timers;

/// The app that the simulator knows.
const CLIENT_ID: &str = "reprise-demo";
const CLIENT_SECRET: &str = "reprise-demo-secret";

/// Listeners who have been here for weeks; the others can sign up anew.
const OLD_HANDS: [&str; 2] = ["ada", "chen"];

/// Serves the demo; its data lives in a directory that is gone afterwards.
pub(crate) async fn run(mut settings: Settings, out: Out) -> anyhow::Result<()> {
    let dir = tempfile::tempdir().context("the demo needs a temporary directory")?;
    settings.data_dir = dir.path().to_owned();
    settings.database_url = None;
    settings.key_file = None;
    let listener = serve::listen(&mut settings).await?;
    // The simulator counts in milliseconds.
    let now = Timestamp::from_millisecond(SystemClock::default().now().as_millisecond())?;
    let sim = Sim::new(SimConfig {
        start: three_weeks_before(now),
        mode: ClockMode::Pushed,
        ..SimConfig::default()
    });
    sim.add_demo(World::Extended);
    let spotify = sim.serve(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    settings.credentials = Some((CLIENT_ID.to_owned(), ClientSecret::new(CLIENT_SECRET)));
    settings.api_url = format!("{}/v1", spotify.url()).parse()?;
    settings.accounts_url = spotify.url().parse()?;
    let house = House::open_with(&settings, Arc::new(EmbeddedClock(sim.clock())), None).await?;
    live_through(&house, &sim, now).await?;
    let link =
        onboard::invite(&house.core, Role::Admin, Some("demo".to_owned()), onboard::INVITE_LASTS).await?.link;
    serve::say_listening(out, &settings);
    serve::say_link(out, &link);
    let url = spotify.url();
    out.say(format!("demo: simulated Spotify at {url}"), &json!({ "event": "demo", "spotify": url }));
    let demo = Demo { signup_link: Some(link), resident: Some("Ada".to_owned()), simulator_url: url };
    let site = Site::new(Arc::clone(&house.core)).with_image_origin(&settings.accounts_url).with_demo(demo);
    serve::serve(listener, Arc::new(house), site).await
}

/// Shortly after the turn of the week three weeks ago, so that three whole weeks have passed.
fn three_weeks_before(now: Timestamp) -> Timestamp {
    let turn = reprise_domain::archive::Turn::default().last(now);
    later(earlier(turn, days(21)), hours(2))
}

/// Signs the old hands up and lets the weeks pass, then lets time run by itself.
async fn live_through(house: &House, sim: &Sim, now: Timestamp) -> anyhow::Result<()> {
    for name in OLD_HANDS {
        sign_up(&house.core, sim, name).await?;
    }
    let clock = sim.clock();
    while clock.now() < now {
        let due = timers::run_due(house).await?;
        clock.advance_to(due.map_or(now, |due| due.min(now)), hours(1)).await?;
    }
    clock.set_mode(ClockMode::Real);
    Ok(())
}

async fn sign_up(core: &Core, sim: &Sim, name: &str) -> anyhow::Result<()> {
    let invite = onboard::invite(core, Role::Listener, None, onboard::INVITE_LASTS).await?;
    let secret = invite.link.rsplit('/').next();
    let started = onboard::start(core, secret, None, None, None).await?;
    let location = sim.consent(started.authorize_url.as_str(), name).map_err(anyhow::Error::msg)?;
    let returned = onboard::Returned::parse(&location).context("the simulated Spotify sent nobody back")?;
    let arrived = onboard::finish(core, Some(&started.cookie.0), returned).await?;
    checklist::run(core, &arrived.user.id).await?;
    Ok(())
}
