//! Consent, exchange and refresh.

use std::collections::BTreeMap;
use std::time::Duration;

use reprise_core::spotify::accounts::{CsrfToken, PkceCodeChallenge, PkceCodeVerifier};
use reprise_core::spotify::scopes::{Feature, GrantedScopes, Scope};
use reprise_core::spotify::{AccountsError, AuthorizationCode, Effect, Granted, RefreshToken, Refreshed};
use serde_json::{Value, json};
use url::Url;

use crate::support::{
    Break, DIALECTS, IMPATIENCE, Reply, Server, accounts_at, accounts_within, breaking, in_seconds, nobody,
};

/// `invented-client:canary-client-secret`.
const BASIC: &str = "Basic aW52ZW50ZWQtY2xpZW50OmNhbmFyeS1jbGllbnQtc2VjcmV0";

fn callback() -> Url {
    "http://127.0.0.1:8080/auth/spotify/callback".parse().unwrap()
}

fn verifier() -> PkceCodeVerifier {
    PkceCodeVerifier::new("canary-verifier-0123456789-0123456789-0123456789".to_owned())
}

async fn exchange(base: &Url) -> Result<Granted, AccountsError> {
    let code = AuthorizationCode::new("canary-code");
    accounts_at(base).exchange(&code, &callback(), verifier()).await
}

async fn refresh(base: &Url) -> Result<Refreshed, AccountsError> {
    accounts_at(base).refresh(&RefreshToken::new("canary-refresh")).await
}

async fn refreshed(answer: Value) -> Refreshed {
    let server = Server::saying([Reply::json(200, answer.to_string())]).await;
    refresh(&server.base).await.unwrap()
}

#[tokio::test]
async fn consent_is_asked_for_with_state_and_proof() {
    let accounts = accounts_at(&"https://accounts.spotify.com".parse().unwrap());
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier());
    let ask = |show| {
        let state = CsrfToken::new("some-state".to_owned());
        accounts.authorize_url(
            &callback(),
            Feature::Archive.scopes().to_vec(),
            state,
            challenge.clone(),
            show,
        )
    };
    let url = ask(true);
    assert_eq!(url.as_str().split('?').next(), Some("https://accounts.spotify.com/authorize"));
    let query: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    let expected = [
        ("client_id", "invented-client"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
        ("redirect_uri", "http://127.0.0.1:8080/auth/spotify/callback"),
        ("response_type", "code"),
        (
            "scope",
            "playlist-read-private playlist-read-collaborative playlist-modify-public playlist-modify-private",
        ),
        ("show_dialog", "true"),
        ("state", "some-state"),
    ];
    let expected: BTreeMap<_, _> = expected.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    assert_eq!(query, expected);
    assert!(!ask(false).as_str().contains("show_dialog"));
    assert!(!url.as_str().contains("canary"));
}

