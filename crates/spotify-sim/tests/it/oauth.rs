//! Consent and tokens.

use crate::house::{House, error, house, told};
use serde_json::{Value, json};
use spotify_sim::{Act, Fault, FaultKind, Rotation};

const CALLBACK: &str = "http://127.0.0.1:9/cb";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// SHA-256 of the verifier (the example of RFC 7636).
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

impl House {
    fn authorize_url(&self, extra: &str) -> String {
        let callback = CALLBACK.replace(':', "%3A").replace('/', "%2F");
        self.url(&format!(
            "/authorize?client_id=dev&response_type=code&redirect_uri={callback}\
             &scope=playlist-read-private%20user-read-playback-state&state=s1{extra}"
        ))
    }

    fn code(&self, extra: &str) -> String {
        let location = self.sim.consent(&self.authorize_url(extra), "ada").unwrap();
        param(&location, "code").unwrap()
    }

    async fn token_call(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let call = self.call("POST", "/api/token");
        let call = call.basic_auth("dev", Some("dev-secret")).form(form);
        told(call.send().await.unwrap()).await
    }

    async fn exchange(&self, code: &str) -> (u16, Value) {
        let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)];
        self.token_call(&form).await
    }

    async fn refresh(&self, token: &str) -> (u16, Value) {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.token_call(&form).await
    }
}

fn param(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then(|| value.to_owned())
    })
}

fn flat(error: &str, description: &str) -> (u16, Value) {
    let body = json!({ "error": error, "error_description": description });
    (400, body)
}

