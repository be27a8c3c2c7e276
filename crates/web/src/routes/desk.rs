//! The context of a listener's page: who they are, what they should know, what was just done.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reprise_core::ports::{Alert, AlertKind, Severity, User};
use reprise_domain::archive::TargetState;
use reprise_domain::time::{days, later};
use reprise_domain::token::{GrantState, WARN_DAYS};
use serde::Deserialize;

use crate::answer::{Failure, plain};
use crate::paths;
use crate::state::App;
use crate::view::{Ctx, Notice, NoticeAction};

/// A page shows at most so many alerts.
const NOTICES: usize = 4;

/// Alerts that are looked through for those that still matter.
const ALERTS: usize = 50;

/// What a form has just done; it travels in the address, as a word and never as a text.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    said: String,
}

/// One thing that a form may have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Saved,
    Pasted,
    Looked,
    Nothing,
    Looking,
    Busy,
    Failed,
    Rebuilding,
    Checked,
    Checking,
    Noted,
    Retried,
    Revoked,
    Enabled,
    Disabled,
    Welcome,
}

impl Word {
    const ALL: [Self; 16] = [
        Self::Saved,
        Self::Pasted,
        Self::Looked,
        Self::Nothing,
        Self::Looking,
        Self::Busy,
        Self::Failed,
        Self::Rebuilding,
        Self::Checked,
        Self::Checking,
        Self::Noted,
        Self::Retried,
        Self::Revoked,
        Self::Enabled,
        Self::Disabled,
        Self::Welcome,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::Pasted => "pasted",
            Self::Looked => "looked",
            Self::Nothing => "nothing",
            Self::Looking => "looking",
            Self::Busy => "busy",
            Self::Failed => "failed",
            Self::Rebuilding => "rebuilding",
            Self::Checked => "checked",
            Self::Checking => "checking",
            Self::Noted => "noted",
            Self::Retried => "retried",
            Self::Revoked => "revoked",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Welcome => "welcome",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Saved => "Settings saved.",
            Self::Pasted => "Taken in. The tracks are added within minutes.",
            Self::Looked => "Looked. What is new is below.",
            Self::Nothing => "Looked. There is nothing new.",
            Self::Looking => "Reprise is looking. Reload in a minute.",
            Self::Busy => "A look is under way already. Reload in a minute.",
            Self::Failed => "The look could not be finished; the status page says why.",
            Self::Rebuilding => "The archive is being rebuilt, oldest week first.",
            Self::Checked => "Checked.",
            Self::Checking => "Being checked. Reload in a minute.",
            Self::Noted => "Noted.",
            Self::Retried => "Spotify is asked again at the next look.",
            Self::Revoked => "The link no longer works.",
            Self::Enabled => "The listener is enabled again.",
            Self::Disabled => "The listener is disabled and signed out.",
            Self::Welcome => "Welcome. Reprise is taking its first look.",
        }
    }

    /// `path`, with this to be said there.
    pub(super) fn at(self, path: &str) -> String {
        format!("{path}?said={}", self.name())
    }
}

/// The context of a page of `user`'s.
pub(super) async fn ctx(app: &App, user: &User, said: &Said) -> Result<Ctx, Failure> {
    let mut ctx = plain(app, user).await?;
    ctx.notices = notices(app, user).await?;
    let word = Word::ALL.into_iter().find(|word| word.name() == said.said);
    ctx.flash = word.map(|word| word.words().to_owned());
    Ok(ctx)
}

/// The name of an alert in an address.
pub(super) fn alert_id(alert: &Alert) -> String {
    URL_SAFE_NO_PAD.encode(&alert.key)
}

/// The key of the alert so named.
pub(super) fn alert_key(id: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(id).ok()?).ok()
}

/// The listener's alerts that nobody has seen and that are still true, most urgent first.
async fn notices(app: &App, user: &User) -> Result<Vec<Notice>, Failure> {
    let mut alerts = app.core.ports.alerts.alerts(Some(&user.id), ALERTS).await?;
    alerts.retain(|alert| alert.acknowledged.is_none());
    let mut open: Vec<Alert> = Vec::new();
    for alert in alerts {
        // The newest of a kind says what the older ones said.
        let is_first = open.iter().all(|known| known.kind != alert.kind);
        if is_first && still_holds(app, user, &alert).await? {
            open.push(alert);
        }
    }
    open.sort_by_key(|alert| std::cmp::Reverse(alert.severity));
    open.truncate(NOTICES);
    Ok(open.iter().map(notice).collect())
}

/// Whether what an alert says has not been put right since.
async fn still_holds(app: &App, user: &User, alert: &Alert) -> Result<bool, Failure> {
    let ports = &app.core.ports;
    Ok(match alert.kind {
        AlertKind::ConsentNeeded => ports
            .tokens
            .grant(&user.id)
            .await?
            .is_some_and(|grant| matches!(grant.value.state, GrantState::ReauthRequired { .. })),
        AlertKind::ConsentEnds => ports.tokens.grant(&user.id).await?.is_some_and(|grant| {
            let soon = later(ports.clock.now(), days(u64::from(WARN_DAYS[0])));
            grant.value.reauth_by <= soon
        }),
        AlertKind::ArchiveGone => {
            let targets = ports.ledger.targets(&user.id).await?;
            targets.iter().any(|target| target.value.state == TargetState::Gone)
        }
        AlertKind::WeekMissing => {
            let (now, sources) = (ports.clock.now(), ports.sources.sources(&user.id).await?);
            sources.iter().any(|source| source.value.enabled && !source.value.turn.is_seen(now))
        }
        AlertKind::QuotaExceeded => !ports.budget.locks(ports.clock.now()).await?.is_empty(),
        _ => true,
    })
}

fn notice(alert: &Alert) -> Notice {
    let action = match alert.kind {
        AlertKind::ConsentNeeded | AlertKind::ConsentEnds => NoticeAction::Connect {
            words: "Renew at Spotify".to_owned(),
            fields: vec![("return_to".to_owned(), paths::STATUS.to_owned())],
        },
        AlertKind::ArchiveGone => {
            NoticeAction::Post { words: "Rebuild it".to_owned(), action: paths::ARCHIVE_REBUILD.to_owned() }
        }
        AlertKind::WeekMissing => NoticeAction::Link {
            words: "Paste the links".to_owned(),
            href: format!("{}#paste", paths::ARCHIVE),
        },
        _ => NoticeAction::Post { words: "Done".to_owned(), action: paths::alert_ack(&alert_id(alert)) },
    };
    Notice { text: alert.text.clone(), urgent: alert.severity == Severity::Critical, action: Some(action) }
}
