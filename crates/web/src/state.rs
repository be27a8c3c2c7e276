//! What the binary hands over, and what follows from it once.

use std::ops::Deref;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, Uri, header, uri::Authority};
use reprise_core::Core;
use url::Url;

use crate::view::policy;

/// Everything the routes need.
#[derive(Clone)]
pub struct Site {
    /// The use cases and their ports.
    pub core: Arc<Core>,
    /// Set where the simulated Spotify is used.
    pub demo: Option<Demo>,
    /// Origins from which covers may be shown, such as `https://i.scdn.co`.
    pub image_origins: Vec<String>,
    /// Whether the operator has connected a Spotify app.
    pub setup: Setup,
}

/// Where Spotify serves its covers.
const COVERS: &str = "https://i.scdn.co";

impl Site {
    /// A site with Spotify's own covers, connected to the app whose credentials `core` has.
    pub fn new(core: Arc<Core>) -> Self {
        let setup = Setup { has_credentials: true, ..Setup::default() };
        Self { core, demo: None, image_origins: vec![COVERS.to_owned()], setup }
    }

    /// Shows covers from the origin of `url` too.
    #[must_use]
    pub fn with_image_origin(mut self, url: &Url) -> Self {
        self.image_origins.push(url.origin().ascii_serialization());
        self
    }

    /// Says on every page that this is the demo.
    #[must_use]
    pub fn with_demo(mut self, demo: Demo) -> Self {
        self.demo = Some(demo);
        self
    }
}

/// The demo on the simulated Spotify.
#[derive(Debug, Clone, Default)]
pub struct Demo {
    /// A sign-up link to try; shown while it can be used.
    pub signup_link: Option<String>,
    /// Name of the listener who is there already.
    pub resident: Option<String>,
    /// Where the simulated Spotify listens.
    pub simulator_url: String,
}

/// How far the operator has come.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// Whether there are credentials of a Spotify app, or of the simulator's.
    pub has_credentials: bool,
    /// Names of settings that have no value yet.
    pub missing: Vec<String>,
    /// What Spotify, or our own check, says against the credentials.
    pub problem: Option<String>,
}

/// The site as the handlers share it.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) core: Arc<Core>,
    pub(crate) demo: Option<Demo>,
    pub(crate) setup: Setup,
    pub(crate) address: Address,
    pub(crate) content_security_policy: HeaderValue,
}

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    pub(crate) fn new(site: Site) -> Self {
        let images: Vec<&str> = site.image_origins.iter().map(String::as_str).collect();
        let policy = policy::content_security_policy(&images, &site.core.accounts.origin());
        Self(Arc::new(Inner {
            address: Address::of(&site.core.config.base_url),
            content_security_policy: HeaderValue::try_from(policy).expect("origins are plain ASCII"),
            core: site.core,
            demo: site.demo,
            setup: site.setup,
        }))
    }
}

/// The one address under which this site answers.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    /// `https://reprise.example`, as browsers write it in `Origin`.
    pub(crate) origin: String,
    host: String,
    port: Option<u16>,
    /// Whether it is served over https.
    pub(crate) secure: bool,
}

impl Address {
    pub(crate) fn of(base: &Url) -> Self {
        Self {
            origin: base.origin().ascii_serialization(),
            host: base.host_str().unwrap_or_default().to_owned(),
            port: base.port_or_known_default(),
            secure: base.scheme() == "https",
        }
    }

    /// Whether a request was meant for this address.
    ///
    /// Only the request line and `Host` are looked at: whoever can set a forwarded header could set
    /// it to anything. A request line with a whole address goes before `Host`, as HTTP demands.
    pub(crate) fn is_asked(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        if let Some(authority) = uri.authority() {
            return self.is(authority);
        }
        let mut hosts = headers.get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
        host.to_str().ok().and_then(|host| host.parse().ok()).is_some_and(|host| self.is(&host))
    }

    fn is(&self, authority: &Authority) -> bool {
        let default = if self.secure { 443 } else { 80 };
        // `user@host` is no host.
        !authority.as_str().contains('@')
            && authority.host().eq_ignore_ascii_case(&self.host)
            && Some(authority.port_u16().unwrap_or(default)) == self.port
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(base: &str, target: &str, host: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        if let Some(host) = host {
            headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
        }
        Address::of(&base.parse().unwrap()).is_asked(&target.parse().unwrap(), &headers)
    }

    #[test]
    fn only_the_own_host_and_port_are_answered() {
        let base = "http://127.0.0.1:8080";
        assert!(asked(base, "/", Some("127.0.0.1:8080")));
        assert!(asked("https://reprise.example", "/", Some("Reprise.example")));
        assert!(asked("https://reprise.example", "/", Some("reprise.example:443")));
        for host in [
            "127.0.0.1",
            "127.0.0.1:8081",
            "localhost:8080",
            "evil.example",
            "a@127.0.0.1:8080",
            "127.0.0.1:8080.evil.example",
            "",
        ] {
            assert!(!asked(base, "/", Some(host)), "{host}");
        }
        assert!(!asked(base, "/", None));
    }

    #[test]
    fn a_whole_address_in_the_request_line_goes_first() {
        let base = "http://127.0.0.1:8080";
        assert!(asked(base, "http://127.0.0.1:8080/archive", Some("evil.example")));
        assert!(!asked(base, "http://evil.example/archive", Some("127.0.0.1:8080")));
    }

    #[test]
    fn two_hosts_are_none() {
        let mut headers = HeaderMap::new();
        headers.append(header::HOST, HeaderValue::from_static("127.0.0.1:8080"));
        headers.append(header::HOST, HeaderValue::from_static("evil.example"));
        let address = Address::of(&"http://127.0.0.1:8080".parse().unwrap());
        assert!(!address.is_asked(&Uri::from_static("/"), &headers));
    }
}
