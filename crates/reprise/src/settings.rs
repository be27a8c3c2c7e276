//! Every setting, read once, with the variable's name in each complaint.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

#[cfg(feature = "aws")]
use anyhow::Context;
use jiff::tz::TimeZone;
use reprise_core::Signup;
use reprise_core::machine::settings::{Choices, Lookup, TestSettings, base_url};
use reprise_core::moving::Passphrase;
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
    /// Whether it was set; where a deployed installation is reached is not known otherwise.
    pub(crate) has_base_url: bool,
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
    /// `REPRISE_EXPORT_PASSPHRASE`: opens the file of a whole installation.
    pub(crate) export_passphrase: Option<Passphrase>,
    /// `REPRISE_KEY_ID`, `REPRISE_DEPLOYMENT` and `REPRISE_DUE_PARTITIONS`, for a deployed table.
    #[cfg(feature = "aws")]
    pub(crate) aws: AwsSettings,
    /// For tests, and only against a Spotify on loopback: whose clock to follow, and where to die.
    pub(crate) test: TestSettings,
}

/// Which table and key are a deployed installation's.
#[cfg(feature = "aws")]
#[derive(Debug, Clone)]
pub(crate) struct AwsSettings {
    /// The wrapping key in KMS and the installation's name in everything sealed; without them, only
    /// what is not sealed can be reached.
    pub(crate) key: Option<(String, String)>,
    /// Over how many parts of its index the table's due work is spread.
    pub(crate) due_partitions: u16,
}

#[cfg(feature = "aws")]
impl AwsSettings {
    fn read(get: Lookup<'_>) -> anyhow::Result<Self> {
        let key = match (get("REPRISE_KEY_ID"), get("REPRISE_DEPLOYMENT")) {
            (Some(key_id), Some(deployment)) => Some((key_id, deployment)),
            (None, None) => None,
            (Some(_), None) => anyhow::bail!(
                "REPRISE_DEPLOYMENT is missing; REPRISE_KEY_ID is set. It is the name under which the stack was deployed"
            ),
            (None, Some(_)) => anyhow::bail!(
                "REPRISE_KEY_ID is missing; REPRISE_DEPLOYMENT is set. The key's id is among the stack's resources"
            ),
        };
        let due_partitions = match get("REPRISE_DUE_PARTITIONS") {
            None => 16,
            Some(text) => text.trim().parse().ok().filter(|parts| *parts > 0).with_context(|| {
                format!("REPRISE_DUE_PARTITIONS is {text:?}; it must be the whole number that the stack was deployed with (16 unless it was changed)")
            })?,
        };
        Ok(Self { key, due_partitions })
    }
}

/// Reads the process's environment.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

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
        let choices = Choices::read(get)?;
        Ok(Self {
            credentials,
            bind: bind(get, &base_url)?,
            base_url,
            has_base_url: get("REPRISE_BASE_URL").is_some(),
            data_dir: get("REPRISE_DATA_DIR").map_or_else(|| PathBuf::from("data"), PathBuf::from),
            database_url: get("DATABASE_URL"),
            key_file: get("REPRISE_KEY_FILE").map(PathBuf::from),
            api_url: choices.api_url,
            accounts_url: choices.accounts_url,
            signup: choices.signup,
            daily_calls: choices.daily_calls,
            time_zone: choices.time_zone,
            webhook_url: choices.webhook_url,
            export_passphrase: get("REPRISE_EXPORT_PASSPHRASE").map(Passphrase::new),
            #[cfg(feature = "aws")]
            aws: AwsSettings::read(get)?,
            test: choices.test,
        })
    }
}

impl Settings {
    /// Whether the address under which listeners reach the installation is known.
    pub(crate) fn knows_address(&self) -> bool {
        self.has_base_url || !self.is_deployed()
    }

    /// Whether the data is a deployed installation's.
    pub(crate) fn is_deployed(&self) -> bool {
        self.database_url.as_ref().is_some_and(|url| url.starts_with("dynamodb:"))
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
            (("REPRISE_SIGNUP", "closed"), "\"invite\" or \"open\""),
            (("REPRISE_BIND", "8080"), "127.0.0.1:8080"),
            (("SPOTIFY_CLIENT_ID", "x"), "SPOTIFY_CLIENT_SECRET is missing"),
            (("REPRISE_TEST_KILL", "x"), "only against a simulated Spotify"),
        ];
        for ((name, value), hint) in cases {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(hint), "{name}={value}: {error}");
        }
    }
}
