//! Every setting, read once when the function begins, with the variable's name in each complaint.

use reprise_core::machine::settings::{BadSetting, Choices, Lookup, base_url};
use url::Url;

/// Which part of Reprise this function is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Pages behind an address.
    Web,
    /// The weekly archive: a dispatcher on a timer, workers behind a queue.
    Archive,
}

/// What the stack's template sets.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// `REPRISE_ROLE`
    pub(crate) role: Role,
    /// `REPRISE_TABLE`
    pub(crate) table: String,
    /// `REPRISE_DUE_PARTITIONS`
    pub(crate) due_partitions: u16,
    /// `REPRISE_KEY_ID`
    pub(crate) key_id: String,
    /// `REPRISE_QUEUE_URL`; only a dispatcher has it.
    pub(crate) queue_url: Option<String>,
    /// `REPRISE_DEPLOYMENT`
    pub(crate) deployment: String,
    /// `SPOTIFY_CLIENT_ID`
    pub(crate) client_id: String,
    /// `SPOTIFY_CLIENT_SECRET_PARAMETER`
    pub(crate) client_secret_parameter: String,
    /// `REPRISE_BASE_URL`; without it the address is the one that is asked.
    pub(crate) base_url: Option<Url>,
    /// What the operator chose, as everywhere.
    pub(crate) choices: Choices,
}

/// Reads the process's environment; what is empty is not set.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

impl Settings {
    pub(crate) fn read(get: Lookup<'_>) -> Result<Self, BadSetting> {
        let need = |name: &str, what: &str| {
            get(name).ok_or_else(|| {
                BadSetting::new(format!("{name} is not set; it must be {what}, and template.yaml sets it"))
            })
        };
        Ok(Self {
            role: match need("REPRISE_ROLE", "\"web\" or \"archive\"")?.as_str() {
                "web" => Role::Web,
                "archive" => Role::Archive,
                other => {
                    let text = format!("REPRISE_ROLE is {other:?}; it must be \"web\" or \"archive\"");
                    return Err(BadSetting::new(text));
                }
            },
            table: need("REPRISE_TABLE", "the table's name")?,
            due_partitions: match get("REPRISE_DUE_PARTITIONS") {
                None => 16,
                Some(text) => {
                    text.trim().parse().ok().filter(|parts| (1..=256).contains(parts)).ok_or_else(|| {
                        BadSetting::new(format!(
                            "REPRISE_DUE_PARTITIONS is {text:?}; it must be a whole number from 1 to 256"
                        ))
                    })?
                }
            },
            key_id: need("REPRISE_KEY_ID", "the id or ARN of the key")?,
            queue_url: get("REPRISE_QUEUE_URL"),
            deployment: need("REPRISE_DEPLOYMENT", "the stack's name")?,
            client_id: need("SPOTIFY_CLIENT_ID", "the app's client id, from Spotify's developer dashboard")?,
            client_secret_parameter: need(
                "SPOTIFY_CLIENT_SECRET_PARAMETER",
                "the name of the parameter with the app's client secret",
            )?,
            base_url: get("REPRISE_BASE_URL").map(|text| base_url(&text)).transpose()?,
            choices: Choices::read(get)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [(&str, &str); 6] = [
        ("REPRISE_ROLE", "web"),
        ("REPRISE_TABLE", "reprise"),
        ("REPRISE_KEY_ID", "key"),
        ("REPRISE_DEPLOYMENT", "reprise"),
        ("SPOTIFY_CLIENT_ID", "id"),
        ("SPOTIFY_CLIENT_SECRET_PARAMETER", "/reprise/secret"),
    ];

    fn read(change: (&str, Option<&str>)) -> Result<Settings, BadSetting> {
        let get = |name: &str| {
            let value = if name == change.0 {
                change.1
            } else {
                GOOD.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
            };
            value.map(str::to_owned)
        };
        Settings::read(&get)
    }

    #[test]
    fn what_the_template_must_set_is_named_when_it_is_missing() {
        assert!(read(("", None)).is_ok());
        for (name, _) in GOOD {
            let error = read((name, None)).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name} is not set; it must be ")), "{error}");
        }
    }

    #[test]
    fn a_wrong_setting_is_named_with_the_way_out() {
        let cases = [
            ("REPRISE_ROLE", "poll", "\"web\" or \"archive\""),
            ("REPRISE_DUE_PARTITIONS", "0", "1 to 256"),
            ("REPRISE_DUE_PARTITIONS", "many", "1 to 256"),
            ("REPRISE_BASE_URL", "http://reprise.example", "https"),
            ("REPRISE_SIGNUP", "closed", "invite"),
            ("REPRISE_TEST_KILL", "archive.planned", "only against a simulated Spotify"),
        ];
        for (name, value, hint) in cases {
            let error = read((name, Some(value))).unwrap_err().to_string();
            assert!(error.contains(hint), "{name}={value}: {error}");
        }
    }

    #[test]
    fn the_address_is_the_one_that_is_asked_unless_one_is_set() {
        assert_eq!(read(("", None)).unwrap().base_url, None);
        let set = read(("REPRISE_BASE_URL", Some("https://reprise.example"))).unwrap();
        assert_eq!(set.base_url.unwrap().as_str(), "https://reprise.example/");
    }
}
