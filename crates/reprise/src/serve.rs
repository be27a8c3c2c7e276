//! The server: pages and timers, until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use reprise_core::machine::settings::is_loopback;
use reprise_core::onboard;
use reprise_web::Site;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::house::House;
use crate::out::Out;
use crate::settings::Settings;
use crate::timers;

/// Serves with the operator's own Spotify app.
pub(crate) async fn run(mut settings: Settings, out: Out) -> anyhow::Result<()> {
    if let Some(setting) = &settings.test.kill {
        reprise_core::machine::arm(setting)?;
    }
    if settings.is_deployed() {
        anyhow::bail!(
            "DATABASE_URL names a deployed table, which its own functions serve; to serve here, use sqlite:FILE"
        );
    }
    let listener = listen(&mut settings).await?;
    let house = Arc::new(House::open_to_work(&settings).await?);
    let link = onboard::bootstrap(&house.core).await?.map(|invite| invite.link);
    let mut site = Site::new(Arc::clone(&house.core));
    if is_loopback(&settings.api_url) {
        // A simulated Spotify serves its covers itself.
        site = site.with_image_origin(&settings.api_url);
    }
    say_listening(out, &settings);
    if let Some(link) = &link {
        say_link(out, link);
    }
    serve(listener, house, site).await
}

/// Binds, and learns the port where the settings leave it open.
pub(crate) async fn listen(settings: &mut Settings) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(settings.bind).await.with_context(|| {
        format!(
            "cannot listen on {}; if another program does, set REPRISE_BASE_URL (and REPRISE_BIND) to another port",
            settings.bind
        )
    })?;
    let bound: SocketAddr = listener.local_addr()?;
    if settings.base_url.port() == Some(0) {
        let _ = settings.base_url.set_port(Some(bound.port()));
    }
    Ok(listener)
}

pub(crate) fn say_listening(out: Out, settings: &Settings) {
    let url = settings.base_url.as_str().trim_end_matches('/');
    out.say(format!("listening on {url}"), &json!({ "event": "listening", "url": url }));
}

pub(crate) fn say_link(out: Out, link: &str) {
    out.say(format!("sign-up link {link}"), &json!({ "event": "signup-link", "url": link }));
}

/// Serves until SIGINT or SIGTERM; requests under way are finished, and runs go on from the ledger.
pub(crate) async fn serve(listener: TcpListener, house: Arc<House>, site: Site) -> anyhow::Result<()> {
    let timers = tokio::spawn(timers::run(Arc::clone(&house)));
    let app = reprise_web::router(site);
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let stop = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
    };
    axum::serve(listener, app).with_graceful_shutdown(stop).await?;
    timers.abort();
    house.close().await;
    Ok(())
}
