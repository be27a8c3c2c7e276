//! Every refusal that is known of Spotify, and the next move it stands for.

use jiff::Timestamp;
use reprise_core::spotify::failure::{self, Refusal};
use reprise_core::spotify::{AccountsError, Bucket, Effect, Endpoint, ForbiddenWhy, SpotifyError};

use crate::support::{in_seconds, now};

fn refusal(endpoint: Endpoint, status: u16, body: &str) -> Refusal<'_> {
    Refusal {
        endpoint,
        status,
        retry_after: None,
        content_type: None,
        authenticate: None,
        body: body.as_bytes(),
        secret: "canary",
    }
}

fn forbidden(why: ForbiddenWhy) -> SpotifyError {
    SpotifyError::Forbidden { why }
}

fn other(words: &str) -> SpotifyError {
    forbidden(ForbiddenWhy::Other(words.to_owned()))
}

fn invalid(what: &str) -> SpotifyError {
    SpotifyError::Invalid { what: what.to_owned() }
}

fn down(why: &str, effect: Effect) -> SpotifyError {
    SpotifyError::Unavailable { why: why.to_owned(), effect, retry_at: None }
}

/// Checks what refusals of an endpoint, with a status and a body, are taken for.
#[track_caller]
fn check<const N: usize>(cases: [(Endpoint, u16, &str, SpotifyError); N]) {
    for (endpoint, status, body, expected) in cases {
        assert_eq!(failure::web_api(&refusal(endpoint, status, body), now()), expected, "{status} {body}");
    }
}

