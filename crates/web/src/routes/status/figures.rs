//! The figures of the status page.

use reprise_core::archive::work;
use reprise_core::ports::{CheckKind, CheckOutcome, Checklist, RunOutcome, User};
use reprise_domain::archive::Source;
use reprise_domain::budget::{Purpose, RESERVED};
use reprise_domain::time::{earlier, hours};
use reprise_domain::token::{GrantState, Reauth};

use crate::answer::Failure;
use crate::pages::status::model::{Budget, BudgetPart, Consent, ConsentState, NextLook, Run};
use crate::paths;
use crate::routes::{home, weeks};
use crate::state::App;
use crate::view::model::{Check, CheckState};

/// Spotify's access tokens live so long.
const TOKEN_LIFE: std::time::Duration = hours(1);

/// Runs shown.
const RUNS: usize = 20;

const KINDS: [CheckKind; 7] = [
    CheckKind::Scopes,
    CheckKind::OwnerPremium,
    CheckKind::AllowList,
    CheckKind::ArchiveReadBack,
    CheckKind::DiscoverWeekly,
    CheckKind::Playback,
    CheckKind::Context,
];

fn what(kind: CheckKind) -> &'static str {
    match kind {
        CheckKind::Scopes => "You agreed to everything that is needed",
        CheckKind::OwnerPremium => "The app’s owner has Spotify Premium",
        CheckKind::AllowList => "You are on the app’s list of users",
        CheckKind::ArchiveReadBack => "The archive playlist can be written and read back",
        CheckKind::DiscoverWeekly => "Discover Weekly can be read",
        CheckKind::Playback => "What you play can be read",
        CheckKind::Context => "Plays say from which list they come",
    }
}

/// The checklist as it was kept; before the first, every line is under way.
pub(super) fn checks(list: Option<&Checklist>) -> Vec<Check> {
    let Some(list) = list else {
        let pending =
            |kind| Check { state: CheckState::Pending, what: what(kind).to_owned(), found: None, todo: None };
        return KINDS.map(pending).into();
    };
    let line = |check: &reprise_core::ports::Check| {
        let state = match check.outcome {
            CheckOutcome::Passed => CheckState::Pass,
            CheckOutcome::Failed => CheckState::Fail,
            CheckOutcome::OtherWay => CheckState::OtherWay,
            CheckOutcome::Unknown => CheckState::Unknown,
        };
        let (found, todo) = if state == CheckState::Fail {
            (None, Some(check.detail.clone()))
        } else {
            (Some(check.detail.clone()), None)
        };
        Check { state, what: what(check.kind).to_owned(), found, todo }
    };
    list.checks.iter().map(line).collect()
}

pub(super) async fn consent(app: &App, user: &User) -> Result<Consent, Failure> {
    let fields = vec![("return_to".to_owned(), paths::STATUS.to_owned())];
    let Some(grant) = app.core.ports.tokens.grant(&user.id).await?.map(|read| read.value) else {
        let state = ConsentState::Needed { why: "there is none".to_owned(), retry: false };
        return Ok(Consent { authorized_at: user.since, reauth_by: user.since, state, fields });
    };
    let state = match grant.state {
        GrantState::Fresh { expires, .. } => {
            ConsentState::Works { refreshed_at: Some(earlier(expires, TOKEN_LIFE)) }
        }
        GrantState::Stale | GrantState::Refreshing { .. } => ConsentState::Works { refreshed_at: None },
        GrantState::Backoff { until, .. } => ConsentState::Backoff { retry_at: until },
        GrantState::ReauthRequired { why, .. } => ConsentState::Needed {
            why: match why {
                Reauth::Expired => "the six months of your consent are over",
                Reauth::Revoked => "Spotify no longer accepts your consent",
                Reauth::Scope => "something needed was not allowed",
            }
            .to_owned(),
            retry: why == Reauth::Revoked,
        },
        GrantState::Disabled => ConsentState::Disabled,
    };
    Ok(Consent { authorized_at: grant.authorized_at, reauth_by: grant.reauth_by, state, fields })
}

pub(super) async fn budget(app: &App) -> Result<Budget, Failure> {
    let state = app.core.budget.state().await?;
    let used = |purposes: &[Purpose]| purposes.iter().map(|purpose| u64::from(state.used.of(*purpose))).sum();
    let part = |name: &str, purposes: &[Purpose], reserved| BudgetPart {
        name: name.to_owned(),
        used: used(purposes),
        reserved,
    };
    Ok(Budget {
        used: u64::from(state.used.total()),
        limit: u64::from(state.per_day),
        parts: vec![
            part("Archive and sign-up", &[Purpose::SignUp, Purpose::Archive], Some(u64::from(RESERVED))),
            part("History", &[Purpose::History], None),
            part("What plays now", &[Purpose::Track], None),
            part("Open dashboards", &[Purpose::Live], None),
            part("Names and covers", &[Purpose::Metadata], None),
        ],
        locked_until: state.locks.iter().map(|(_, until)| *until).max(),
    })
}

pub(super) async fn runs(app: &App, user: &User) -> Result<Vec<Run>, Failure> {
    let sources = app.core.ports.sources.sources(&user.id).await?;
    let called = |run: &reprise_core::ports::Run| {
        let source = sources.iter().find(|source| source.value.id == run.source);
        source.map_or_else(|| "a list".to_owned(), |source| weeks::title(&source.value))
    };
    let runs = app.core.ports.ledger.runs(&user.id, RUNS).await?;
    let line = |run: &reprise_core::ports::Run| Run {
        at: run.at,
        what: format!("Look at {}", called(run)),
        calls: run.calls,
        failed: matches!(run.outcome, RunOutcome::Failed { .. }),
        outcome: match &run.outcome {
            RunOutcome::NothingNew => "nothing new".to_owned(),
            RunOutcome::Worked { found: 0, added: 0, .. } => "went on".to_owned(),
            RunOutcome::Worked { found, added: 0, .. } => format!("{found} found"),
            RunOutcome::Worked { found: 0, added, .. } => format!("{added} added"),
            RunOutcome::Worked { found, added, .. } => format!("{found} found, {added} added"),
            RunOutcome::Failed { why } => why.clone(),
        },
    };
    Ok(runs.iter().map(line).collect())
}

pub(super) async fn next(
    app: &App,
    user: &User,
    consent: &Consent,
    budget: &Budget,
) -> Result<NextLook, Failure> {
    let ports = &app.core.ports;
    let none = |why: &str| NextLook { at: None, why: why.to_owned(), blocked: None };
    let id = Source::discover_weekly().id;
    let Some(source) = ports.sources.source(&user.id, &id).await?.filter(|read| read.value.enabled) else {
        return Ok(none("Discover Weekly is switched off in the settings"));
    };
    if matches!(consent.state, ConsentState::Needed { .. } | ConsentState::Disabled) {
        let why = "nothing is planned until you renew your consent";
        return Ok(NextLook {
            blocked: Some("“Look now” comes back with your consent.".to_owned()),
            ..none(why)
        });
    }
    let at = ports.due.due_at(&work(&user.id, &id)).await?;
    let why = if source.value.open.is_empty() {
        home::usual(app, user, &source.value, ports.clock.now())
            .map_or_else(|| "your first".to_owned(), |usual| format!("since new sets usually come {usual}"))
    } else {
        "to go on with what is under way".to_owned()
    };
    let blocked =
        budget.locked_until.map(|_| "“Look now” comes back when Spotify opens the door again.".to_owned());
    Ok(NextLook { at, why, blocked })
}
