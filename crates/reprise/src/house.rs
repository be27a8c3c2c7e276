//! The parts of Reprise put together: store, key, clock, Spotify, core.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use jiff::Timestamp;
use reprise_core::machine::{Announcer, Background, SimulatedClock, SystemClock};
use reprise_core::ports::{Claim, Clock, Due, Notifier, StoreResult, Work, WorkKind};
use reprise_core::spotify::{ClientSecret, http};
use reprise_core::{Config, Core, Ports, SpotifyApp, moving};
use reprise_domain::archive::REQUEST_TIMEOUT;
use reprise_sql::{LocalKeyFile, SqlStore};
use tokio::sync::Notify;

use crate::settings::Settings;

/// Reprise, ready to serve or to be commanded.
pub(crate) struct House {
    pub(crate) core: Arc<Core>,
    /// Rings when work was put on the calendar in this process.
    pub(crate) bell: Arc<Bell>,
    /// `None` where a table and a key in AWS keep everything: nothing of either is open here.
    files: Option<Files>,
}

/// What keeps everything on this machine.
struct Files {
    store: Arc<SqlStore>,
    key: Arc<LocalKeyFile>,
}

impl House {
    /// The same, for what changes something for listeners: refused where the installation does not work.
    pub(crate) async fn open_to_work(settings: &Settings) -> anyhow::Result<Self> {
        let house = Self::open(settings).await?;
        moving::need_open(&house.core).await?;
        Ok(house)
    }

    /// Opens what the settings name, on the machine's clock or a test's.
    pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        match &settings.test.clock {
            Some(url) => {
                let clock = SimulatedClock::follow(url).await?;
                Self::open_with(settings, Arc::<SimulatedClock>::clone(&clock), Some(clock)).await
            }
            None => Self::open_with(settings, Arc::new(SystemClock::default()), None).await,
        }
    }

    pub(crate) async fn open_with(
        settings: &Settings,
        clock: Arc<dyn Clock>,
        simulated: Option<Arc<SimulatedClock>>,
    ) -> anyhow::Result<Self> {
        let notifier: Arc<dyn Notifier> =
            Arc::new(Announcer::new(settings.webhook_url.clone(), Background::default())?);
        let (mut ports, deployment, files) = furnish(settings, clock, notifier).await?;
        let bell = Arc::new(Bell { notify: Notify::new(), simulated });
        ports.due = Arc::new(RingingDue { inner: ports.due, bell: Arc::clone(&bell) });
        let config = Config {
            deployment,
            base_url: settings.base_url.clone(),
            signup: settings.signup,
            daily_calls: settings.daily_calls,
            time_zone: settings.time_zone.clone(),
        };
        // Commands that never call Spotify work without credentials.
        let (client_id, client_secret) =
            settings.credentials.clone().unwrap_or_else(|| (String::new(), ClientSecret::new("")));
        let app = SpotifyApp {
            client_id,
            client_secret,
            api_url: settings.api_url.clone(),
            accounts_url: settings.accounts_url.clone(),
        };
        let timeout = settings.test.timeout_ms.map_or(REQUEST_TIMEOUT, Duration::from_millis);
        let core = Arc::new(Core::new(ports, config, app, http::client(timeout)?));
        Ok(Self { core, bell, files })
    }

    /// The file with the key that protects stored tokens.
    pub(crate) fn key_file(&self) -> anyhow::Result<&LocalKeyFile> {
        let files = self.files.as_ref();
        files
            .map(|files| &*files.key)
            .context("the key of a deployed table is in KMS, which rotates it by itself")
    }

    /// Whether the data is in files on this machine, and not in AWS.
    pub(crate) fn is_local(&self) -> bool {
        self.files.is_some()
    }

    /// Waits for what is under way.
    pub(crate) async fn close(&self) {
        if let Some(files) = &self.files {
            files.store.close().await;
        }
    }
}

/// Opens the store and the key that the settings name; answers the installation's name with them.
async fn furnish(
    settings: &Settings,
    clock: Arc<dyn Clock>,
    notifier: Arc<dyn Notifier>,
) -> anyhow::Result<(Ports, String, Option<Files>)> {
    #[cfg(feature = "aws")]
    if let Some(table) = settings.database_url.as_deref().and_then(|url| url.strip_prefix("dynamodb:")) {
        let (ports, deployment) = crate::deployed::furnish(table, &settings.aws, clock, notifier).await?;
        return Ok((ports, deployment, None));
    }
    let url = database_url(settings)?;
    make_dir(&settings.data_dir)?;
    let store = Arc::new(SqlStore::open(&url).await?);
    let key = Arc::new(LocalKeyFile::open_or_create(key_path(settings))?);
    let ports = Ports::of(Arc::clone(&store), clock, Arc::<LocalKeyFile>::clone(&key), notifier);
    Ok((ports, "standalone".to_owned(), Some(Files { store, key })))
}

