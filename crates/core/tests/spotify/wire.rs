//! What happens on the wire: time-outs, breaks, odd answers, and who may see the token.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reprise_core::spotify::{
    AccessToken, CallOutcome, Effect, Endpoint, NewPlaylist, PlayerState, PlaylistDetails, Purpose,
    SpotifyError,
};
use reprise_domain::ids::{PlaylistId, SnapshotId};
use url::Url;

use crate::support::{
    Break, IMPATIENCE, Notes, PATIENCE, Reply, Server, api, api_within, breaking, in_seconds, nobody, token,
};

fn playlist() -> PlaylistId {
    "2PlaylistArchive000000".parse().unwrap()
}

/// A write and what the gate heard of it.
async fn add(base: &Url) -> (Result<SnapshotId, SpotifyError>, Vec<CallOutcome>) {
    add_within(PATIENCE, base).await
}

async fn add_within(time: Duration, base: &Url) -> (Result<SnapshotId, SpotifyError>, Vec<CallOutcome>) {
    let gate = Arc::new(Notes::default());
    let uris = ["1TrackLantern000000000".parse().unwrap()];
    let api = api_within(time, base, gate.clone());
    let result = api.add_items(&token(), Purpose::Archive, &playlist(), &uris, None).await;
    (result, gate.outcomes())
}

/// A read and what the gate heard of it.
async fn look(base: &Url) -> (Result<Option<PlayerState>, SpotifyError>, Vec<CallOutcome>) {
    let gate = Arc::new(Notes::default());
    let result = api(base, gate.clone()).player(&token(), Purpose::Track).await;
    (result, gate.outcomes())
}

fn unavailable<T: std::fmt::Debug>(result: Result<T, SpotifyError>) -> (String, Effect) {
    match result {
        Err(SpotifyError::Unavailable { why, effect, retry_at: None }) => (why, effect),
        other => panic!("not unavailable: {other:?}"),
    }
}

#[tokio::test]
async fn a_time_out_leaves_a_write_open_and_a_read_harmless() {
    let server = Server::saying([Reply::hanging()]).await;
    let (result, outcomes) = add_within(IMPATIENCE, &server.base).await;
    assert_eq!(unavailable(result), ("no answer in time".to_owned(), Effect::Unknown));
    assert_eq!(outcomes, [CallOutcome::Unanswered]);

    let gate = Arc::new(Notes::default());
    let result = api_within(IMPATIENCE, &server.base, gate.clone()).player(&token(), Purpose::Track).await;
    assert_eq!(unavailable(result), ("no answer in time".to_owned(), Effect::None));
    assert_eq!(gate.outcomes(), [CallOutcome::Unanswered]);
    assert_eq!(server.heard().len(), 2, "nothing is repeated behind the caller's back");
}

#[tokio::test]
async fn a_refused_connection_changes_nothing() {
    let (result, outcomes) = add(&nobody().await).await;
    let (why, effect) = unavailable(result);
    assert!(why.starts_with("could not connect"), "{why}");
    assert_eq!(effect, Effect::None);
    assert_eq!(outcomes, [CallOutcome::NotSent]);
}

#[tokio::test]
async fn a_broken_connection_leaves_a_write_open() {
    for how in [Break::HangUp, Break::Reset] {
        let base = breaking(how).await;
        let (result, outcomes) = add(&base).await;
        let (why, effect) = unavailable(result);
        assert!(why.starts_with("the connection broke"), "{why}");
        assert!(!why.contains("127.0.0.1"), "{why}");
        assert_eq!(effect, Effect::Unknown);
        assert_eq!(outcomes, [CallOutcome::Unanswered]);
        assert_eq!(unavailable(look(&base).await.0).1, Effect::None);
    }
}

