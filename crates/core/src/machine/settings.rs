//! Settings that every binary reads alike, with the variable's name in each complaint.

use jiff::tz::TimeZone;
use url::{Host, Url};

use crate::Signup;
use crate::spotify::{accounts, api};

/// Looks a setting up by its variable's name; `None` if it is not set.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A setting that cannot be used: which, and what it can be.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct BadSetting(String);

impl BadSetting {
    /// The whole sentence, with the variable's name and the way out.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// What the operator chose, whichever way Reprise runs.
#[derive(Debug, Clone)]
pub struct Choices {
    /// `SPOTIFY_API_URL`
    pub api_url: Url,
    /// `SPOTIFY_ACCOUNTS_URL`
    pub accounts_url: Url,
    /// `REPRISE_SIGNUP`
    pub signup: Signup,
    /// `REPRISE_DAILY_CALLS`
    pub daily_calls: u32,
    /// `REPRISE_TIME_ZONE`
    pub time_zone: TimeZone,
    /// `REPRISE_WEBHOOK_URL`
    pub webhook_url: Option<Url>,
    /// For tests, and only against a Spotify on loopback: whose clock to follow, and where to die.
    pub test: TestSettings,
}

/// Settings that only tests use.
#[derive(Debug, Clone, Default)]
pub struct TestSettings {
    /// `REPRISE_TEST_CLOCK`: a simulator whose time is ours.
    pub clock: Option<Url>,
    /// `REPRISE_TEST_KILL`: the failpoint, and the pass, at which to die.
    pub kill: Option<String>,
    /// `REPRISE_TEST_TIMEOUT_MS`: gives requests up sooner.
    pub timeout_ms: Option<u64>,
}

impl Choices {
    /// Reads them.
    pub fn read(get: Lookup<'_>) -> Result<Self, BadSetting> {
        let mut api_url = url(get, "SPOTIFY_API_URL", api::API_URL)?;
        if api_url.path() == "/" {
            // A host alone means the one version there is.
            api_url.set_path("/v1");
        }
        let choices = Self {
            accounts_url: url(get, "SPOTIFY_ACCOUNTS_URL", accounts::ACCOUNTS_URL)?,
            api_url,
            signup: match get("REPRISE_SIGNUP").as_deref() {
                None | Some("invite") => Signup::Invite,
                Some("open") => Signup::Open,
                Some(other) => {
                    let text = format!("REPRISE_SIGNUP is {other:?}; it can be \"invite\" or \"open\"");
                    return Err(BadSetting(text));
                }
            },
            daily_calls: match get("REPRISE_DAILY_CALLS") {
                None => 1500,
                Some(text) => text.trim().parse().ok().filter(|calls| *calls >= 50).ok_or_else(|| {
                    BadSetting(format!("REPRISE_DAILY_CALLS is {text:?}; it must be a whole number of at least 50 (calls to Spotify a day)"))
                })?,
            },
            time_zone: match get("REPRISE_TIME_ZONE") {
                None => TimeZone::UTC,
                Some(name) => TimeZone::get(&name).map_err(|_| {
                    BadSetting(format!("REPRISE_TIME_ZONE is {name:?}; it must be an IANA name such as \"Europe/Berlin\""))
                })?,
            },
            webhook_url: optional_url(get, "REPRISE_WEBHOOK_URL")?,
            test: TestSettings {
                clock: optional_url(get, "REPRISE_TEST_CLOCK")?,
                kill: get("REPRISE_TEST_KILL"),
                timeout_ms: get("REPRISE_TEST_TIMEOUT_MS").and_then(|text| text.parse().ok()),
            },
        };
        choices.refuse_test_settings_elsewhere()?;
        Ok(choices)
    }

    fn refuse_test_settings_elsewhere(&self) -> Result<(), BadSetting> {
        let test = &self.test;
        let uses_them = test.clock.is_some() || test.kill.is_some() || test.timeout_ms.is_some();
        let all_here = [Some(&self.api_url), Some(&self.accounts_url), test.clock.as_ref()]
            .into_iter()
            .flatten()
            .all(is_loopback);
        if uses_them && !all_here {
            return Err(BadSetting::new(
                "REPRISE_TEST_… settings work only against a simulated Spotify on loopback; remove them",
            ));
        }
        Ok(())
    }
}

/// Whether a URL's host is a loopback address literal.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(_)) | None => false,
    }
}

