//! Listeners: found, changed and admitted. Both of their Spotify ids have an item of their own, whose
//! key makes the id unique.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use reprise_core::ports::{
    Admission, Admitted, Erased, Invite, StoreError, StoreResult, User, Users, Version, Versioned, Written,
};
use reprise_domain::ids::{AccountId, SpotifyUserId, UserId};

use super::DynamoStore;
use super::change::{Change, Outcome};
use super::document::{Body, version, versioned};
use super::due::Entry;
use super::item::{Item, Read, s};
use super::keys::{Key, LIST, LIST_INDEX, PLACE};
use super::query::Query;
use super::transaction::Transaction;

/// The list of everybody, in order of id.
const EVERYBODY: &str = "users";

pub(crate) const ACCOUNT: &str = "account";
pub(crate) const SPOTIFY_ID: &str = "spotify_id";

/// Invitations that a listener has used, so that they are erased together.
pub(crate) const INVITES: &str = "invites";

/// Whose a Spotify id is.
const OWNER: &str = "owner";

const ADMIT: &str = "admit a listener";

/// So often is looked who was faster.
const ADMISSION_LOOKS: usize = 5;

/// A Spotify id's own item.
pub(crate) fn ids(account: Option<&AccountId>, spotify_id: &SpotifyUserId) -> Vec<Key> {
    account.map(Key::account).into_iter().chain([Key::spotify(spotify_id)]).collect()
}

fn claim_id(key: Key, user: &UserId) -> Change {
    Change::of(key).set(OWNER, s(user.as_str())).create()
}

/// A listener's item with what is searched and compared beside the document.
fn item(change: Change, user: &User, operation: &'static str) -> StoreResult<Change> {
    let account = user.account.as_ref().map(|account| s(account.as_str()));
    Ok(change
        .document(Body::of(user, operation)?)
        .set_or_remove(ACCOUNT, account)
        .set(SPOTIFY_ID, s(user.spotify_id.as_str())))
}

impl DynamoStore {
    async fn read_user(&self, operation: &'static str, id: &UserId) -> StoreResult<Option<Versioned<User>>> {
        self.document(operation, Key::user(id)).await
    }

    async fn owner(&self, operation: &'static str, key: Key) -> StoreResult<Option<Versioned<User>>> {
        let Some(item) = self.get(operation, key).await? else { return Ok(None) };
        let owner = UserId::new(Read::new(&item, operation).needed(OWNER)?);
        self.read_user(operation, &owner).await
    }

    async fn by_account(
        &self,
        operation: &'static str,
        account: Option<&AccountId>,
        spotify_id: &SpotifyUserId,
    ) -> StoreResult<Option<Versioned<User>>> {
        if let Some(account) = account {
            let found = self.owner(operation, Key::account(account)).await?;
            if let Some(user) = found.filter(|user| user.value.account.as_ref() == Some(account)) {
                return Ok(Some(user));
            }
        }
        let found = self.owner(operation, Key::spotify(spotify_id)).await?;
        Ok(found.filter(|user| {
            user.value.spotify_id == *spotify_id && (account.is_none() || user.value.account.is_none())
        }))
    }

    /// Stores a listener whose Spotify ids are not the stored ones: their items change as well.
    async fn put_under_new_ids(&self, user: &User, read: Version, stored: &User) -> StoreResult<Written> {
        let operation = "store a listener";
        let (before, after) =
            (ids(stored.account.as_ref(), &stored.spotify_id), ids(user.account.as_ref(), &user.spotify_id));
        let mut transaction = Transaction::new(self, operation)?;
        let theirs =
            transaction.change(&item(Change::of(Key::user(&user.id)).under(read), user, operation)?)?;
        for key in after.iter().filter(|key| !before.contains(key)) {
            transaction.change(&claim_id(key.clone(), &user.id))?;
        }
        for key in before.into_iter().filter(|key| !after.contains(key)) {
            transaction.delete(key)?;
        }
        match transaction.send().await? {
            None => Ok(Written::At(read.next())),
            Some(refused) if refused.contains_key(&theirs) => Ok(Written::Conflict),
            Some(_) => Err(StoreError::new(operation, "another listener has this Spotify id")),
        }
    }

