//! Every setting, read once, with the variable's name in each complaint.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use jiff::tz::TimeZone;
use reprise_core::Signup;
use reprise_core::spotify::ClientSecret;
use url::{Host, Url};

/// What the operator chose.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// `SPOTIFY_CLIENT_ID` and `SPOTIFY_CLIENT_SECRET`; without them `serve` is a demo.
    pub(crate) credentials: Option<(String, ClientSecret)>,
    /// `SPOTIFY_API_URL`
    pub(crate) api_url: Url,
    /// `SPOTIFY_ACCOUNTS_URL`
    pub(crate) accounts_url: Url,
    /// `REPRISE_BASE_URL`
    pub(crate) base_url: Url,
    /// `REPRISE_BIND`
    pub(crate) bind: SocketAddr,
    /// `REPRISE_DATA_DIR`
    pub(crate) data_dir: PathBuf,
    /// `DATABASE_URL`; a file in the data directory if unset.
    pub(crate) database_url: Option<String>,
    /// `REPRISE_KEY_FILE`; a file in the data directory if unset.
    pub(crate) key_file: Option<PathBuf>,
    /// `REPRISE_SIGNUP`
    pub(crate) signup: Signup,
    /// `REPRISE_DAILY_CALLS`
    pub(crate) daily_calls: u32,
    /// `REPRISE_TIME_ZONE`
    pub(crate) time_zone: TimeZone,
    /// `REPRISE_WEBHOOK_URL`
    pub(crate) webhook_url: Option<Url>,
    /// For tests, and only against a Spotify on loopback: whose clock to follow, and where to die.
    pub(crate) test: TestSettings,
}

/// Settings that only tests use.
#[derive(Debug, Clone, Default)]
pub(crate) struct TestSettings {
    /// `REPRISE_TEST_CLOCK`: a simulator whose time is ours.
    pub(crate) clock: Option<Url>,
    /// `REPRISE_TEST_KILL`: the failpoint, and the pass, at which to die.
    pub(crate) kill: Option<String>,
    /// `REPRISE_TEST_TIMEOUT_MS`: gives requests up sooner.
    pub(crate) timeout_ms: Option<u64>,
}

/// Reads the process's environment.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Settings {
    pub(crate) fn read(get: Lookup<'_>) -> anyhow::Result<Self> {
        let credentials = match (get("SPOTIFY_CLIENT_ID"), get("SPOTIFY_CLIENT_SECRET")) {
            (Some(id), Some(secret)) => Some((id, ClientSecret::new(secret))),
            (None, None) => None,
            (Some(_), None) => anyhow::bail!(
                "SPOTIFY_CLIENT_SECRET is missing; SPOTIFY_CLIENT_ID is set. Both are on the app's page in Spotify's developer dashboard"
            ),
            (None, Some(_)) => anyhow::bail!(
                "SPOTIFY_CLIENT_ID is missing; SPOTIFY_CLIENT_SECRET is set. Both are on the app's page in Spotify's developer dashboard"
            ),
        };
        let base_url =
            base_url(&get("REPRISE_BASE_URL").unwrap_or_else(|| "http://127.0.0.1:8080".to_owned()))?;
        let mut api_url = url(get, "SPOTIFY_API_URL", reprise_core::spotify::api::API_URL)?;
        if api_url.path() == "/" {
            // A host alone means the one version there is.
            api_url.set_path("/v1");
        }
        let settings = Self {
            credentials,
            bind: bind(get, &base_url)?,
            accounts_url: url(get, "SPOTIFY_ACCOUNTS_URL", reprise_core::spotify::accounts::ACCOUNTS_URL)?,
            api_url,
            base_url,
            data_dir: get("REPRISE_DATA_DIR").map_or_else(|| PathBuf::from("data"), PathBuf::from),
            database_url: get("DATABASE_URL"),
            key_file: get("REPRISE_KEY_FILE").map(PathBuf::from),
            signup: match get("REPRISE_SIGNUP").as_deref() {
                None | Some("invite") => Signup::Invite,
                Some("open") => Signup::Open,
                Some(other) => anyhow::bail!("REPRISE_SIGNUP is {other:?}; it can be \"invite\" or \"open\""),
            },
            daily_calls: match get("REPRISE_DAILY_CALLS") {
                None => 1500,
                Some(text) => text.trim().parse().ok().filter(|calls| *calls >= 50).ok_or_else(|| {
                    anyhow::anyhow!("REPRISE_DAILY_CALLS is {text:?}; it must be a whole number of at least 50 (calls to Spotify a day)")
                })?,
            },
            time_zone: match get("REPRISE_TIME_ZONE") {
                None => TimeZone::UTC,
                Some(name) => TimeZone::get(&name).map_err(|_| {
                    anyhow::anyhow!("REPRISE_TIME_ZONE is {name:?}; it must be an IANA name such as \"Europe/Berlin\"")
                })?,
            },
            webhook_url: optional_url(get, "REPRISE_WEBHOOK_URL")?,
            test: TestSettings {
                clock: optional_url(get, "REPRISE_TEST_CLOCK")?,
                kill: get("REPRISE_TEST_KILL"),
                timeout_ms: get("REPRISE_TEST_TIMEOUT_MS").and_then(|text| text.parse().ok()),
            },
        };
        settings.refuse_test_settings_elsewhere()?;
        Ok(settings)
    }

    fn refuse_test_settings_elsewhere(&self) -> anyhow::Result<()> {
        let test = &self.test;
        let uses_them = test.clock.is_some() || test.kill.is_some() || test.timeout_ms.is_some();
        let loopback = |url: &Url| is_loopback(url);
        let all_here = [Some(&self.api_url), Some(&self.accounts_url), test.clock.as_ref()]
            .into_iter()
            .flatten()
            .all(loopback);
        if uses_them && !all_here {
            anyhow::bail!(
                "REPRISE_TEST_… settings work only against a simulated Spotify on loopback; remove them"
            );
        }
        Ok(())
    }
}