/// The address under which listeners reach this installation, from `REPRISE_BASE_URL`.
pub fn base_url(text: &str) -> Result<Url, BadSetting> {
    let hint = "use https://your.domain, or http://127.0.0.1:8080 on this machine";
    let url = Url::parse(text.trim())
        .map_err(|_| BadSetting(format!("REPRISE_BASE_URL is {text:?}, which is no URL; {hint}")))?;
    if url.path() != "/" || url.query().is_some() || !url.username().is_empty() {
        return Err(BadSetting(format!(
            "REPRISE_BASE_URL is {text:?}; it must be a scheme, a host and perhaps a port, nothing more"
        )));
    }
    if url.host_str() == Some("localhost") {
        return Err(BadSetting(format!(
            "REPRISE_BASE_URL is {text:?}, but Spotify refuses \"localhost\"; use 127.0.0.1 instead"
        )));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(BadSetting(format!(
            "REPRISE_BASE_URL is {text:?}, but Spotify sends listeners back only to https or to a loopback address; {hint}"
        ))),
        _ => Err(BadSetting(format!("REPRISE_BASE_URL is {text:?}; {hint}"))),
    }
}

fn url(get: Lookup<'_>, name: &str, default: &str) -> Result<Url, BadSetting> {
    match optional_url(get, name)? {
        Some(url) => Ok(url),
        None => Url::parse(default).map_err(|error| BadSetting(format!("{name}: {error}"))),
    }
}

fn optional_url(get: Lookup<'_>, name: &str) -> Result<Option<Url>, BadSetting> {
    let Some(text) = get(name) else { return Ok(None) };
    let url = Url::parse(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    // The value may hold a secret (a webhook's does), so it is not repeated.
    url.map(Some).ok_or_else(|| BadSetting(format!("{name} is no http or https URL")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Choices, BadSetting> {
        let get =
            |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Choices::read(&get)
    }

    #[test]
    fn nothing_set_is_spotify_itself_by_invitation() {
        let choices = read(&[]).unwrap();
        assert_eq!(choices.api_url.as_str(), "https://api.spotify.com/v1");
        assert_eq!((choices.signup, choices.daily_calls), (Signup::Invite, 1500));
    }

    #[test]
    fn a_wrong_setting_is_named_with_the_way_out() {
        let cases = [
            (("REPRISE_SIGNUP", "closed"), "\"invite\" or \"open\""),
            (("REPRISE_DAILY_CALLS", "many"), "at least 50"),
            (("REPRISE_TIME_ZONE", "Berlin"), "Europe/Berlin"),
            (("SPOTIFY_API_URL", "spotify"), "no http or https URL"),
        ];
        for ((name, value), hint) in cases {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(hint), "{name}={value}: {error}");
        }
    }

    #[test]
    fn settings_of_tests_are_refused_unless_spotify_is_simulated_here() {
        let here =
            [("SPOTIFY_API_URL", "http://127.0.0.1:9"), ("SPOTIFY_ACCOUNTS_URL", "http://127.0.0.1:9")];
        for setting in [
            ("REPRISE_TEST_KILL", "archive.planned"),
            ("REPRISE_TEST_CLOCK", "http://127.0.0.1:9"),
            ("REPRISE_TEST_TIMEOUT_MS", "9"),
        ] {
            assert!(read(&[here[0], here[1], setting]).is_ok());
            for elsewhere in [&[setting][..], &[here[0], setting], &[here[1], setting]] {
                let error = read(elsewhere).unwrap_err().to_string();
                assert!(error.contains("only against a simulated Spotify"), "{error}");
            }
        }
        let clock = ("REPRISE_TEST_CLOCK", "http://time.example");
        assert!(read(&[here[0], here[1], clock]).is_err());
    }

    #[test]
    fn a_wrong_base_url_is_refused_with_the_way_out() {
        let cases = [
            ("http://localhost:8080", "use 127.0.0.1"),
            ("http://192.168.1.2:8080", "https"),
            ("https://x.example/app", "nothing more"),
            ("reprise", "no URL"),
        ];
        for (value, hint) in cases {
            let error = base_url(value).unwrap_err().to_string();
            assert!(error.contains("REPRISE_BASE_URL") && error.contains(hint), "{value}: {error}");
        }
    }

    #[test]
    fn a_secret_in_a_webhook_is_not_repeated() {
        let error = read(&[("REPRISE_WEBHOOK_URL", "ftp://hook/TOPSECRET")]).unwrap_err().to_string();
        assert!(!error.contains("TOPSECRET"));
    }
}
