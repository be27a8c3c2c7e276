//! Raising an alert: stored once, told once.

use reprise_domain::ids::UserId;

use crate::Ports;
use crate::ports::{Alert, AlertKind, Severity, StoreResult};

/// Raises an alert about `user` (or the installation) unless the same was raised before.
///
/// `what` makes two alerts of one kind different: a week, a consent, a playlist.
pub(crate) async fn raise(
    ports: &Ports,
    kind: AlertKind,
    severity: Severity,
    user: Option<&UserId>,
    what: &str,
    text: String,
) -> StoreResult<()> {
    let whose = user.map_or("operator", UserId::as_str);
    let alert = Alert {
        key: format!("{whose}/{what}"),
        kind,
        severity,
        user: user.cloned(),
        at: ports.clock.now(),
        text,
        acknowledged: None,
    };
    if ports.alerts.raise(&alert).await? {
        ports.notifier.notify(&alert).await;
    }
    Ok(())
}
