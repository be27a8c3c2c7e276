//! A whole Reprise in memory beside a simulated Spotify, and browsers that use it by HTTP alone.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use reprise_core::ports::{Clock, Role, User};
use reprise_core::spotify::{ClientSecret, http};
use reprise_core::testing::{MemoryStore, RecordingNotifier, TestKeyWrap};
use reprise_core::{Config, Core, Ports, Signup, SpotifyApp, archive, onboard};
use reprise_domain::time::{Mark, later};
use reprise_web::Site;
use spotify_sim::{Client, ClockMode, Sim, SimClock, SimConfig, SimServer, World};
use tower::ServiceExt;

pub(crate) const BASE: &str = "http://127.0.0.1:8080";
const CLIENT_SECRET: &str = "canary-client-secret-91f3";

/// Nothing that begins so may ever reach a browser from us.
const CANARIES: [&str; 3] = ["BQsim-", "AQsim-", CLIENT_SECRET];

thread_local! {
    /// What was logged at any level; a test and all its tasks run on one thread.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.with_borrow_mut(|log| log.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What this test has logged so far.
pub(crate) fn logged() -> String {
    LOG.with_borrow(|log| String::from_utf8(log.clone()).unwrap())
}

/// One subscriber for the process: one for a thread would miss what other threads were asked first.
static LOGGING: LazyLock<()> = LazyLock::new(|| {
    let all = tracing_subscriber::filter::LevelFilter::TRACE;
    tracing_subscriber::fmt().with_max_level(all).with_ansi(false).with_writer(|| Log).init();
});

struct Pushed(SimClock);

#[async_trait]
impl Clock for Pushed {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn mark(&self) -> Mark {
        let uptime_ms = u64::try_from(self.0.uptime().as_millis()).unwrap();
        Mark { wall: self.0.now(), uptime_ms, boot: self.0.boot_id() }
    }

    async fn sleep_until(&self, at: Timestamp) {
        self.0.sleep_until(at).await;
    }
}

pub(crate) struct House {
    pub(crate) sim: Sim,
    pub(crate) core: Arc<Core>,
    pub(crate) store: MemoryStore,
    pub(crate) router: Router,
    _server: SimServer,
}

impl House {
    pub(crate) async fn build() -> Self {
        Self::at(BASE, World::Extended, Signup::Invite).await
    }

    pub(crate) async fn at(base: &str, world: World, signup: Signup) -> Self {
        LazyLock::force(&LOGGING);
        let start = "2026-11-16T06:00:00Z".parse().unwrap();
        let sim = Sim::new(SimConfig { seed: 7, start, mode: ClockMode::Pushed, ..SimConfig::default() });
        sim.add_client(Client::new("app", CLIENT_SECRET, world));
        for name in ["ada", "bo", "cy"] {
            sim.add_user(spotify_sim::User::new(name));
        }
        let server = sim.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let store = MemoryStore::default();
        let ports = Ports::of(
            Arc::new(store.clone()),
            Arc::new(Pushed(sim.clock())),
            Arc::new(TestKeyWrap::default()),
            Arc::new(RecordingNotifier::default()),
        );
        let config = Config {
            deployment: "test".into(),
            base_url: base.parse().unwrap(),
            signup,
            daily_calls: 1500,
            time_zone: TimeZone::UTC,
        };
        let app = SpotifyApp {
            client_id: "app".into(),
            client_secret: ClientSecret::new(CLIENT_SECRET),
            api_url: format!("{}/v1", server.url()).parse().unwrap(),
            accounts_url: server.url().parse().unwrap(),
        };
        let core = Arc::new(Core::new(ports, config, app, http::client(Duration::from_secs(5)).unwrap()));
        let router = reprise_web::router(Site::new(Arc::clone(&core)));
        Self { sim, core, store, router, _server: server }
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::of(self.router.clone())
    }

    /// The path of a fresh sign-up link.
    pub(crate) async fn link(&self, role: Role) -> String {
        let link = onboard::invite(&self.core, role, None, onboard::INVITE_LASTS).await.unwrap().link;
        link.strip_prefix(BASE).unwrap().to_owned()
    }

    /// A browser in which `name` has signed up, and who that is here.
    pub(crate) async fn signed_up(&self, name: &str, role: Role) -> (Browser, User) {
        let mut browser = self.browser();
        let path = self.link(role).await;
        let back = self.to_spotify_and_back(&mut browser, &path, name).await;
        assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.body);
        let user = self.user(name).await.unwrap();
        self.checked(&user).await;
        (browser, user)
    }

    /// Presses *Connect* on the page at `path`, agrees as `name`, and comes back.
    pub(crate) async fn to_spotify_and_back(&self, browser: &mut Browser, path: &str, name: &str) -> Page {
        let callback = self.to_spotify(browser, path, name).await;
        browser.get(&callback).await
    }

    /// The address at which `name`'s browser arrives after agreeing.
    pub(crate) async fn to_spotify(&self, browser: &mut Browser, path: &str, name: &str) -> String {
        let page = browser.get(path).await;
        let started = browser.submit(&page, "/auth/spotify/start", &[]).await;
        assert_eq!(started.status, StatusCode::SEE_OTHER, "{}", started.body);
        local(&self.sim.consent(&started.location(), name).unwrap())
    }

    pub(crate) async fn user(&self, name: &str) -> Option<User> {
        let users = self.core.ports.users.users(None, 100).await.unwrap();
        users.into_iter().find(|user| user.spotify_id.as_str() == name)
    }

    /// Waits for the checklist that runs behind the page after a sign-in.
    pub(crate) async fn checked(&self, user: &User) {
        let is_there = async || {
            let read = self.core.ports.users.user(&user.id).await.unwrap().unwrap();
            read.value.checklist.is_some()
        };
        until("the checklist came", is_there).await;
    }

    /// Lets `time` pass, doing what is due.
    pub(crate) async fn live(&self, time: Duration) {
        let until = later(self.sim.clock().now(), time);
        while self.sim.clock().now() < until {
            while archive::run_due(&self.core, 10).await.unwrap() > 0 {}
            self.sim.clock().advance_by(Duration::from_secs(61), Duration::from_secs(5)).await.unwrap();
        }
    }

    /// Everything stored, as text, but for how often the store was asked.
    pub(crate) fn stored(&self) -> String {
        let text = format!("{:?}", self.store);
        let (before, rest) = text.split_once("operations: ").unwrap();
        format!("{before}{}", rest.trim_start_matches(|c: char| c.is_ascii_digit()))
    }
}