#[tokio::test]
async fn a_person_agrees_in_the_browser() {
    let house = house().await;
    let page = house.http.get(house.authorize_url("")).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let page = page.text().await.unwrap();
    assert!(page.contains("See your private playlists") && page.contains("Bob"));

    let query = house.authorize_url("").split_once('?').unwrap().1.to_owned();
    for (answer, expect) in [("agree", "code"), ("cancel", "error")] {
        let form = [("query", query.as_str()), ("user", "bob"), ("answer", answer)];
        let back = house.call("POST", "/authorize").form(&form).send().await;
        let back = back.unwrap();
        assert_eq!(back.status(), 303);
        let location = back.headers()["location"].to_str().unwrap();
        assert!(location.starts_with(CALLBACK), "{location}");
        assert!(param(location, expect).is_some(), "{location}");
        assert_eq!(param(location, "state").as_deref(), Some("s1"));
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_shown_and_never_redirected() {
    let house = house().await;
    let good = house.authorize_url("");
    for (bad, why) in [
        (good.replace("client_id=dev", "client_id=x"), "Invalid client"),
        (good.replace("127.0.0.1", "localhost"), "Invalid redirect URI"),
        (good.replace("playlist-read-private", "everything"), "Invalid scope"),
        (good.replace("response_type=code", "response_type=token"), "response_type"),
    ] {
        let page = house.http.get(&bad).send().await.unwrap();
        assert_eq!(page.status(), 400, "{bad}");
        let page = page.text().await.unwrap();
        assert!(page.contains(why), "{page}");
        assert!(house.sim.consent(&bad, "ada").unwrap_err().contains(why));
    }
}

#[tokio::test]
async fn a_code_is_good_once_and_for_ten_minutes() {
    let house = house().await;
    let code = house.code("");
    assert!(code.starts_with("AQsim-code-"));
    let (status, tokens) = house.exchange(&code).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(tokens["expires_in"], 3600);
    assert_eq!(tokens["token_type"], "Bearer");
    assert!(tokens["access_token"].as_str().unwrap().starts_with("BQsim-at-"));
    assert!(tokens["refresh_token"].as_str().unwrap().starts_with("AQsim-rt-"));
    let again = house.exchange(&code).await;
    assert_eq!(again, flat("invalid_grant", "Invalid authorization code"));

    let late = house.code("");
    house.push(600).await;
    let expired = house.exchange(&late).await;
    assert_eq!(expired, flat("invalid_grant", "Authorization code expired"));
}

#[tokio::test]
async fn a_code_is_bound_to_client_redirect_and_challenge() {
    let house = house().await;
    let code = house.code("");
    let form =
        [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", "http://127.0.0.1:9/other")];
    let wrong = house.token_call(&form).await;
    assert_eq!(wrong, flat("invalid_grant", "Invalid redirect URI"));
    let form = [form[0], form[1], ("redirect_uri", CALLBACK)];
    let call = house.call("POST", "/api/token").form(&form);
    let other = call.basic_auth("ext", Some("ext-secret")).send().await;
    let other = told(other.unwrap()).await;
    assert_eq!(other, flat("invalid_grant", "Invalid authorization code"));
    assert_eq!(house.exchange(&code).await.0, 200);

    let pkce = format!("&code_challenge_method=S256&code_challenge={CHALLENGE}");
    let code = house.code(&pkce);
    let form = [form[0], ("code", code.as_str()), form[2]];
    assert_eq!(house.token_call(&form).await.1["error"], "invalid_request");
    let with = |verifier| [form[0], form[1], form[2], ("code_verifier", verifier)];
    let other = VERIFIER.replace('d', "e");
    let wrong = house.token_call(&with(&other)).await;
    assert_eq!(wrong, flat("invalid_grant", "code_verifier was incorrect"));
    assert_eq!(house.token_call(&with(VERIFIER)).await.0, 200);
}

#[tokio::test]
async fn a_public_client_needs_pkce_and_shows_no_secret() {
    let house = house().await;
    house.sim.change_client("dev", |client| client.secret = None);
    let bare = house.sim.consent(&house.authorize_url(""), "ada");
    assert!(bare.unwrap_err().contains("code_challenge"));
    let pkce = format!("&code_challenge_method=S256&code_challenge={CHALLENGE}");
    let code = house.code(&pkce);
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "dev"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let call = house.call("POST", "/api/token").form(&form).send().await;
    let (status, tokens) = told(call.unwrap()).await;
    assert_eq!(status, 200, "{tokens}");
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("client_id", "dev"), ("refresh_token", refresh)];
    let call = house.call("POST", "/api/token").form(&form).send().await;
    assert_eq!(told(call.unwrap()).await.0, 200);
}

#[tokio::test]
async fn clients_must_say_who_they_are() {
    let house = house().await;
    let form = [("grant_type", "client_credentials")];
    let post = || house.call("POST", "/api/token").form(&form);
    let none = told(post().send().await.unwrap()).await;
    assert_eq!(none, (400, json!({ "error": "invalid_client" })));
    let unknown = post().basic_auth("x", Some("y")).send().await.unwrap();
    assert_eq!(told(unknown).await, flat("invalid_client", "Invalid client"));
    let wrong = post().basic_auth("dev", Some("y")).send().await.unwrap();
    let expect = flat("invalid_client", "Invalid client secret");
    assert_eq!(told(wrong).await, expect);
    let (status, own) = house.token_call(&form).await;
    assert_eq!((status, &own["refresh_token"]), (200, &Value::Null));
    let token = own["access_token"].as_str().unwrap();
    let me = house.get(token, "/v1/me").await;
    assert_eq!(me, error(401, "Valid user authentication required"));
}

#[tokio::test]
async fn a_refresh_answers_as_the_client_is_set() {
    let house = house().await;
    let mut token = house.sim.mint("dev", "ada", &[]).unwrap().refresh;
    let set = |rotation| house.sim.change_client("dev", |client| client.rotation = rotation);

    set(Rotation::None);
    let (status, answer) = house.refresh(&token).await;
    assert_eq!((status, answer.get("refresh_token")), (200, None));
    set(Rotation::Empty);
    assert_eq!(house.refresh(&token).await.1["refresh_token"], "");
    set(Rotation::Same);
    assert_eq!(house.refresh(&token).await.1["refresh_token"], *token);

    set(Rotation::RotateGraceful);
    let new = house.refresh(&token).await.1["refresh_token"].clone();
    assert_ne!(new, *token);
    assert_eq!(house.refresh(&token).await.0, 200);

    // A user's own setting goes first.
    house.sim.change_user("ada", |user| user.rotation = Some(Rotation::RotateRevoking));
    let next = house.refresh(&token).await.1["refresh_token"].clone();
    let revoked = flat("invalid_grant", "Refresh token revoked");
    assert_eq!(house.refresh(&token).await, revoked);
    next.as_str().unwrap().clone_into(&mut token);
    assert_eq!(house.refresh(&token).await.0, 200);
}

#[tokio::test]
async fn a_consent_dies_six_months_after_it_was_given() {
    let house = house().await;
    let token = house.sim.mint("dev", "ada", &[]).unwrap().refresh;
    // Until Sunday 2027-05-16, 05:59:59.
    house.push(181 * 86_400 - 1).await;
    assert_eq!(house.refresh(&token).await.0, 200);
    house.push(1).await;
    let expired = flat("invalid_grant", "Refresh token expired");
    assert_eq!(house.refresh(&token).await, expired);
}

#[tokio::test]
async fn a_consent_can_be_taken_back() {
    let house = house().await;
    let tokens = house.sim.mint("dev", "ada", &[]).unwrap();
    let others = house.sim.mint("ext", "ada", &[]).unwrap();
    let client = Some("dev".to_owned());
    let done = house.sim.act("ada", &Act::RevokeConsent { client }).unwrap();
    assert_eq!(done.count, 1);
    let revoked = flat("invalid_grant", "Refresh token revoked");
    assert_eq!(house.refresh(&tokens.refresh).await, revoked);
    assert_eq!(house.get(&tokens.access, "/v1/me").await.0, 401);
    assert_eq!(house.get(&others.access, "/v1/me").await.0, 200);
}

#[tokio::test]
async fn a_false_invalid_grant_leaves_the_token_good() {
    let house = house().await;
    let token = house.sim.mint("dev", "ada", &[]).unwrap().refresh;
    let fault = Fault::once("POST /api/token", FaultKind::FalseInvalidGrant);
    house.sim.faults().add(fault.user("ada"));
    assert_eq!(house.refresh(&token).await.1["error"], "invalid_grant");
    assert_eq!(house.refresh(&token).await.0, 200);
}

#[tokio::test]
async fn calls_for_tokens_are_logged_with_whose_they_are() {
    let house = house().await;
    house.exchange(&house.code("")).await;
    let token = house.sim.mint("dev", "bob", &[]).unwrap().refresh;
    house.refresh(&token).await;
    let log = house.sim.log();
    let who = |n: usize| (log[n].client.as_deref(), log[n].user.as_deref());
    assert_eq!((who(0), who(1)), ((Some("dev"), Some("ada")), (Some("dev"), Some("bob"))));
    assert!(log.iter().all(|call| call.endpoint == "POST /api/token"));
}

#[tokio::test]
async fn thousands_of_users_do_not_crowd_the_page() {
    let house = house().await;
    for n in 0..2_000 {
        house.sim.add_user(spotify_sim::User::new(&format!("u{n}")));
    }
    let page = house.http.get(house.authorize_url("")).send().await.unwrap();
    let page = page.text().await.unwrap();
    assert!(page.contains("datalist") && page.len() < 40_000);
}

#[tokio::test]
async fn access_tokens_last_an_hour() {
    let house = house().await;
    let token = house.token("dev", "ada");
    house.push(3_599).await;
    assert_eq!(house.get(&token, "/v1/me").await.0, 200);
    house.push(1).await;
    for (token, problem) in [(Some(token.as_str()), "invalid_token"), (None, "missing_token")] {
        let call = house.call("GET", "/v1/me");
        let call = match token {
            Some(token) => call.bearer_auth(token),
            None => call,
        };
        let response = call.send().await.unwrap();
        let told_why = response.headers()["www-authenticate"].to_str().unwrap();
        assert!(told_why.contains(problem), "{told_why}");
        let expect = error(401, "Missing/invalid/expired access token");
        assert_eq!(told(response).await, expect);
    }
}

#[tokio::test]
async fn scopes_are_enforced() {
    let house = house().await;
    let bare = house.sim.mint("dev", "ada", &[]).unwrap().access;
    for path in [
        "/v1/me/player",
        "/v1/me/player/currently-playing",
        "/v1/me/player/recently-played",
        "/v1/me/player/queue",
    ] {
        let told = house.get(&bare, path).await;
        assert_eq!(told, error(401, "Permissions missing"), "{path}");
    }
    let lacking = error(403, "Insufficient client scope");
    assert_eq!(house.get(&bare, "/v1/me/playlists").await, lacking);
    let body = Some(json!({ "name": "x" }));
    let told = house.ask(&bare, "POST", "/v1/me/playlists", body).await;
    assert_eq!(told, lacking);
    let private = house.sim.mint("dev", "ada", &["playlist-modify-private"]);
    let body = Some(json!({ "name": "x" }));
    let private = private.unwrap().access;
    let told = house.ask(&private, "POST", "/v1/me/playlists", body).await;
    assert_eq!(told, lacking);
}
