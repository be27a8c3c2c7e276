//! The timers of the standalone server: whatever is due is run, then they sleep until more is.

use std::sync::Arc;

use jiff::Timestamp;
use reprise_core::ports::{StoreResult, WorkKind};
use reprise_core::{archive, care};
use reprise_domain::time::{hours, later};

use crate::house::House;

/// So many listeners are looked after at once; each waits for Spotify most of the time.
const AT_ONCE: usize = 8;

/// After a failure of the store the timers try again in this.
const AFTER_FAILURE: std::time::Duration = std::time::Duration::from_secs(10);

/// Runs until the process ends.
pub(crate) async fn run(house: Arc<House>) {
    let clock = &house.core.ports.clock;
    loop {
        let due = match run_due(&house).await {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(%error, "due work could not be read");
                Some(later(clock.now(), AFTER_FAILURE))
            }
        };
        let longest = house.bell.longest_sleep().unwrap_or(hours(24));
        let at_the_latest = later(clock.now(), longest);
        tokio::select! {
            () = clock.sleep_until(due.map_or(at_the_latest, |due| due.min(at_the_latest))) => {}
            () = house.bell.rung() => {}
        }
    }
}

/// Runs all that is due; answers when something will be next.
pub(crate) async fn run_due(house: &House) -> StoreResult<Option<Timestamp>> {
    let core = &house.core;
    while archive::run_due(core, AT_ONCE).await? + care::run_due(core, AT_ONCE).await? > 0 {}
    let archive = core.ports.due.next_due(WorkKind::Archive).await?;
    let grant = core.ports.due.next_due(WorkKind::Grant).await?;
    Ok(archive.into_iter().chain(grant).min())
}
