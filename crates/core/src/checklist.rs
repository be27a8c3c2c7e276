//! The live checklist: what works for this listener, and what to do about what does not.

use reprise_domain::archive::{Access, Rung, Source, SourceKind, TargetState};
use reprise_domain::ids::{PlaylistId, UserId};

use crate::Core;
use crate::archive;
use crate::grants::{GrantError, MIN_TTL};
use crate::ports::{Check, CheckKind, CheckOutcome, Checklist, StoreError, User, Versioned, Written};
use crate::spotify::scopes::{Feature, GrantedScopes};
use crate::spotify::{AccessToken, ForbiddenWhy, PlaylistDetails, Purpose, SpotifyError};

/// Why a checklist could not be run at all.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ChecklistError {
    /// There is no such listener.
    #[error("there is no such listener")]
    NoListener,
    /// There is no access token.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Runs the checklist, keeps it with the listener, and learns where Discover Weekly is.
///
/// Costs about six calls; nothing is left behind at Spotify.
pub async fn run(core: &Core, user: &UserId) -> Result<Checklist, ChecklistError> {
    let grant = core.ports.tokens.grant(user).await?.ok_or(ChecklistError::NoListener)?.value;
    let mut checks = vec![scopes(&grant.scopes.iter().cloned().collect())];
    let token = core.grants.access(user, MIN_TTL).await?.access;
    let me = core.api.me(&token, Purpose::SignUp).await.map(drop);
    checks.push(owner_premium(me.as_ref().err()));
    checks.push(allow_list(me.as_ref().err()));
    if me.is_ok() {
        let source = discover(core, user, &token).await?;
        checks.push(read_back(core, user, &token).await?);
        checks.push(source);
        checks.extend(playback(core, &token).await);
    } else {
        let kinds =
            [CheckKind::ArchiveReadBack, CheckKind::DiscoverWeekly, CheckKind::Playback, CheckKind::Context];
        let not_yet = |kind| check(kind, CheckOutcome::Unknown, "Checked once the lines above pass.");
        checks.extend(kinds.map(not_yet));
    }
    let checklist = Checklist { at: core.ports.clock.now(), checks };
    keep(core, user, &checklist).await?;
    Ok(checklist)
}

fn check(kind: CheckKind, outcome: CheckOutcome, detail: impl Into<String>) -> Check {
    Check { kind, outcome, detail: detail.into() }
}

fn scopes(granted: &GrantedScopes) -> Check {
    let missing = |feature| granted.missing(feature).iter().map(|scope| scope.as_str()).collect::<Vec<_>>();
    let (archive, playback) = (missing(Feature::Archive), missing(Feature::Playback));
    let (outcome, detail) = if !archive.is_empty() {
        let names = archive.join(", ");
        (
            CheckOutcome::Failed,
            format!("Not allowed: {names}. Connect Spotify again and leave every permission on."),
        )
    } else if !playback.is_empty() {
        let names = playback.join(", ");
        (CheckOutcome::OtherWay, format!("The archive works; without {names} there is no listening history."))
    } else {
        (CheckOutcome::Passed, "Everything needed was allowed.".to_owned())
    };
    check(CheckKind::Scopes, outcome, detail)
}

fn owner_premium(error: Option<&SpotifyError>) -> Check {
    let (outcome, detail) = match error {
        None => (CheckOutcome::Passed, "Spotify serves this app."),
        Some(SpotifyError::Forbidden { why: ForbiddenWhy::OwnerNotPremium }) => (
            CheckOutcome::Failed,
            "The app's owner has no Premium, so Spotify refuses every call. The owner should renew Premium; it can take hours to count.",
        ),
        Some(SpotifyError::Forbidden { why: ForbiddenWhy::NotAllowListed }) => {
            (CheckOutcome::Passed, "Spotify serves this app.")
        }
        Some(_) => (CheckOutcome::Unknown, "Spotify could not be asked just now. Check again in a while."),
    };
    check(CheckKind::OwnerPremium, outcome, detail)
}

fn allow_list(error: Option<&SpotifyError>) -> Check {
    let (outcome, detail) = match error {
        None => (CheckOutcome::Passed, "Spotify lets you use this app."),
        Some(SpotifyError::Forbidden { why: ForbiddenWhy::NotAllowListed }) => (
            CheckOutcome::Failed,
            "Spotify does not know you as a user of this app. Ask the operator to add you under User Management in Spotify's developer dashboard (five people at most).",
        ),
        Some(_) => (CheckOutcome::Unknown, "Told once Spotify answers."),
    };
    check(CheckKind::AllowList, outcome, detail)
}

