//! Listeners, invitations and grants.

use async_trait::async_trait;
use reprise_domain::ids::{AccountId, SpotifyUserId, UserId};

use super::due::Entry;
use super::{MemoryStore, State, is_current, kept, put};
use crate::ports::{
    Admission, Admitted, Erased, Grant, Invite, InviteHash, Invites, StoreError, StoreResult, Tokens, User,
    Users, Version, Versioned, Written,
};

impl State {
    fn by_account(
        &self,
        account: Option<&AccountId>,
        spotify_id: &SpotifyUserId,
    ) -> Option<&Versioned<User>> {
        let same_account = || self.users.values().find(|user| user.value.account.as_ref() == account);
        let same_name = |user: &&Versioned<User>| {
            user.value.spotify_id == *spotify_id && (account.is_none() || user.value.account.is_none())
        };
        account.and_then(|_| same_account()).or_else(|| self.users.values().find(same_name))
    }

    /// Refuses a Spotify id that is another listener's.
    fn no_namesake(&self, user: &User, operation: &'static str) -> StoreResult<()> {
        let shares = |other: &Versioned<User>| {
            other.value.id != user.id
                && (other.value.spotify_id == user.spotify_id
                    || (user.account.is_some() && other.value.account == user.account))
        };
        if self.users.values().any(shares) {
            return Err(StoreError::new(operation, "another listener has this Spotify id"));
        }
        Ok(())
    }
}

#[async_trait]
impl Users for MemoryStore {
    async fn user(&self, id: &UserId) -> StoreResult<Option<Versioned<User>>> {
        Ok(self.begin("read a listener").await?.users.get(id).cloned())
    }

    async fn user_by_account(
        &self,
        account: Option<&AccountId>,
        spotify_id: &SpotifyUserId,
    ) -> StoreResult<Option<Versioned<User>>> {
        Ok(self.begin("look for a listener").await?.by_account(account, spotify_id).cloned())
    }

    async fn users(&self, after: Option<&UserId>, limit: usize) -> StoreResult<Vec<User>> {
        let state = self.begin("list listeners").await?;
        let rest = state.users.values().filter(|user| after.is_none_or(|after| user.value.id > *after));
        Ok(rest.take(limit).map(|user| user.value.clone()).collect())
    }

    async fn put_user(&self, user: &User, read: Version) -> StoreResult<Written> {
        let operation = "store a listener";
        let mut state = self.begin(operation).await?;
        if read == Version::NEW || !is_current(&state.users, &user.id, read) {
            return Ok(Written::Conflict);
        }
        state.no_namesake(user, operation)?;
        put(&mut state.users, user.id.clone(), user, read, operation)
    }

    async fn admit(&self, admission: &Admission) -> StoreResult<Admitted> {
        let operation = "admit a listener";
        let mut state = self.begin(operation).await?;
        let mut user = kept(&admission.user, operation)?;
        let grant = kept(&admission.grant, operation)?;
        if let Some(known) = state.by_account(user.account.as_ref(), &user.spotify_id) {
            return Ok(Admitted::AlreadyKnown(known.value.id.clone()));
        }
        state.no_namesake(&user, operation)?;
        if state.users.contains_key(&user.id) {
            return Err(StoreError::new(operation, "the id is taken"));
        }
        if let Some(hash) = &admission.invite {
            let Some(invite) = state.invites.get_mut(hash).filter(|invite| invite.is_valid(admission.at))
            else {
                return Ok(Admitted::InviteGone);
            };
            invite.used = Some((user.id.clone(), admission.at));
            user.role = invite.role;
        }
        let first = Version::NEW.next();
        let grant = Versioned { value: grant, version: first };
        let role = user.role;
        state.grants.insert(user.id.clone(), grant);
        state.users.insert(user.id.clone(), Versioned { value: user, version: first });
        state.due.insert(admission.first_work(), Entry::at(admission.at));
        Ok(Admitted::Welcome(role))
    }

    async fn erase(&self, id: &UserId) -> StoreResult<Erased> {
        fn count(before: usize, after: usize) -> u64 {
            u64::try_from(before - after).unwrap_or(u64::MAX)
        }
        macro_rules! erase {
            ($map:expr, |$key:pat_param, $value:pat_param| $is_theirs:expr) => {{
                let before = $map.len();
                $map.retain(|$key, $value| !$is_theirs);
                count(before, $map.len())
            }};
        }
        let mut state = self.begin("erase a listener").await?;
        let mut erased = Erased::default();
        erased.note("account", erase!(state.users, |user, _| user == id));
        erased.note("grant", erase!(state.grants, |user, _| user == id));
        let used_by = |invite: &Invite| invite.used.as_ref().is_some_and(|(user, _)| user == id);
        erased.note("invitation", erase!(state.invites, |_, invite| used_by(invite)));
        erased.note("sources", erase!(state.sources, |(user, _), _| user == id));
        erased.note("weeks", erase!(state.generations, |(user, _, _), _| user == id));
        erased.note("archive playlists", erase!(state.targets, |(user, _), _| user == id));
        erased.note("runs", erase!(state.runs, |(user, _, _), _| user == id));
        erased.note("appointments", erase!(state.due, |work, _| work.user == *id));
        erased.note("alerts", erase!(state.alerts, |(user, _), _| user.as_ref() == Some(id)));
        Ok(erased)
    }
}

#[async_trait]
impl Invites for MemoryStore {
    async fn create_invite(&self, invite: &Invite) -> StoreResult<()> {
        let operation = "store an invitation";
        let mut state = self.begin(operation).await?;
        if state.invites.contains_key(&invite.hash) {
            return Err(StoreError::new(operation, "there is one under its hash"));
        }
        state.invites.insert(invite.hash.clone(), kept(invite, operation)?);
        Ok(())
    }

    async fn invite(&self, hash: &InviteHash) -> StoreResult<Option<Invite>> {
        Ok(self.begin("read an invitation").await?.invites.get(hash).cloned())
    }

    async fn invites(&self) -> StoreResult<Vec<Invite>> {
        let state = self.begin("list invitations").await?;
        let mut invites: Vec<_> = state.invites.values().cloned().collect();
        invites.sort_by(|a, b| (b.created, &b.hash).cmp(&(a.created, &a.hash)));
        Ok(invites)
    }

    async fn revoke_invite(&self, hash: &InviteHash) -> StoreResult<bool> {
        let mut state = self.begin("withdraw an invitation").await?;
        let unused = |invite: &&mut Invite| invite.used.is_none() && !invite.revoked;
        Ok(state.invites.get_mut(hash).filter(unused).map(|invite| invite.revoked = true).is_some())
    }
}

#[async_trait]
impl Tokens for MemoryStore {
    async fn grant(&self, user: &UserId) -> StoreResult<Option<Versioned<Grant>>> {
        Ok(self.begin("read a grant").await?.grants.get(user).cloned())
    }

    async fn put_grant(&self, user: &UserId, grant: &Grant, read: Version) -> StoreResult<Written> {
        let operation = "store a grant";
        let mut state = self.begin(operation).await?;
        if read == Version::NEW {
            return Ok(Written::Conflict);
        }
        put(&mut state.grants, user.clone(), grant, read, operation)
    }
}
