//! A listener with a browser: cookies, forms, and the simulated Spotify's consent.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Client, StatusCode};
use spotify_sim::Sim;

/// Why something did not work out this time; trying again may help.
#[derive(Debug)]
pub struct NotNow(pub String);

impl From<reqwest::Error> for NotNow {
    fn from(error: reqwest::Error) -> Self {
        Self(error.to_string())
    }
}

/// A person at Spotify and at Reprise.
#[derive(Debug)]
pub struct Listener {
    /// Spotify's user name.
    pub name: String,
    /// The session's cookie, once signed in.
    session: Mutex<Option<String>>,
    http: Client,
}

impl Listener {
    /// Somebody who has not signed in yet.
    pub fn new(name: &str) -> Self {
        let http = reprise_core::spotify::http::client(Duration::from_secs(30)).expect("a client");
        Self { name: name.to_owned(), session: Mutex::default(), http }
    }

    /// Opens a page; answers its text.
    pub async fn open(&self, base: &str, path: &str) -> Result<String, NotNow> {
        let page = self.http.get(format!("{base}{path}")).headers(self.cookies(None)).send().await?;
        self.keep_session(page.headers());
        let status = page.status();
        let text = page.text().await?;
        if status.is_success() { Ok(text) } else { Err(NotNow(format!("{path}: {status}"))) }
    }

    /// Signs up through a link, signs in again (`/`), or consents again (`/status`): presses the
    /// button that leads to Spotify, agrees there, and comes back.
    pub async fn connect(&self, base: &str, path: &str, sim: &Sim) -> Result<(), NotNow> {
        let page = self.open(base, path).await?;
        let fields = form(&page, "/auth/spotify/start")
            .ok_or_else(|| NotNow(format!("{path} has no way to Spotify")))?;
        let start = self.submit(base, "/auth/spotify/start", &fields).await?;
        let authorize = location(&start).ok_or_else(|| NotNow(format!("start: {}", start.status())))?;
        let pending = cookie(start.headers(), "reprise_login_");
        let back = sim.consent(&authorize, &self.name).map_err(NotNow)?;
        // The server may have moved to another port meanwhile; the path and query are what count.
        let query = back.split_once("/auth/spotify/callback").map_or("", |(_, query)| query);
        let callback = format!("{base}/auth/spotify/callback{query}");
        let arrived = self.http.get(callback).headers(self.cookies(pending.as_deref())).send().await?;
        let signed_in = arrived.status() == StatusCode::SEE_OTHER && self.keep_session(arrived.headers());
        if signed_in { Ok(()) } else { Err(NotNow(format!("callback: {}", arrived.status()))) }
    }

    /// Fills in the form of `page` that posts to `action`, with `answers` besides what it brings, and
    /// answers the page or redirect that follows.
    pub async fn fill_in(
        &self,
        base: &str,
        page: &str,
        action: &str,
        answers: &[(&str, &str)],
    ) -> Result<String, NotNow> {
        let mut fields = form(page, action).ok_or_else(|| NotNow(format!("no form posts to {action}")))?;
        for (name, value) in answers {
            fields.retain(|(known, _)| known != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        let answer = self.submit(base, action, &fields).await?;
        let status = answer.status();
        let text = answer.text().await?;
        if status.is_success() || status == StatusCode::SEE_OTHER {
            Ok(text)
        } else {
            Err(NotNow(format!("{action}: {status}")))
        }
    }

    async fn submit(
        &self,
        base: &str,
        action: &str,
        fields: &[(String, String)],
    ) -> Result<reqwest::Response, NotNow> {
        let request = self.http.post(format!("{base}{action}")).headers(self.cookies(None));
        Ok(request.header("sec-fetch-site", "same-origin").form(fields).send().await?)
    }

    /// Keeps the session's cookie if one is set: a new one, or the old one renewed.
    fn keep_session(&self, headers: &HeaderMap) -> bool {
        let session = cookie(headers, "reprise_session");
        let is_set = session.is_some();
        if is_set {
            *self.session.lock().unwrap_or_else(PoisonError::into_inner) = session;
        }
        is_set
    }

    fn cookies(&self, more: Option<&str>) -> HeaderMap {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let all: Vec<&str> = session.as_deref().into_iter().chain(more).collect();
        let mut headers = HeaderMap::new();
        if let Ok(value) = all.join("; ").parse() {
            headers.insert(COOKIE, value);
        }
        headers
    }
}

fn location(answer: &reqwest::Response) -> Option<String> {
    Some(answer.headers().get(LOCATION)?.to_str().ok()?.to_owned())
}

/// `name=value` of the first cookie set whose name begins so, or, on https, so after `__Host-`.
fn cookie(headers: &HeaderMap, begins: &str) -> Option<String> {
    let set = headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = set.map(|value| value.split(';').next().unwrap_or_default().trim());
    pairs
        .filter(|pair| !pair.ends_with('='))
        .find(|pair| pair.strip_prefix("__Host-").unwrap_or(pair).starts_with(begins))
        .map(str::to_owned)
}

/// What a browser would send of the form that posts to `action`, as far as it is filled in already.
fn form(page: &str, action: &str) -> Option<Vec<(String, String)>> {
    let form = page.split("<form").skip(1).find(|form| {
        let head = form.split('>').next().unwrap_or_default();
        attribute(head, "action").as_deref() == Some(action)
    })?;
    let form = form.split("</form>").next()?;
    let inputs = form.split("<input").skip(1).filter_map(|input| {
        let head = input.split('>').next().unwrap_or_default();
        let kind = attribute(head, "type").unwrap_or_default();
        let is_sent = !matches!(kind.as_str(), "checkbox" | "radio") || head.contains(" checked");
        let value = attribute(head, "value").unwrap_or_default();
        attribute(head, "name").filter(|_| is_sent).map(|name| (name, value))
    });
    let selected = form.split("<select").skip(1).filter_map(|select| {
        let name = attribute(select.split('>').next()?, "name")?;
        let chosen = select
            .split("<option")
            .skip(1)
            .find(|option| option.split('>').next().is_some_and(|head| head.contains(" selected")));
        Some((name, attribute(chosen?.split('>').next()?, "value")?))
    });
    Some(inputs.chain(selected).collect())
}

fn attribute(head: &str, name: &str) -> Option<String> {
    let rest = head.split(&format!(" {name}=\"")).nth(1)?;
    let value = rest.split('"').next()?;
    Some(value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
}
