//! Reprise as functions of Lambda: one binary, whose role a setting names.
//!
//! A role is one file: an event comes in, a use case is called, an answer goes out.

mod archive;
mod around;
mod events;
mod house;
mod init;
mod metrics;
mod settings;
mod time;
mod web;

use std::process::ExitCode;
use std::sync::Arc;

use lambda_runtime::{Runtime, service_fn};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use self::around::Around;
use self::house::House;
use self::settings::{Role, Settings, environment};

fn main() -> ExitCode {
    log();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(run())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            init::failed(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    let settings = Settings::read(&environment)?;
    if let Some(setting) = &settings.choices.test.kill {
        reprise_core::machine::arm(setting)?;
    }
    let role = settings.role;
    let house = Arc::new(House::open(settings).await?);
    let around = Around::new(Arc::clone(&house));
    let served = match role {
        Role::Web => {
            let pages = Arc::new(web::Pages::new(house));
            let answer = service_fn(move |event| web::answer(Arc::clone(&pages), event));
            Runtime::new(answer).layer(around).run().await
        }
        Role::Archive => {
            let answer = service_fn(move |event| archive::answer(Arc::clone(&house), event));
            Runtime::new(answer).layer(around).run().await
        }
    };
    served.map_err(anyhow::Error::from_boxed)
}

/// One JSON object a line on standard output, which is where Lambda takes logs and metrics from.
fn log() {
    let usual = "warn,reprise_lambda=info,reprise_core=info,reprise_web=info,reprise_aws=info";
    let wanted: Option<Targets> = environment("RUST_LOG").and_then(|wanted| wanted.parse().ok());
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(std::io::stdout);
    let wanted = wanted.or_else(|| usual.parse().ok()).unwrap_or_default();
    tracing_subscriber::registry().with(lines).with(wanted).init();
}
