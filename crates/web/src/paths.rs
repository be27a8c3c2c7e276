//! Every path that a page links or posts to, so that routes and pages cannot differ.

pub(crate) const HOME: &str = "/";
pub(crate) const ARCHIVE: &str = "/archive";
/// Look now, or decide about one week (`week`, `decision`).
pub(crate) const ARCHIVE_RUN: &str = "/archive/run";
pub(crate) const ARCHIVE_PASTE: &str = "/archive/paste";
pub(crate) const ARCHIVE_PASTE_CONFIRM: &str = "/archive/paste/confirm";
pub(crate) const STATUS: &str = "/status";
pub(crate) const SETTINGS: &str = "/settings";
pub(crate) const DISCONNECT: &str = "/settings/disconnect";
pub(crate) const ADMIN: &str = "/admin";
pub(crate) const ADMIN_INVITES: &str = "/admin/invites";
pub(crate) const AUTH_START: &str = "/auth/spotify/start";
pub(crate) const AUTH_PASTE_BACK: &str = "/auth/spotify/paste-back";
pub(crate) const AUTH_LOGOUT: &str = "/auth/logout";
/// Where the content-hashed assets live.
pub(crate) const ASSETS: &str = "/assets";

/// One archived week; `slug` is the ledger's label, such as `2026-W47`.
pub(crate) fn week(slug: &str) -> String {
    format!("{ARCHIVE}/{slug}")
}

/// Disable or enable a user.
pub(crate) fn admin_user_disable(id: &str) -> String {
    format!("{ADMIN}/users/{id}/disable")
}

/// Acknowledge an alert.
pub(crate) fn admin_alert_ack(id: &str) -> String {
    format!("{ADMIN}/alerts/{id}/ack")
}
