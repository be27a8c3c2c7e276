//! Listeners, grants and invitations to begin with.

use jiff::Timestamp;
use reprise_domain::ids::{AccountId, SpotifyUserId, UserId};
use reprise_domain::time::{days, later};
use reprise_domain::token::{GrantState, reauth_by};

use crate::ports::{Admission, Admitted, Grant, Invite, InviteHash, Role, Sealed, User, Users};

/// The listener `user-{name}`, known at Spotify as `account-{name}` and `{name}`.
pub fn user(name: &str, at: Timestamp) -> User {
    User {
        id: UserId::new(format!("user-{name}")),
        account: Some(AccountId::new(format!("account-{name}"))),
        spotify_id: SpotifyUserId::new(name),
        display_name: Some(format!("{name} Ω")),
        role: Role::Listener,
        since: at,
        time_zone: None,
        session_epoch: 0,
        disabled: false,
        checklist: None,
    }
}

/// A grant given at `at`, with no access token yet; its secrets are not really sealed.
pub fn grant(name: &str, at: Timestamp) -> Grant {
    Grant {
        refresh: Sealed(format!("sealed-refresh-{name}")),
        state: GrantState::Stale,
        scopes: vec!["playlist-read-private".to_owned(), "playlist-modify-private".to_owned()],
        authorized_at: at,
        reauth_by: reauth_by(at),
        warned_days: None,
        lost: 0,
        unsure: false,
    }
}

/// The admission of [`user`] with [`grant`], where sign-up is open.
pub fn admission(name: &str, at: Timestamp) -> Admission {
    Admission { user: user(name, at), grant: grant(name, at), invite: None, at }
}

/// An invitation good for seven days from `at`.
pub fn invite(secret: &str, role: Role, at: Timestamp) -> Invite {
    Invite {
        hash: InviteHash(format!("hash-of-{secret}")),
        role,
        note: Some(format!("for {secret}")),
        created: at,
        expires: later(at, days(7)),
        used: None,
        revoked: false,
    }
}

/// Admits [`user`] with [`grant`] and answers who they are.
pub async fn admit<S: Users + ?Sized>(store: &S, name: &str, at: Timestamp) -> UserId {
    let admission = admission(name, at);
    let admitted = store.admit(&admission).await.expect("the store works");
    assert_eq!(admitted, Admitted::Welcome(Role::Listener), "{name} is new");
    admission.user.id
}
