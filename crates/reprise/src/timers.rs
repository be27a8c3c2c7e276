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
    loop {
        let until = match run_due(&house).await {
            Ok(until) => until,
            Err(error) => {
                tracing::error!(%error, "due work could not be read");
                later(house.core.ports.clock.now(), AFTER_FAILURE)
            }
        };
        tokio::select! {
            () = house.core.ports.clock.sleep_until(until) => {}
            () = house.bell.rung() => {}
        }
    }
}

/// Runs all that is due; answers until when nothing will be.
pub(crate) async fn run_due(house: &House) -> StoreResult<Timestamp> {
    let core = &house.core;
    while archive::run_due(core, AT_ONCE).await? + care::run_due(core, AT_ONCE).await? > 0 {}
    let now = core.ports.clock.now();
    let mut until = house.bell.longest_sleep().map_or_else(|| later(now, hours(24)), |longest| later(now, longest));
    for kind in [WorkKind::Archive, WorkKind::Grant] {
        if let Some(due) = core.ports.due.next_due(kind).await? {
            until = until.min(due);
        }
    }
    Ok(until)
}
