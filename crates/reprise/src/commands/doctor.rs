//! `reprise doctor`

use jiff::Timestamp;
use reprise_core::moving::{self, MoveError};
use reprise_core::spotify::{AccountsError, RefreshToken};
use reprise_core::vault::Purpose;
use reprise_domain::token::GrantState;
use serde_json::json;

use super::all_users;
use crate::house::House;
use crate::out::Out;
use crate::settings::Settings;

/// How one check went.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    Bad,
    Note,
}

struct Report {
    out: Out,
    bad: usize,
}

impl Report {
    fn say(&mut self, verdict: Verdict, what: &str, detail: &str) {
        let mark = match verdict {
            Verdict::Good => "ok  ",
            Verdict::Bad => "FAIL",
            Verdict::Note => "note",
        };
        self.bad += usize::from(verdict == Verdict::Bad);
        let ok = verdict != Verdict::Bad;
        self.out
            .say(format!("{mark}  {what}: {detail}"), &json!({ "check": what, "ok": ok, "detail": detail }));
    }
}

pub(crate) async fn run(settings: &Settings, out: Out) -> anyhow::Result<()> {
    let mut report = Report { out, bad: 0 };
    let house = match House::open(settings).await {
        Ok(house) => house,
        Err(error) => {
            report.say(Verdict::Bad, "data and key", &format!("{error:#}"));
            anyhow::bail!("1 check failed");
        }
    };
    data(&house, settings, &mut report).await?;
    credentials(&house, settings, &mut report).await;
    if settings.knows_address() {
        let redirect = house.core.config.redirect_uri();
        report.say(
            Verdict::Note,
            "redirect URI",
            &format!("register exactly this in Spotify's developer dashboard: {redirect}"),
        );
    }
    budget(&house, &mut report).await?;
    listeners(&house, &mut report).await?;
    house.close().await;
    match report.bad {
        0 => Ok(()),
        1 => anyhow::bail!("1 check failed"),
        bad => anyhow::bail!("{bad} checks failed"),
    }
}

/// Whether the store answers, the key seals and opens, and the installation works at all.
async fn data(house: &House, settings: &Settings, report: &mut Report) -> anyhow::Result<()> {
    const WHAT: &str = "data and key";
    let stands = moving::need_open(&house.core).await;
    let now = house.core.ports.clock.now();
    let sealed = house.core.vault.seal("doctor", Purpose::Csrf, b"doctor", now).await;
    match sealed {
        Ok(_) if house.is_local() => {
            let dir = settings.data_dir.display();
            report.say(Verdict::Good, WHAT, &format!("{dir} is readable and writable, and private"));
        }
        Ok(_) => report.say(Verdict::Good, WHAT, "the table answers, and the key opens what it wrapped"),
        Err(error) => report.say(Verdict::Bad, WHAT, &error.to_string()),
    }
    match stands {
        Ok(()) => Ok(()),
        Err(MoveError::Store(error)) => Err(error.into()),
        Err(closed) => {
            report.say(Verdict::Bad, "installation", &closed.to_string());
            Ok(())
        }
    }
}

/// Asks with a token that cannot be valid: what Spotify minds first tells whether it knows the app.
async fn credentials(house: &House, settings: &Settings, report: &mut Report) {
    const WHAT: &str = "Spotify app";
    if settings.credentials.is_none() {
        return report.say(Verdict::Note, WHAT, "no credentials: `reprise serve` runs the demo");
    }
    match house.core.accounts.refresh(&RefreshToken::new("doctor")).await {
        Err(AccountsError::InvalidGrant { .. } | AccountsError::Invalid { .. }) | Ok(_) => {
            report.say(Verdict::Good, WHAT, "Spotify accepts the client id and secret");
        }
        Err(AccountsError::InvalidClient) => report.say(
            Verdict::Bad,
            WHAT,
            "Spotify does not accept the client id and secret; compare both with the app's page in the developer dashboard",
        ),
        Err(error @ (AccountsError::RateLimited { .. } | AccountsError::Unavailable { .. })) => {
            report.say(Verdict::Bad, WHAT, &format!("{error}; is the network up?"));
        }
    }
}

async fn budget(house: &House, report: &mut Report) -> anyhow::Result<()> {
    let state = house.core.budget.state().await?;
    let used = state.used.total();
    report.say(
        Verdict::Good,
        "call budget",
        &format!("{used} of {} calls used in the last 24 hours", state.per_day),
    );
    for (bucket, until) in state.locks {
        let detail =
            format!("Spotify has locked {} until {until}; nothing is lost, work goes on then", bucket.name());
        report.say(Verdict::Bad, "lockout", &detail);
    }
    Ok(())
}

async fn listeners(house: &House, report: &mut Report) -> anyhow::Result<()> {
    let now: Timestamp = house.core.ports.clock.now();
    let users = all_users(house).await?;
    for user in &users {
        let who = format!("listener {}", user.spotify_id);
        let Some(grant) = house.core.ports.tokens.grant(&user.id).await?.map(|read| read.value) else {
            report.say(Verdict::Bad, &who, "has no stored consent; they should sign in again");
            continue;
        };
        let until = grant.reauth_by.strftime("%-d %B %Y");
        match grant.state {
            GrantState::ReauthRequired { .. } => {
                report.say(
                    Verdict::Bad,
                    &who,
                    "must connect Spotify again: they sign in on the site and press Connect",
                );
            }
            GrantState::Backoff { until, .. } if until > now => {
                report.say(
                    Verdict::Note,
                    &who,
                    &format!("Spotify could not be asked; tried again at {until}"),
                );
            }
            _ => report.say(Verdict::Good, &who, &format!("consent until {until}")),
        }
    }
    if users.is_empty() {
        report.say(
            Verdict::Note,
            "listeners",
            "nobody has signed up yet; `reprise invite` makes a sign-up link",
        );
    }
    Ok(())
}
