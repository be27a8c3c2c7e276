//! What changes about a listener apart from their archive.

use jiff::tz::TimeZone;
use reprise_domain::ids::UserId;

use crate::ports::{StoreResult, User, Written};
use crate::{Core, onboard};

/// The zone in which a listener reads dates: their own, else the operator's.
pub fn zone(core: &Core, user: &User) -> TimeZone {
    let own = user.time_zone.as_deref().and_then(|name| TimeZone::get(name).ok());
    own.unwrap_or_else(|| core.config.time_zone.clone())
}

/// Keeps the zone in which a listener reads dates; answers `false` for a name that nobody knows.
pub async fn set_time_zone(core: &Core, user: &UserId, zone: &str) -> StoreResult<bool> {
    if TimeZone::get(zone).is_err() {
        return Ok(false);
    }
    change(core, user, |user| user.time_zone = Some(zone.to_owned())).await?;
    Ok(true)
}

/// Switches a listener off, which also ends their sessions, or on again; everything is kept.
pub async fn switch(core: &Core, user: &UserId, disabled: bool) -> StoreResult<()> {
    let changed = change(core, user, |user| {
        user.session_epoch += u64::from(disabled && !user.disabled);
        user.disabled = disabled;
    });
    match changed.await? {
        // Work of a listener who is switched off falls from the calendar.
        Some(user) if !disabled => onboard::reschedule(core, &user).await,
        _ => Ok(()),
    }
}

/// Changes a listener, writing only what differs; `None` if there is no such listener.
async fn change(core: &Core, user: &UserId, change: impl Fn(&mut User) + Send) -> StoreResult<Option<User>> {
    let users = &core.ports.users;
    while let Some(mut read) = users.user(user).await? {
        let before = read.value.clone();
        change(&mut read.value);
        if read.value == before {
            return Ok(Some(before));
        }
        if let Written::At(_) = users.put_user(&read.value, read.version).await? {
            return Ok(Some(read.value));
        }
    }
    Ok(None)
}