#[tokio::test]
async fn a_truncated_success_leaves_a_write_open() {
    let base = breaking(Break::Truncate("201 Created")).await;
    let (result, outcomes) = add(&base).await;
    let (why, effect) = unavailable(result);
    assert!(why.starts_with("the answer was cut short"), "{why}");
    assert_eq!(effect, Effect::Unknown);
    assert_eq!(outcomes, [CallOutcome::Answered(201)]);
    assert_eq!(unavailable(look(&base).await.0).1, Effect::None);
}

#[tokio::test]
async fn the_status_of_a_truncated_refusal_still_counts() {
    let base = breaking(Break::Truncate("401 Unauthorized")).await;
    assert_eq!(add(&base).await.0, Err(SpotifyError::Unauthorized));
}

#[tokio::test]
async fn a_success_that_makes_no_sense_leaves_a_write_open_and_fails_a_read() {
    for body in ["<html><body>hello</body></html>", "", "[]", r#"{"snapshot_id":null}"#] {
        let server = Server::saying([Reply::new(201, body).header("content-type", "text/html")]).await;
        assert_eq!(unavailable(add(&server.base).await.0).1, Effect::Unknown, "{body}");
    }
    let server = Server::saying([Reply::new(200, "<html>maintenance, canary</html>")]).await;
    let what = "the answer is not JSON".to_owned();
    assert_eq!(look(&server.base).await.0, Err(SpotifyError::Invalid { what }));
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let server = Server::saying([Reply::json(200, vec![b' '; 5 << 20])]).await;
    let what = "the answer is too long".to_owned();
    assert_eq!(look(&server.base).await.0, Err(SpotifyError::Invalid { what }));
    assert_eq!(unavailable(add(&server.base).await.0).1, Effect::Unknown);
}

#[tokio::test]
async fn no_content_means_no_player() {
    let server = Server::saying([Reply::new(204, ""), Reply::new(200, "")]).await;
    assert_eq!(look(&server.base).await, (Ok(None), vec![CallOutcome::Answered(204)]));
    assert_eq!(look(&server.base).await.0, Ok(None));
}