/// Waits in real time for what a task of its own does.
pub(crate) async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let mut ticks = tokio::time::interval(Duration::from_millis(10));
    for _ in 0..500 {
        ticks.tick().await;
        if holds().await {
            return;
        }
    }
    panic!("never: {what}");
}

/// The path and query of an address of ours.
pub(crate) fn local(address: &str) -> String {
    address.strip_prefix(BASE).unwrap_or_else(|| panic!("{address} is not ours")).to_owned()
}

/// A browser: keeps cookies, follows nothing by itself.
#[derive(Clone)]
pub(crate) struct Browser {
    router: Router,
    pub(crate) cookies: BTreeMap<String, String>,
}

#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Browser {
    pub(crate) fn of(router: Router) -> Self {
        Self { router, cookies: BTreeMap::new() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.send(Method::GET, path, &[], Body::empty()).await
    }

    pub(crate) async fn head(&mut self, path: &str) -> Page {
        self.send(Method::HEAD, path, &[], Body::empty()).await
    }

    /// Posts a form as browsers do from a page without referrer.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.post_from(path, &[("sec-fetch-site", "same-origin"), ("origin", "null")], fields).await
    }

    pub(crate) async fn post_from(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> Page {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let form = [("content-type", "application/x-www-form-urlencoded")];
        self.send(Method::POST, path, &[&form[..], headers].concat(), Body::from(body)).await
    }

    pub(crate) async fn post_json(&mut self, path: &str, origin: Option<&str>, body: &str) -> Page {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(origin.map(|origin| ("origin", origin)));
        self.send(Method::POST, path, &headers, Body::from(body.to_owned())).await
    }

    /// Sends the form of `page` that posts to `action`, with some fields filled in.
    pub(crate) async fn submit(&mut self, page: &Page, action: &str, fill: &[(&str, &str)]) -> Page {
        let mut fields = page.form(action);
        fields.retain(|(name, _)| fill.iter().all(|(filled, _)| filled != name));
        let mut all: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        all.extend(fill);
        self.post(action, &all).await
    }

    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Page {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder().method(method).uri(path);
        if headers.iter().all(|(name, _)| *name != "host") {
            request = request.header(header::HOST, "127.0.0.1:8080");
        }
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        let page = Page { status: parts.status, headers: parts.headers, body };
        page.check(path);
        for cookie in page.cookies() {
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        page
    }
}

impl Page {
    pub(crate) fn cookies(&self) -> Vec<String> {
        let cookies = self.headers.get_all(header::SET_COOKIE).iter();
        cookies.map(|cookie| cookie.to_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn sets_session(&self) -> bool {
        self.cookies()
            .iter()
            .any(|cookie| cookie.contains("reprise_session=") && !cookie.contains("Max-Age=0"))
    }

    pub(crate) fn location(&self) -> String {
        self.headers[header::LOCATION].to_str().unwrap().to_owned()
    }

    /// The hidden fields of the form that posts to `action`.
    pub(crate) fn form(&self, action: &str) -> Vec<(String, String)> {
        let start = format!("action=\"{action}\"");
        let form = self.body.split("<form").find(|form| form.contains(&start));
        let form = form.unwrap_or_else(|| panic!("no form posts to {action}: {}", self.body));
        let form = form.split("</form>").next().unwrap();
        let hidden = form.split("<input").filter(|tag| tag.contains("type=\"hidden\""));
        hidden.map(|tag| (value(tag, "name"), value(tag, "value"))).collect()
    }

    /// What holds for every answer whatsoever.
    fn check(&self, path: &str) {
        for canary in CANARIES {
            assert!(!self.body.contains(canary), "{path} shows {canary}");
            let in_headers = self.headers.values().any(|value| value.to_str().unwrap().contains(canary));
            assert!(!in_headers, "a header of {path} shows {canary}");
        }
        let csp = self.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(csp.starts_with("default-src 'none'") && !csp.contains("unsafe"), "{path}: {csp}");
        assert_eq!(self.headers[header::REFERRER_POLICY], "no-referrer", "{path}");
        assert_eq!(self.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert!(self.headers.contains_key(header::CACHE_CONTROL), "{path}");
        for tag in self.body.split('<').filter_map(|rest| rest.split('>').next()) {
            assert!(!tag.contains(" style="), "{path}: {tag}");
            assert!(!tag.starts_with("style"), "{path}: {tag}");
            assert!(!tag.starts_with("script") || tag.contains(" src="), "{path}: {tag}");
        }
    }
}

fn value(tag: &str, name: &str) -> String {
    let value = tag.split(&format!(" {name}=\"")).nth(1).unwrap_or_default().split('"').next().unwrap();
    value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}