/// Whether a URL's host is a loopback address literal.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(_)) | None => false,
    }
}

fn base_url(text: &str) -> anyhow::Result<Url> {
    let hint = "use https://your.domain, or http://127.0.0.1:8080 on this machine";
    let url = Url::parse(text.trim())
        .map_err(|_| anyhow::anyhow!("REPRISE_BASE_URL is {text:?}, which is no URL; {hint}"))?;
    if url.path() != "/" || url.query().is_some() || !url.username().is_empty() {
        anyhow::bail!(
            "REPRISE_BASE_URL is {text:?}; it must be a scheme, a host and perhaps a port, nothing more"
        );
    }
    if url.host_str() == Some("localhost") {
        anyhow::bail!(
            "REPRISE_BASE_URL is {text:?}, but Spotify refuses \"localhost\"; use 127.0.0.1 instead"
        );
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => anyhow::bail!(
            "REPRISE_BASE_URL is {text:?}, but Spotify sends listeners back only to https or to a loopback address; {hint}"
        ),
        _ => anyhow::bail!("REPRISE_BASE_URL is {text:?}; {hint}"),
    }
}

/// Where to listen: as told, else where a loopback base URL points, else on loopback behind a proxy.
fn bind(get: Lookup<'_>, base_url: &Url) -> anyhow::Result<SocketAddr> {
    if let Some(text) = get("REPRISE_BIND") {
        return text.trim().parse().map_err(|_| {
            anyhow::anyhow!(
                "REPRISE_BIND is {text:?}; it must be an address and a port, such as 127.0.0.1:8080"
            )
        });
    }
    let port = if base_url.scheme() == "http" { base_url.port_or_known_default() } else { None };
    let ip = match base_url.host() {
        Some(Host::Ipv4(ip)) if ip.is_loopback() => IpAddr::V4(ip),
        Some(Host::Ipv6(ip)) if ip.is_loopback() => IpAddr::V6(ip),
        _ => IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    Ok(SocketAddr::new(ip, port.unwrap_or(8080)))
}

fn url(get: Lookup<'_>, name: &str, default: &str) -> anyhow::Result<Url> {
    match optional_url(get, name)? {
        Some(url) => Ok(url),
        None => Ok(Url::parse(default)?),
    }
}

fn optional_url(get: Lookup<'_>, name: &str) -> anyhow::Result<Option<Url>> {
    let Some(text) = get(name) else { return Ok(None) };
    let url = Url::parse(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    // The value may hold a secret (a webhook's does), so it is not repeated.
    url.map(Some).ok_or_else(|| anyhow::anyhow!("{name} is no http or https URL"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> anyhow::Result<Settings> {
        let get =
            |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Settings::read(&get)
    }

    #[test]
    fn nothing_set_is_a_demo_on_loopback() {
        let settings = read(&[]).unwrap();
        assert!(settings.credentials.is_none());
        assert_eq!(settings.bind.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.api_url.as_str(), "https://api.spotify.com/v1");
    }

    #[test]
    fn a_wrong_setting_is_named_with_the_way_out() {
        let cases = [
            (("REPRISE_BASE_URL", "http://localhost:8080"), "use 127.0.0.1"),
            (("REPRISE_BASE_URL", "http://192.168.1.2:8080"), "https"),
            (("REPRISE_BASE_URL", "https://x.example/app"), "nothing more"),
            (("REPRISE_BASE_URL", "reprise"), "no URL"),
            (("REPRISE_SIGNUP", "closed"), "\"invite\" or \"open\""),
            (("REPRISE_DAILY_CALLS", "many"), "at least 50"),
            (("REPRISE_TIME_ZONE", "Berlin"), "Europe/Berlin"),
            (("REPRISE_BIND", "8080"), "127.0.0.1:8080"),
            (("SPOTIFY_CLIENT_ID", "x"), "SPOTIFY_CLIENT_SECRET is missing"),
            (("REPRISE_TEST_KILL", "x"), "only against a simulated Spotify"),
        ];
        for ((name, value), hint) in cases {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(hint), "{name}={value}: {error}");
        }
    }

    #[test]
    fn a_secret_in_a_webhook_is_not_repeated() {
        let error = read(&[("REPRISE_WEBHOOK_URL", "ftp://hook/TOPSECRET")]).unwrap_err().to_string();
        assert!(!error.contains("TOPSECRET"));
    }
}