#[tokio::test]
async fn an_exchange_proves_the_client_twice() {
    for dialect in DIALECTS {
        let server = Server::saying([Reply::fixture(dialect, "token_exchange")]).await;
        let granted = exchange(&server.base).await.unwrap();
        assert_eq!(granted.access.expose(), "BQ-invented-access");
        assert_eq!(granted.refresh.unwrap().expose(), "AQ-invented-refresh");
        assert_eq!(granted.expires_in, Duration::from_hours(1));
        let scopes = granted.scopes.unwrap();
        assert!(scopes.has(Scope::PlaylistReadPrivate) && !scopes.has(Scope::PlaylistModifyPrivate));

        let heard = server.heard();
        assert_eq!(heard[0].line, "POST /api/token");
        assert_eq!(heard[0].headers["authorization"], BASIC);
        assert_eq!(heard[0].headers["content-type"], "application/x-www-form-urlencoded");
        let form: BTreeMap<_, _> = heard[0].form().into_iter().collect();
        let expected = [
            ("code", "canary-code"),
            ("code_verifier", verifier().secret()),
            ("grant_type", "authorization_code"),
            ("redirect_uri", callback().as_str()),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(form, expected.into());
    }
}

#[tokio::test]
async fn a_refresh_may_bring_no_an_empty_the_same_or_a_new_refresh_token() {
    for dialect in DIALECTS {
        let server = Server::saying([Reply::fixture(dialect, "token_refresh")]).await;
        let answer = refresh(&server.base).await.unwrap();
        assert_eq!(answer.access.expose(), "BQ-invented-access-2");
        let new = answer.refresh.map(|token| token.expose().to_owned());
        assert_eq!(new.as_deref(), (dialect == "old").then_some("AQ-invented-refresh-2"));
        let heard = server.heard();
        assert_eq!(heard[0].headers["authorization"], BASIC);
        let form = heard[0].form();
        assert_eq!(form[0], ("grant_type".to_owned(), "refresh_token".to_owned()));
        assert_eq!(form[1], ("refresh_token".to_owned(), "canary-refresh".to_owned()));
        assert_eq!(form.len(), 2);
    }
    for (given, kept) in [
        (json!(null), None),
        (json!(""), None),
        (json!(" "), None),
        (json!(7), None),
        (json!("canary-refresh"), Some("canary-refresh")),
        (json!("another"), Some("another")),
    ] {
        let answer =
            refreshed(json!({ "access_token": "a", "token_type": "Bearer", "refresh_token": given.clone() }));
        let token = answer.await.refresh.map(|token| token.expose().to_owned());
        assert_eq!(token.as_deref(), kept, "{given}");
    }
}

#[tokio::test]
async fn an_odd_life_is_taken_for_the_usual_one() {
    let hour = 3600;
    for (told, seconds) in [
        (json!(1800), 1800),
        (json!(1800.9), 1800),
        (json!("1800"), 1800),
        (json!(null), hour),
        (json!(0), hour),
        (json!(-5), hour),
        (json!("soon"), hour),
        (json!([]), hour),
        (json!(1e300), hour),
        (json!(1e9), 24 * hour),
    ] {
        let answer = refreshed(json!({ "access_token": "a", "expires_in": told.clone() })).await;
        assert_eq!(answer.expires_in, Duration::from_secs(seconds), "{told}");
        assert_eq!(answer.scopes, None);
    }
}

#[tokio::test]
async fn scopes_are_read_as_a_set_and_compared_with_what_a_feature_needs() {
    let answer = refreshed(json!({ "access_token": "a", "scope": "user-top-read  playlist-modify-public " }));
    let scopes = answer.await.scopes.unwrap();
    assert_eq!(scopes.to_string(), "playlist-modify-public user-top-read");
    let missing = scopes.missing(Feature::Archive);
    let expected =
        [Scope::PlaylistReadPrivate, Scope::PlaylistReadCollaborative, Scope::PlaylistModifyPrivate];
    assert_eq!(missing, expected);
    let all: GrantedScopes = Scope::ALL.map(|scope| scope.to_string()).into_iter().collect();
    assert!(Feature::ALL.into_iter().all(|feature| all.missing(feature).is_empty()));
    assert_eq!(GrantedScopes::parse(&all.to_string()), all);
    assert!(Scope::ALL.into_iter().all(|scope| !scope.why().is_empty()));
}

#[tokio::test]
async fn refusals_and_breaks_tell_whether_a_grant_may_be_gone() {
    let unavailable = |result: Result<Refreshed, AccountsError>| match result {
        Err(AccountsError::Unavailable { effect, .. }) => effect,
        other => panic!("not unavailable: {other:?}"),
    };
    assert_eq!(unavailable(refresh(&nobody().await).await), Effect::None);
    assert_eq!(unavailable(refresh(&breaking(Break::HangUp).await).await), Effect::Unknown);
    assert_eq!(unavailable(refresh(&breaking(Break::Truncate("200 OK")).await).await), Effect::Unknown);
    let silent = Server::saying([Reply::hanging()]).await;
    let impatient = accounts_within(IMPATIENCE, &silent.base);
    assert_eq!(unavailable(impatient.refresh(&RefreshToken::new("canary-refresh")).await), Effect::Unknown);
    assert_eq!(silent.heard().len(), 1);
    for body in ["", "<html>", "[]", "{}", r#"{"access_token":""}"#, r#"{"access_token":7}"#] {
        let server = Server::saying([Reply::json(200, body)]).await;
        assert_eq!(unavailable(refresh(&server.base).await), Effect::Unknown, "{body}");
    }

    let quoting =
        r#"{"error":"invalid_grant","error_description":"canary-code canary-client-secret is no good"}"#;
    let server = Server::saying([Reply::json(400, quoting)]).await;
    let error = exchange(&server.base).await.unwrap_err();
    assert_eq!(error, AccountsError::InvalidGrant { description: "[…] […] is no good".to_owned() });
    let server = Server::saying([Reply::new(429, "").header("retry-after", "11")]).await;
    let error = refresh(&server.base).await.unwrap_err();
    assert_eq!(error, AccountsError::RateLimited { retry_at: in_seconds(11) });
}

#[tokio::test]
async fn a_redirect_of_the_token_endpoint_is_not_followed() {
    let elsewhere = Server::saying([Reply::json(200, r#"{"access_token":"a"}"#)]).await;
    let server = Server::saying([Reply::new(307, "").header("location", elsewhere.base.as_str())]).await;
    assert!(refresh(&server.base).await.is_err());
    assert!(elsewhere.heard().is_empty());
}

#[tokio::test]
async fn nothing_prints_a_secret() {
    let accounts = accounts_at(&"https://accounts.spotify.com".parse().unwrap());
    let server = Server::saying([Reply::fixture("old", "token_exchange")]).await;
    let granted = exchange(&server.base).await.unwrap();
    let printed = format!("{accounts:?} {granted:?} {:?}", AuthorizationCode::new("canary-code"));
    assert!(!printed.contains("canary") && !printed.contains("invented-"), "{printed}");
}

#[tokio::test]
async fn a_refresh_can_be_left_to_a_task() {
    let server = Server::saying([Reply::fixture("new", "token_refresh")]).await;
    let task = tokio::spawn(async move { refresh(&server.base).await });
    assert!(task.await.unwrap().is_ok());
}