#[test]
fn what_is_forbidden_says_what_has_to_change() {
    use Endpoint::{AddItems, CreatePlaylist, Me, Player, PlaylistItems, Track};
    check([
        // The owner of the application has no Premium: JSON and plain text.
        (
            Me,
            403,
            r#"{"error":{"status":403,"message":"Active premium subscription required for the owner of the app."}}"#,
            forbidden(ForbiddenWhy::OwnerNotPremium),
        ),
        (
            Track,
            403,
            "Active premium subscription required for the owner of the app.",
            forbidden(ForbiddenWhy::OwnerNotPremium),
        ),
        // The listener is not on the application's list: both wordings, both forms.
        (
            Me,
            403,
            "Check settings on developer.spotify.com/dashboard, the user may not be registered.",
            forbidden(ForbiddenWhy::NotAllowListed),
        ),
        (
            PlaylistItems,
            403,
            r#"{"error":{"status":403,"message":"Check settings on developer.spotify.com/dashboard, the user may not be registered."}}"#,
            forbidden(ForbiddenWhy::NotAllowListed),
        ),
        (
            Me,
            403,
            r#"{"error":{"status":403,"message":"User not registered in the Developer Dashboard"}}"#,
            forbidden(ForbiddenWhy::NotAllowListed),
        ),
        (
            Me,
            403,
            "User not registered in the Developer Dashboard\n",
            forbidden(ForbiddenWhy::NotAllowListed),
        ),
        // The consent does not reach: 403 anywhere, 401 on the player.
        (
            AddItems,
            403,
            r#"{"error":{"status":403,"message":"Insufficient client scope"}}"#,
            forbidden(ForbiddenWhy::InsufficientScope),
        ),
        (
            Player,
            401,
            r#"{"error":{"status":401,"message":"Permissions missing"}}"#,
            forbidden(ForbiddenWhy::InsufficientScope),
        ),
        (
            Player,
            403,
            r#"{"error":{"status":403,"message":"Player command failed: Premium required","reason":"PREMIUM_REQUIRED"}}"#,
            forbidden(ForbiddenWhy::PremiumRequired),
        ),
        // Somebody else's playlist; an endpoint taken away.
        (
            PlaylistItems,
            403,
            r#"{"error":{"status":403,"message":"Forbidden"}}"#,
            forbidden(ForbiddenWhy::NotYours),
        ),
        (
            AddItems,
            403,
            r#"{"error":{"status":403,"message":"You cannot add tracks to a playlist you don't own."}}"#,
            forbidden(ForbiddenWhy::NotYours),
        ),
        (Track, 403, r#"{"error":{"status":403,"message":"Forbidden"}}"#, other("status 403: Forbidden")),
        (
            CreatePlaylist,
            403,
            r#"{"error":{"status":403,"message":"Forbidden"}}"#,
            other("status 403: Forbidden"),
        ),
        (PlaylistItems, 403, "<html>blocked by a proxy</html>", other("status 403")),
        (PlaylistItems, 403, "", other("status 403")),
    ]);
}

#[test]
fn every_other_refusal_is_one_next_move() {
    use Endpoint::{AddItems, CreatePlaylist, Me, Player, Playlist, PlaylistItems};
    check([
        // The token: nothing in the body tells which way it is bad, and nothing needs to.
        (
            Me,
            401,
            r#"{"error":{"status":401,"message":"The access token expired"}}"#,
            SpotifyError::Unauthorized,
        ),
        (Me, 401, r#"{"error":{"status":401,"message":"Invalid access token"}}"#, SpotifyError::Unauthorized),
        (Me, 401, r#"{"error":{"status":401,"message":"No token provided"}}"#, SpotifyError::Unauthorized),
        (Me, 401, "", SpotifyError::Unauthorized),
        (
            PlaylistItems,
            401,
            r#"{"error":{"status":401,"message":"Valid user authentication required"}}"#,
            other("this needs a listener's token"),
        ),
        // Discover Weekly in development mode.
        (Playlist, 404, r#"{"error":{"status":404,"message":"Resource not found"}}"#, SpotifyError::NotFound),
        (Playlist, 404, "<html>", SpotifyError::NotFound),
        // Misuse.
        (
            AddItems,
            400,
            r#"{"error":{"status":400,"message":"You can add a maximum of 100 tracks per request."}}"#,
            invalid("status 400: You can add a maximum of 100 tracks per request."),
        ),
        (
            CreatePlaylist,
            400,
            r#"{"error":{"status":400,"message":"Attribute description is empty"}}"#,
            invalid("status 400: Attribute description is empty"),
        ),
        (Me, 418, "not\u{0} \n json", invalid("status 418: not json")),
        // Out of order: a name too long, a list too long, a gateway, a server that stopped waiting.
        (
            CreatePlaylist,
            500,
            r#"{"error":{"status":500,"message":"Server error."}}"#,
            down("status 500: Server error.", Effect::Unknown),
        ),
        (AddItems, 500, "", down("status 500", Effect::Unknown)),
        (AddItems, 408, "", down("status 408", Effect::Unknown)),
        (
            Player,
            502,
            r#"{"error":{"status":502,"message":"Bad gateway."}}"#,
            down("status 502: Bad gateway.", Effect::None),
        ),
        (Player, 503, "<!DOCTYPE html><p>upstream connect error", down("status 503", Effect::None)),
    ]);
}

#[test]
fn a_missing_scope_may_be_told_in_the_challenge() {
    for status in [401, 403] {
        let challenge = r#"Bearer realm="spotify", error="insufficient_scope""#;
        let refusal = Refusal { authenticate: Some(challenge), ..refusal(Endpoint::Player, status, "") };
        assert_eq!(failure::web_api(&refusal, now()), forbidden(ForbiddenWhy::InsufficientScope));
    }
    let challenge = r#"Bearer realm="spotify", error="invalid_token""#;
    let refusal = Refusal { authenticate: Some(challenge), ..refusal(Endpoint::Player, 401, "") };
    assert_eq!(failure::web_api(&refusal, now()), SpotifyError::Unauthorized);
}

const RATE: &str = r#"{"error":{"status":429,"message":"API rate limit exceeded"}}"#;
const QUOTA: &str = r#"{"error":{"status":429,"message":"Too many requests","reason":"QUOTA_EXCEEDED"}}"#;

fn limited(body: &str, retry_after: Option<&str>) -> SpotifyError {
    let refusal = Refusal { retry_after, ..refusal(Endpoint::PlaylistItems, 429, body) };
    failure::web_api(&refusal, now())
}

fn rate_until(retry_at: Timestamp) -> SpotifyError {
    SpotifyError::RateLimited { retry_at }
}

fn quota_until(retry_at: Timestamp) -> SpotifyError {
    SpotifyError::QuotaExceeded { bucket: Bucket::PlaylistItems, retry_at }
}

#[test]
fn a_limit_says_how_long_or_is_given_a_sensible_time() {
    let week = 7 * 24 * 3600;
    let cases = [
        (Some("1"), Some(1)),
        (Some("0"), Some(1)),
        (Some(" 30 "), Some(30)),
        (Some("1.2"), Some(2)),
        (Some("86400"), Some(86_400)),
        (Some("604800"), Some(week)),
        (Some("99999999"), Some(week)),
        (Some("99999999999999999999999999999999"), Some(week)),
        (Some("1e999"), Some(week)),
        (Some("Fri, 20 Nov 2026 12:00:45 GMT"), Some(45)),
        (Some("Fri, 20 Nov 2020 12:00:45 GMT"), Some(1)),
        (Some("Tue, 20 Nov 2096 12:00:45 GMT"), Some(week)),
        (None, None),
        (Some(""), None),
        (Some("-5"), None),
        (Some("soon"), None),
        (Some("10 minutes"), None),
        (Some("NaN"), None),
    ];
    for (header, seconds) in cases {
        assert_eq!(limited(RATE, header), rate_until(in_seconds(seconds.unwrap_or(60))), "{header:?}");
        assert_eq!(limited(QUOTA, header), quota_until(in_seconds(seconds.unwrap_or(3600))), "{header:?}");
    }
}

#[test]
fn a_used_up_quota_is_recognised_in_any_form() {
    for body in [
        QUOTA,
        r#"{"error":{"status":429,"reason":"QUOTA_EXCEEDED"}}"#,
        r#"{"reason":"QUOTA_EXCEEDED"}"#,
        "QUOTA_EXCEEDED",
    ] {
        assert_eq!(limited(body, None), quota_until(in_seconds(3600)), "{body}");
    }
    for body in [RATE, "", "Too many requests", "<html>", "[]", "{\"error\":3}"] {
        assert_eq!(limited(body, None), rate_until(in_seconds(60)), "{body}");
    }
}

#[test]
fn a_failing_server_may_say_when_to_come_back() {
    let refusal = Refusal { retry_after: Some("120"), ..refusal(Endpoint::Me, 503, "") };
    let SpotifyError::Unavailable { retry_at, .. } = failure::web_api(&refusal, now()) else { panic!() };
    assert_eq!(retry_at, Some(in_seconds(120)));
}

#[test]
fn what_is_quoted_is_short_clean_and_without_secrets() {
    let told = |body: &str| failure::web_api(&refusal(Endpoint::Me, 400, body), now()).to_string();
    let message = |text: &str| serde_json::json!({ "error": { "message": text } }).to_string();
    assert!(!told(&message("bad token canary")).contains("canary"));
    assert!(!told(&message(&format!("bad token BQ{}", "x".repeat(60)))).contains("xxxx"));
    assert!(told(&message(&"word ".repeat(1000))).chars().count() < 260);
    assert!(!told(&message("line\none\u{1b}[31m")).contains(['\n', '\u{1b}']));
    let page = format!("a page {}", "of many words ".repeat(100));
    assert!(!told(&page).contains("words"));
}

#[test]
fn only_an_unavailable_service_leaves_a_write_open() {
    assert_eq!(down("", Effect::Unknown).effect(), Effect::Unknown);
    assert_eq!(down("", Effect::None).effect(), Effect::None);
    for error in [
        rate_until(now()),
        quota_until(now()),
        SpotifyError::Unauthorized,
        SpotifyError::NotFound,
        invalid(""),
    ] {
        assert_eq!(error.effect(), Effect::None);
    }
}

#[test]
fn the_accounts_service_is_believed_by_its_codes_alone() {
    let grant = |description: &str| AccountsError::InvalidGrant { description: description.to_owned() };
    let invalid = |what: &str| AccountsError::Invalid { what: what.to_owned() };
    let down = |why: &str, effect| AccountsError::Unavailable { why: why.to_owned(), effect, retry_at: None };
    let cases = [
        (
            400,
            r#"{"error":"invalid_grant","error_description":"Refresh token expired"}"#,
            grant("Refresh token expired"),
        ),
        (
            400,
            r#"{"error":"invalid_grant","error_description":"Refresh token revoked"}"#,
            grant("Refresh token revoked"),
        ),
        (
            400,
            r#"{"error":"invalid_grant","error_description":"Invalid authorization code"}"#,
            grant("Invalid authorization code"),
        ),
        (401, r#"{"error":"invalid_grant"}"#, grant("")),
        (
            400,
            r#"{"error":"invalid_client","error_description":"Invalid client"}"#,
            AccountsError::InvalidClient,
        ),
        (400, r#"{"error":"invalid_client"}"#, AccountsError::InvalidClient),
        (
            401,
            r#"{"error":"invalid_client","error_description":"Invalid client secret"}"#,
            AccountsError::InvalidClient,
        ),
        (400, r#"{"error":"unsupported_grant_type"}"#, invalid("unsupported_grant_type")),
        (400, r#"{"error":"invalid_scope"}"#, invalid("invalid_scope")),
        (400, r#"{"error":"unauthorized_client"}"#, invalid("unauthorized_client")),
        (
            400,
            r#"{"error":"invalid_request","error_description":"code must be supplied"}"#,
            invalid("invalid_request"),
        ),
        // Words that sound final, without a code, are not.
        (
            400,
            r#"{"error":"server_error","error_description":"Refresh token revoked"}"#,
            down("status 400: Refresh token revoked", Effect::None),
        ),
        (400, "invalid_grant", down("status 400: invalid_grant", Effect::None)),
        (
            400,
            r#"{"error":{"status":400,"message":"invalid_grant"}}"#,
            down("status 400: invalid_grant", Effect::None),
        ),
        (403, "<html>", down("status 403", Effect::None)),
        // A server out of order cannot judge a grant.
        (500, r#"{"error":"invalid_grant"}"#, down("status 500", Effect::Unknown)),
        (503, "", down("status 503", Effect::Unknown)),
        (302, "", down("status 302", Effect::Unknown)),
    ];
    for (status, body, expected) in cases {
        let error = failure::accounts(status, None, None, body.as_bytes(), &[], now());
        assert_eq!(error, expected, "{status} {body}");
    }
    let error = failure::accounts(429, Some("9"), None, b"", &[], now());
    assert_eq!(error, AccountsError::RateLimited { retry_at: in_seconds(9) });
    let body = br#"{"error":"invalid_grant","error_description":"no such token AQ-canary"}"#;
    let error = failure::accounts(400, None, None, body, &["AQ-canary"], now());
    assert_eq!(error, grant("no such token […]"));
}