/// Creates the data directory for its owner only.
fn make_dir(dir: &Path) -> anyhow::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).with_context(|| {
        format!("the data directory {} cannot be made; set REPRISE_DATA_DIR to one that can", dir.display())
    })
}

fn database_url(settings: &Settings) -> anyhow::Result<String> {
    match &settings.database_url {
        None => Ok(format!("sqlite:{}", settings.data_dir.join("reprise.db").display())),
        Some(url) if url.starts_with("sqlite:") => Ok(url.clone()),
        Some(url) if url.starts_with("dynamodb:") => anyhow::bail!(
            "DATABASE_URL is {url:?}, and this build does not know DynamoDB: build with `cargo build --release -p reprise --features aws`"
        ),
        Some(url) => {
            let scheme = url.split(':').next().unwrap_or_default();
            anyhow::bail!("DATABASE_URL begins with {scheme:?}; this build keeps its data in sqlite:FILE")
        }
    }
}

pub(crate) fn key_path(settings: &Settings) -> PathBuf {
    settings.key_file.clone().unwrap_or_else(|| settings.data_dir.join("reprise.key"))
}

/// Wakes the timers when a page or a command of this process puts work on the calendar.
pub(crate) struct Bell {
    notify: Notify,
    simulated: Option<Arc<SimulatedClock>>,
}

impl Bell {
    pub(crate) async fn rung(&self) {
        self.notify.notified().await;
    }

    /// How long the timers may sleep at most: another process may have written to the calendar.
    pub(crate) fn longest_sleep(&self) -> Option<Duration> {
        self.simulated.is_none().then_some(Duration::from_mins(1))
    }

    async fn ring(&self) {
        if let Some(clock) = &self.simulated {
            // Before the page answers, so that a test that pushes time next waits for us.
            clock.busy().await;
        }
        self.notify.notify_one();
    }
}

/// A calendar that rings when something is put on it.
struct RingingDue {
    inner: Arc<dyn Due>,
    bell: Arc<Bell>,
}

#[async_trait]
impl Due for RingingDue {
    async fn schedule(&self, work: &Work, at: Timestamp) -> StoreResult<()> {
        self.inner.schedule(work, at).await?;
        self.bell.ring().await;
        Ok(())
    }

    async fn claim(
        &self,
        kind: WorkKind,
        now: Timestamp,
        lease: Duration,
        limit: usize,
    ) -> StoreResult<Vec<Claim>> {
        self.inner.claim(kind, now, lease, limit).await
    }

    async fn claim_now(&self, work: &Work, now: Timestamp, lease: Duration) -> StoreResult<Option<Claim>> {
        self.inner.claim_now(work, now, lease).await
    }

    async fn take_over(&self, claim: &Claim, now: Timestamp, lease: Duration) -> StoreResult<Option<Claim>> {
        self.inner.take_over(claim, now, lease).await
    }

    async fn finish(&self, claim: &Claim, next: Option<Timestamp>) -> StoreResult<bool> {
        self.inner.finish(claim, next).await
    }

    async fn next_due(&self, kind: WorkKind) -> StoreResult<Option<Timestamp>> {
        self.inner.next_due(kind).await
    }

    async fn due_at(&self, work: &Work) -> StoreResult<Option<Timestamp>> {
        self.inner.due_at(work).await
    }
}

#[cfg(all(test, not(feature = "aws")))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_deployed_table_needs_another_build_and_leaves_nothing_here() {
        let dir = std::env::temp_dir().join(format!("reprise-no-aws-{}", std::process::id()));
        let get = |name: &str| match name {
            "DATABASE_URL" => Some("dynamodb:reprise".to_owned()),
            "REPRISE_DATA_DIR" => Some(dir.display().to_string()),
            _ => None,
        };
        let settings = Settings::read(&get).unwrap();
        let error = House::open(&settings).await.err().unwrap().to_string();
        assert!(error.contains("dynamodb:reprise") && error.contains("--features aws"), "{error}");
        assert!(!dir.exists());
    }
}