#[tokio::test]
async fn a_gateway_error_in_html_is_a_failure_with_a_time_to_come_back() {
    let reply = Reply::new(502, "<html>Bad gateway</html>").header("retry-after", "30");
    let server = Server::saying([reply]).await;
    let error = SpotifyError::Unavailable {
        why: "status 502".to_owned(),
        effect: Effect::Unknown,
        retry_at: Some(in_seconds(30)),
    };
    assert_eq!(add(&server.base).await, (Err(error), vec![CallOutcome::Answered(502)]));
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_token() {
    let elsewhere = Server::saying([Reply::json(200, "{}")]).await;
    let reply = Reply::new(307, "").header("location", elsewhere.base.as_str());
    let server = Server::saying([reply]).await;
    assert_eq!(unavailable(look(&server.base).await.0).0, "status 307");
    assert_eq!(unavailable(add(&server.base).await.0).1, Effect::Unknown);
    assert!(elsewhere.heard().is_empty());
}

#[tokio::test]
async fn a_change_of_details_needs_no_body() {
    let server = Server::saying([Reply::new(200, "")]).await;
    let api = api(&server.base, Arc::new(Notes::default()));
    let details = PlaylistDetails { public: Some(true), ..Default::default() };
    api.change_details(&token(), Purpose::Archive, &playlist(), details).await.unwrap();
}

#[tokio::test]
async fn the_gate_hears_of_limits_and_what_it_refuses_is_not_sent() {
    let quota = r#"{"error":{"status":429,"message":"Too many requests","reason":"QUOTA_EXCEEDED"}}"#;
    let rate = r#"{"error":{"status":429,"message":"API rate limit exceeded"}}"#;
    let server = Server::saying([
        Reply::json(429, quota).header("retry-after", "52531"),
        Reply::json(429, rate).header("retry-after", "7"),
    ])
    .await;
    let outcome = add(&server.base).await.1;
    assert_eq!(outcome, [CallOutcome::QuotaExceeded { retry_at: in_seconds(52_531) }]);
    let outcome = add(&server.base).await.1;
    assert_eq!(outcome, [CallOutcome::RateLimited { retry_at: in_seconds(7) }]);
    server.heard();

    let refusal = SpotifyError::RateLimited { retry_at: in_seconds(7) };
    let gate = Arc::new(Notes { refuse: Some(refusal.clone()), ..Notes::default() });
    let result = api(&server.base, gate.clone()).me(&token(), Purpose::SignUp).await;
    assert_eq!(result, Err(refusal));
    assert_eq!(gate.admitted.lock().unwrap().len(), 1);
    assert_eq!(gate.admitted.lock().unwrap()[0].endpoint, Endpoint::Me);
    assert!(gate.settled.lock().unwrap().is_empty());
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn a_token_that_no_header_can_carry_is_not_sent() {
    let server = Server::saying([Reply::json(200, "{}")]).await;
    let gate = Arc::new(Notes::default());
    let api = api(&server.base, gate.clone());
    let result = api.me(&AccessToken::new("canary\nx"), Purpose::SignUp).await;
    let what = "the request could not be formed".to_owned();
    assert_eq!(result, Err(SpotifyError::Invalid { what }));
    assert_eq!(gate.outcomes(), [CallOutcome::NotSent]);
    assert!(server.heard().is_empty());
}

/// What subscribers write.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_token_and_the_ids_reach_spotify_and_no_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let quoting = r#"{"error":{"status":400,"message":"no good: Bearer canary-access"}}"#;
    let server =
        Server::saying([Reply::json(201, r#"{"snapshot_id":"AAAA"}"#), Reply::json(400, quoting)]).await;
    add(&server.base).await.0.unwrap();
    let what = "status 400: no good: Bearer […]".to_owned();
    assert_eq!(add(&server.base).await.0, Err(SpotifyError::Invalid { what }));

    let heard = server.heard();
    assert_eq!(heard[0].headers["authorization"], "Bearer canary-access");
    let agent = heard[0].headers["user-agent"].to_str().unwrap();
    assert!(agent.starts_with("Reprise/"), "{agent}");

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("playlists/{id}/items") && log.contains("status=201"), "{log}");
    assert!(!log.contains("canary-access"), "{log}");
    let ours = log.lines().filter(|line| line.contains("reprise_core"));
    assert!(ours.into_iter().all(|line| !line.contains("2PlaylistArchive")), "{log}");
    assert!(!format!("{:?}", token()).contains("canary"));
}

#[tokio::test]
async fn what_spotify_would_choke_on_is_refused_before_it_is_sent() {
    let server = Server::saying([Reply::json(200, "{}")]).await;
    let api = api(&server.base, Arc::new(Notes::default()));
    let long = "n".repeat(101);
    let wide = "d".repeat(301);
    let cases = [
        (" ", None, "the playlist's name is empty"),
        (long.as_str(), None, "the playlist's name is longer than 100 characters"),
        ("name", Some(""), "the playlist's description is empty"),
        ("name", Some(wide.as_str()), "the playlist's description is longer than 300 characters"),
        ("name", Some("two\nlines"), "the playlist's description has more than one line"),
        ("name", Some("<b>bold</b>"), "the playlist's description holds markup"),
    ];
    for (name, description, what) in cases {
        let new = NewPlaylist { name, description, public: true };
        let result = api.create_playlist(&token(), Purpose::Archive, new).await;
        assert_eq!(result.unwrap_err(), SpotifyError::Invalid { what: what.to_owned() });
    }
    let many = vec!["1TrackLantern000000000".parse().unwrap(); 101];
    for uris in [&many[..], &[]] {
        let result = api.add_items(&token(), Purpose::Archive, &playlist(), uris, None).await;
        assert!(matches!(result, Err(SpotifyError::Invalid { .. })));
    }
    let result = api.in_library(&token(), Purpose::Archive, &[]).await;
    assert!(matches!(result, Err(SpotifyError::Invalid { .. })));
    assert!(server.heard().is_empty());
}
