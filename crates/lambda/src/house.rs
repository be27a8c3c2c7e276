//! The parts of a deployed Reprise put together; nobody else here knows AWS.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use reprise_aws::{Aws, DynamoStore, SqsQueue};
use reprise_core::machine::{Announcer, Background, SimulatedClock, SystemClock};
use reprise_core::spotify::{ClientSecret, http};
use reprise_core::{Config, Core, Deadline, Ports, SpotifyApp};
use reprise_domain::archive::REQUEST_TIMEOUT;
use secrecy::ExposeSecret;
use tokio::sync::OnceCell;
use url::Url;

use crate::metrics::{CountedAlerts, CountedCalls, Tally};
use crate::settings::Settings;
use crate::time::Time;

/// What one function has: made once, shared by all its events.
pub(crate) struct House {
    pub(crate) settings: Settings,
    pub(crate) time: Time,
    pub(crate) tally: Arc<Tally>,
    background: Background,
    aws: Aws,
    store: Arc<DynamoStore>,
    core: OnceCell<Arc<Core>>,
}

impl House {
    /// Nothing is asked of anybody here, but of a test's clock.
    pub(crate) async fn open(settings: Settings) -> anyhow::Result<Self> {
        let time = match &settings.choices.test.clock {
            Some(url) => Time::Simulated(SimulatedClock::follow(url).await?),
            None => Time::System(Arc::new(SystemClock::default())),
        };
        let aws = Aws::from_env().await;
        let store = Arc::new(aws.store(&settings.table, settings.due_partitions));
        let (tally, background) = (Arc::default(), Background::default());
        Ok(Self { settings, time, tally, background, aws, store, core: OnceCell::new() })
    }

    /// The calendar.
    pub(crate) fn due(&self) -> &DynamoStore {
        &self.store
    }

    /// The queue to the workers, where this function is a dispatcher.
    pub(crate) fn queue(&self) -> Option<SqsQueue> {
        self.settings.queue_url.as_deref().map(|url| self.aws.queue(url))
    }

    /// How long a request to Spotify may take.
    pub(crate) fn request_timeout(&self) -> Duration {
        self.settings.choices.test.timeout_ms.map_or(REQUEST_TIMEOUT, Duration::from_millis)
    }

    /// The use cases, put together when first needed: that is when the client secret is read.
    pub(crate) async fn core(&self) -> anyhow::Result<&Arc<Core>> {
        self.core.get_or_try_init(|| self.furnish()).await
    }

    async fn furnish(&self) -> anyhow::Result<Arc<Core>> {
        let settings = &self.settings;
        let choices = &settings.choices;
        let announcer = Announcer::new(choices.webhook_url.clone(), self.background.clone())?;
        let notifier = CountedAlerts { inner: Arc::new(announcer), tally: Arc::clone(&self.tally) };
        let key_wrap = self.aws.key_wrap(&settings.key_id, &settings.deployment);
        let mut ports =
            Ports::of(Arc::clone(&self.store), self.time.clock(), Arc::new(key_wrap), Arc::new(notifier));
        ports.budget = Arc::new(CountedCalls { inner: ports.budget, tally: Arc::clone(&self.tally) });
        ports.background = self.background.clone();
        let config = Config {
            deployment: settings.deployment.clone(),
            // Workers send nobody anywhere; pages are built for the address that is asked.
            base_url: settings.base_url.clone().unwrap_or_else(nowhere),
            signup: choices.signup,
            daily_calls: choices.daily_calls,
            time_zone: choices.time_zone.clone(),
        };
        let secret = self
            .aws
            .parameter(&settings.client_secret_parameter)
            .await
            .context("SPOTIFY_CLIENT_SECRET_PARAMETER names a parameter that cannot be used")?;
        let app = SpotifyApp {
            client_id: settings.client_id.clone(),
            client_secret: ClientSecret::new(secret.expose_secret()),
            api_url: choices.api_url.clone(),
            accounts_url: choices.accounts_url.clone(),
        };
        Ok(Arc::new(Core::new(ports, config, app, http::client(self.request_timeout())?)))
    }

    /// Ends an event whose answer is sent: what goes on in the background ends by itself or, shortly
    /// before the function would be killed, where it stands. Nothing is left to be frozen.
    pub(crate) async fn settle(&self, deadline: Deadline) {
        let left = deadline.left(&self.time.clock().mark());
        if tokio::time::timeout(left, self.background.idle()).await.is_err() {
            tracing::warn!("what an answer left to do was not done in time; the next run goes on");
            self.background.abandon().await;
        }
        self.tally.write(&self.settings.deployment, self.time.clock().now());
    }
}

/// An address that leads nowhere.
fn nowhere() -> Url {
    Url::parse("https://reprise.invalid").expect("it is a URL")
}
