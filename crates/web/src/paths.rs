//! Every path that a page links or posts to, so that routes and pages cannot differ.

pub(crate) const HOME: &str = "/";
pub(crate) const ARCHIVE: &str = "/archive";
/// Look now, or decide about one week (`week`, `decision`).
pub(crate) const ARCHIVE_RUN: &str = "/archive/run";
pub(crate) const ARCHIVE_PASTE: &str = "/archive/paste";
pub(crate) const ARCHIVE_PASTE_CONFIRM: &str = "/archive/paste/confirm";
/// Make a deleted archive anew.
pub(crate) const ARCHIVE_REBUILD: &str = "/archive/rebuild";
pub(crate) const STATUS: &str = "/status";
/// Look again at what works.
pub(crate) const STATUS_CHECK: &str = "/status/check";
/// Let a grant that Spotify called invalid be tried once more.
pub(crate) const STATUS_RETRY: &str = "/status/retry";
pub(crate) const SETTINGS: &str = "/settings";
pub(crate) const DISCONNECT: &str = "/settings/disconnect";
pub(crate) const ADMIN: &str = "/admin";
pub(crate) const ADMIN_INVITES: &str = "/admin/invites";
pub(crate) const AUTH_START: &str = "/auth/spotify/start";
pub(crate) const AUTH_CALLBACK: &str = "/auth/spotify/callback";
pub(crate) const AUTH_PASTE_BACK: &str = "/auth/spotify/paste-back";
pub(crate) const AUTH_LOGOUT: &str = "/auth/logout";
/// Where the content-hashed assets live.
pub(crate) const ASSETS: &str = "/assets";

/// One archived week; `slug` is the ledger's label, such as `2026-W47`.
pub(crate) fn week(slug: &str) -> String {
    format!("{ARCHIVE}/{slug}")
}

/// A sign-up link.
pub(crate) fn signup(secret: &str) -> String {
    format!("/signup/{secret}")
}

/// A listener has seen an alert of theirs.
pub(crate) fn alert_ack(id: &str) -> String {
    format!("{STATUS}/alerts/{id}/ack")
}

/// Disable or enable a user.
pub(crate) fn admin_user_disable(id: &str) -> String {
    format!("{ADMIN}/users/{id}/disable")
}

/// Ask Spotify once more with a user's consent.
pub(crate) fn admin_user_retry(id: &str) -> String {
    format!("{ADMIN}/users/{id}/retry")
}

/// Withdraw a sign-up link.
pub(crate) fn admin_invite_revoke(id: &str) -> String {
    format!("{ADMIN_INVITES}/{id}/revoke")
}

/// Acknowledge an alert.
pub(crate) fn admin_alert_ack(id: &str) -> String {
    format!("{ADMIN}/alerts/{id}/ack")
}