/// Finds Discover Weekly and tries to read it.
async fn discover(core: &Core, user: &UserId, token: &AccessToken) -> Result<Check, ChecklistError> {
    let sources = core.ports.sources.sources(user).await?;
    let Some(mut read) = sources.into_iter().find(|read| read.value.kind == SourceKind::DiscoverWeekly)
    else {
        return Ok(check(
            CheckKind::DiscoverWeekly,
            CheckOutcome::Unknown,
            "Discover Weekly is switched off.",
        ));
    };
    let playlist = match &read.value.playlist {
        Some(known) => Some(known.clone()),
        None => match archive::find_discover_weekly(&core.api, token, Purpose::SignUp).await {
            Ok(found) => found.map(|found| found.id),
            Err(error) => return Ok(not_told(CheckKind::DiscoverWeekly, &error)),
        },
    };
    let access = match &playlist {
        None => read.value.access,
        Some(id) => match core.api.playlist_items(token, Purpose::SignUp, id, 0, 1).await {
            Ok(_) => Access::Readable,
            Err(SpotifyError::NotFound | SpotifyError::Forbidden { .. }) => Access::Refused {
                at: core.ports.clock.now(),
                lately_readable: read.value.access == Access::Readable,
            },
            Err(error) => return Ok(not_told(CheckKind::DiscoverWeekly, &error)),
        },
    };
    learn(core, user, &mut read, |source| {
        source.playlist.clone_from(&playlist);
        source.access = access;
    })
    .await?;
    let (outcome, detail) = match (playlist, access) {
        (Some(_), Access::Readable) => {
            (CheckOutcome::Passed, format!("Your list is {} by itself, every week.", Rung::Api.word()))
        }
        (Some(_), _) => (
            CheckOutcome::OtherWay,
            "This app may not read Discover Weekly (Spotify allows that only to apps from before 27 November 2024). Two ways remain: add the list to an inbox playlist once a week, or paste its links on the archive page.".to_owned(),
        ),
        (None, _) => (
            CheckOutcome::OtherWay,
            "Discover Weekly is not among the playlists Spotify shows this app. If you have not saved it to your library, do, and check again; or paste its link in the settings. Copying to an inbox playlist and pasting links work either way.".to_owned(),
        ),
    };
    Ok(check(CheckKind::DiscoverWeekly, outcome, detail))
}

/// Writes the archive's playlist its own name and reads it, which leaves nothing behind.
async fn read_back(core: &Core, user: &UserId, token: &AccessToken) -> Result<Check, ChecklistError> {
    const KIND: CheckKind = CheckKind::ArchiveReadBack;
    let targets = core.ports.ledger.targets(user).await?;
    let newest = targets
        .into_iter()
        .map(|read| read.value)
        .max_by_key(|target| (target.key.family().to_owned(), target.key.volume()));
    let Some(target) = newest else {
        let detail =
            "Your archive playlist is made, written and read back with the first tracks that come in.";
        return Ok(check(KIND, CheckOutcome::Unknown, detail));
    };
    if matches!(target.state, TargetState::Gone | TargetState::Replaced) {
        let detail = "The archive playlist is no longer in your library. It can be rebuilt in the settings.";
        return Ok(check(KIND, CheckOutcome::Failed, detail));
    }
    if let Err(error) = rename_to_itself(core, token, &target.playlist).await {
        return Ok(match error {
            SpotifyError::NotFound | SpotifyError::Forbidden { .. } => check(
                KIND,
                CheckOutcome::Failed,
                "Spotify does not let Reprise write the archive playlist. Choose another in the settings.",
            ),
            error => not_told(KIND, &error),
        });
    }
    Ok(match core.api.playlist_items(token, Purpose::SignUp, &target.playlist, 0, 1).await {
        Ok(_) => check(KIND, CheckOutcome::Passed, "The archive playlist was written and read back."),
        Err(SpotifyError::NotFound | SpotifyError::Forbidden { .. }) => check(
            KIND,
            CheckOutcome::OtherWay,
            "Spotify lets Reprise write the archive playlist but not read it back. New tracks are added; whether each stands there once cannot be checked.",
        ),
        Err(error) => not_told(KIND, &error),
    })
}

/// Writes a playlist the name it has, which may not be the one it was given here.
async fn rename_to_itself(
    core: &Core,
    token: &AccessToken,
    playlist: &PlaylistId,
) -> Result<(), SpotifyError> {
    let name = core.api.playlist(token, Purpose::SignUp, playlist).await?.name;
    let details = PlaylistDetails { name: Some(&name), ..PlaylistDetails::default() };
    core.api.change_details(token, Purpose::SignUp, playlist, details).await
}

async fn playback(core: &Core, token: &AccessToken) -> [Check; 2] {
    let state = core.api.player(token, Purpose::SignUp).await;
    let playback = match &state {
        Ok(_) => check(CheckKind::Playback, CheckOutcome::Passed, "Playback can be read."),
        Err(SpotifyError::Forbidden { .. }) => check(
            CheckKind::Playback,
            CheckOutcome::OtherWay,
            "Spotify does not let Reprise see what plays. The archive works without it.",
        ),
        Err(error) => not_told(CheckKind::Playback, error),
    };
    let context = match state {
        Ok(Some(playing)) if playing.context.is_some() => {
            check(CheckKind::Context, CheckOutcome::Passed, "Spotify tells from which list a track plays.")
        }
        _ => check(
            CheckKind::Context,
            CheckOutcome::Unknown,
            "Play something from a playlist and check again to see whether Spotify tells which.",
        ),
    };
    [playback, context]
}

fn not_told(kind: CheckKind, error: &SpotifyError) -> Check {
    check(
        kind,
        CheckOutcome::Unknown,
        format!("Could not be checked just now ({error}). Check again in a while."),
    )
}

async fn learn(
    core: &Core,
    user: &UserId,
    read: &mut Versioned<Source>,
    change: impl Fn(&mut Source) + Send,
) -> Result<(), StoreError> {
    loop {
        let before = read.value.clone();
        change(&mut read.value);
        if read.value == before {
            return Ok(());
        }
        match core.ports.sources.put_source(user, &read.value, read.version).await? {
            Written::At(_) => return Ok(()),
            Written::Conflict => {
                let Some(again) = core.ports.sources.source(user, &read.value.id).await? else {
                    return Ok(());
                };
                *read = again;
            }
        }
    }
}

async fn keep(core: &Core, user: &UserId, checklist: &Checklist) -> Result<(), StoreError> {
    while let Some(read) = core.ports.users.user(user).await? {
        let changed = User { checklist: Some(checklist.clone()), ..read.value };
        if let Written::At(_) = core.ports.users.put_user(&changed, read.version).await? {
            break;
        }
    }
    Ok(())
}