    /// Creates a listener with all that they begin with; answers what was in the way, if anything was.
    async fn create(
        &self,
        user: &User,
        admission: &Admission,
        invite: Option<Versioned<Invite>>,
    ) -> StoreResult<Option<InTheWay>> {
        let first = version(Version::NEW.next());
        let mut transaction = Transaction::new(self, ADMIT)?;
        let mut parts = Vec::new();
        let mut account = item(Change::of(Key::user(&user.id)).create(), user, ADMIT)?
            .with(first.clone())
            .set(LIST, s(EVERYBODY))
            .set(PLACE, s(user.id.as_str()));
        if let Some(hash) = &admission.invite {
            account = account.set(INVITES, AttributeValue::Ss(vec![hash.0.clone()]));
        }
        parts.push((transaction.change(&account)?, InTheWay::SameId));
        for key in ids(user.account.as_ref(), &user.spotify_id) {
            parts.push((transaction.change(&claim_id(key, &user.id))?, InTheWay::SameSpotifyId));
        }
        let grant = Change::of(Key::grant(&user.id)).document(Body::of(&admission.grant, ADMIT)?);
        transaction.change(&grant.with(first.clone()))?;
        let work = admission.first_work();
        let due = Entry { due_at: Some(admission.at), ..Entry::default() };
        transaction.change(&self.entry_change(ADMIT, &work, &due).await?.with(first))?;
        if let Some(Versioned { value, version }) = invite {
            let change = super::invites::change(&value, version, ADMIT)?;
            parts.push((transaction.change(&change)?, InTheWay::Invitation));
        }
        let refused = transaction.send().await?.unwrap_or_default();
        Ok(parts.into_iter().find(|(part, _)| refused.contains_key(part)).map(|(_, what)| what))
    }
}

/// Why a listener could not be created just now. Mostly somebody was faster, which a second look at
/// accounts and invitations tells.
#[derive(Debug, Clone, Copy)]
enum InTheWay {
    SameId,
    SameSpotifyId,
    Invitation,
}

impl InTheWay {
    /// What it is if looking again explains nothing.
    fn words(self) -> &'static str {
        match self {
            Self::SameId => "the id is another listener's",
            Self::SameSpotifyId => "another listener has this Spotify id",
            Self::Invitation => "the invitation changes all the time",
        }
    }
}

#[async_trait]
impl Users for DynamoStore {
    async fn user(&self, id: &UserId) -> StoreResult<Option<Versioned<User>>> {
        self.read_user("read a listener", id).await
    }

    async fn user_by_account(
        &self,
        account: Option<&AccountId>,
        spotify_id: &SpotifyUserId,
    ) -> StoreResult<Option<Versioned<User>>> {
        self.by_account("look for a listener", account, spotify_id).await
    }

    async fn users(&self, after: Option<&UserId>, limit: usize) -> StoreResult<Vec<User>> {
        let operation = "list listeners";
        let mut query = Query::index(LIST_INDEX, LIST, s(EVERYBODY));
        if let Some(after) = after {
            query = query.and("#place > :at", after.as_str());
        }
        let items = self.listed(operation, query, limit).await?;
        let user = |item: &Item| versioned(item, operation).transpose();
        let users: Vec<Versioned<User>> = items.iter().filter_map(user).collect::<StoreResult<_>>()?;
        Ok(users.into_iter().map(|user| user.value).collect())
    }

    async fn put_user(&self, user: &User, read: Version) -> StoreResult<Written> {
        let operation = "store a listener";
        if read == Version::NEW {
            return Ok(Written::Conflict);
        }
        let change = item(Change::of(Key::user(&user.id)).under(read), user, operation)?
            .only_if("#spotify_id = :spotify_id")
            .only_if(match user.account {
                Some(_) => "#account = :account",
                None => "attribute_not_exists(#account)",
            });
        let item = match change.send(self, operation).await? {
            Outcome::Done => return Ok(Written::At(read.next())),
            Outcome::Refused(item) => item,
        };
        let stored = item.map(|item| versioned::<User>(&item, operation)).transpose()?.flatten();
        match stored.filter(|stored| stored.version == read) {
            Some(stored) => self.put_under_new_ids(user, read, &stored.value).await,
            None => Ok(Written::Conflict),
        }
    }

    async fn admit(&self, admission: &Admission) -> StoreResult<Admitted> {
        let mut user = admission.user.clone();
        let mut in_the_way = None;
        for _ in 0..ADMISSION_LOOKS {
            // The invitation is read before the account and told of after it: whoever used it as this
            // account a moment ago is seen then.
            let invite: Option<Versioned<Invite>> = match &admission.invite {
                Some(hash) => self.document(ADMIT, Key::invite(hash)).await?,
                None => None,
            };
            if let Some(known) = self.by_account(ADMIT, user.account.as_ref(), &user.spotify_id).await? {
                return Ok(Admitted::AlreadyKnown(known.value.id));
            }
            let mut invite = invite.filter(|invite| invite.value.is_valid(admission.at));
            match &mut invite {
                Some(invite) => {
                    user.role = invite.value.role;
                    invite.value.used = Some((user.id.clone(), admission.at));
                }
                None if admission.invite.is_some() => return Ok(Admitted::InviteGone),
                None => {}
            }
            in_the_way = self.create(&user, admission, invite).await?;
            if in_the_way.is_none() {
                return Ok(Admitted::Welcome(user.role));
            }
        }
        let why = in_the_way.map_or("", InTheWay::words);
        Err(StoreError::new(ADMIT, why))
    }

    async fn erase(&self, id: &UserId) -> StoreResult<Erased> {
        self.erase_listener(id).await
    }
}
