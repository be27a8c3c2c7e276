//! Where everything lies in the table. What a listener has is one item collection, so that it is read
//! and erased by one key.

use aws_sdk_dynamodb::types::AttributeValue;
use reprise_core::ports::{InviteHash, Work};
use reprise_domain::ids::{AccountId, SourceId, SpotifyUserId, TrackUri, UserId};

use super::item::{Item, Read, s};

/// The partition key of the table.
pub(crate) const PK: &str = "pk";
/// The sort key of the table.
pub(crate) const SK: &str = "sk";

/// The index of work that is due, and its two keys.
pub(crate) const DUE_INDEX: &str = "due";
pub(crate) const DUE: &str = "due";
pub(crate) const DUE_AT: &str = "at";

/// The index of everything that is listed across listeners, and its two keys.
pub(crate) const LIST_INDEX: &str = "list";
pub(crate) const LIST: &str = "list";
pub(crate) const PLACE: &str = "place";

/// The attribute by which DynamoDB drops what has expired.
pub(crate) const TTL: &str = "ttl";

/// Beginnings of a listener's sort keys, in the order in which they are erased: first what makes
/// others work for them.
pub(crate) const DUE_PREFIX: &str = "due#";
pub(crate) const SOURCE_PREFIX: &str = "source#";
pub(crate) const WEEK_PREFIX: &str = "week#";
pub(crate) const TARGET_PREFIX: &str = "target#";
pub(crate) const RUNS_PREFIX: &str = "runs#";
pub(crate) const ALERT_PREFIX: &str = "alert#";
pub(crate) const USER_SK: &str = "user";
pub(crate) const GRANT_SK: &str = "grant";

/// The partition of the operator's own alerts.
pub(crate) const OPERATOR: &str = "operator";

const USER: &str = "user#";

/// The key of an item.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Key {
    pub(crate) fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    pub(crate) fn user(id: &UserId) -> Self {
        Self::new(listener(id), USER_SK)
    }

    pub(crate) fn grant(id: &UserId) -> Self {
        Self::new(listener(id), GRANT_SK)
    }

    pub(crate) fn source(user: &UserId, id: &SourceId) -> Self {
        Self::new(listener(user), format!("{SOURCE_PREFIX}{id}"))
    }

    pub(crate) fn week(user: &UserId, source: &SourceId, number: u32) -> Self {
        Self::new(listener(user), week(source, number))
    }

    pub(crate) fn target(user: &UserId, key: &str) -> Self {
        Self::new(listener(user), format!("{TARGET_PREFIX}{key}"))
    }

    pub(crate) fn runs(user: &UserId, page: u32) -> Self {
        Self::new(listener(user), format!("{RUNS_PREFIX}{page:010}"))
    }

    pub(crate) fn alert(user: Option<&UserId>, key: &str) -> Self {
        Self::new(user.map_or_else(|| OPERATOR.to_owned(), listener), format!("{ALERT_PREFIX}{key}"))
    }

    pub(crate) fn due(work: &Work) -> Self {
        let kind = work.kind.name();
        let sk = match &work.source {
            Some(source) => format!("{DUE_PREFIX}{kind}#{source}"),
            None => format!("{DUE_PREFIX}{kind}"),
        };
        Self::new(listener(&work.user), sk)
    }

    pub(crate) fn account(id: &AccountId) -> Self {
        Self::new(format!("account#{}", id.as_str()), "account")
    }

    pub(crate) fn spotify(id: &SpotifyUserId) -> Self {
        Self::new(format!("spotify#{}", id.as_str()), "spotify")
    }

    pub(crate) fn invite(hash: &InviteHash) -> Self {
        Self::new(format!("invite#{}", hash.0), "invite")
    }

    pub(crate) fn data_key(epoch: u32) -> Self {
        Self::new(DATA_KEYS, format!("{epoch:010}"))
    }

    pub(crate) fn track(uri: &TrackUri) -> Self {
        Self::new(format!("track#{}", uri.as_str()), "track")
    }

    /// How far time has come, for the tracks.
    pub(crate) fn tracks_clock() -> Self {
        Self::new("tracks", "clock")
    }

    pub(crate) fn standing() -> Self {
        Self::new("installation", "standing")
    }

    /// As many parts as the index of due work has been written to.
    pub(crate) fn partitions() -> Self {
        Self::new("installation", "due-partitions")
    }

    pub(crate) fn of(item: &Item, operation: &'static str) -> reprise_core::ports::StoreResult<Self> {
        let read = Read::new(item, operation);
        Ok(Self::new(read.needed(PK)?, read.needed(SK)?))
    }

    /// Whose item it is, if it is a listener's.
    pub(crate) fn listener(&self) -> Option<UserId> {
        self.pk.strip_prefix(USER).map(UserId::new)
    }

    pub(crate) fn into_item(self) -> Item {
        Item::from([(PK.to_owned(), s(self.pk)), (SK.to_owned(), s(self.sk))])
    }
}

/// The partition of everything a listener has.
pub(crate) fn listener(id: &UserId) -> String {
    format!("{USER}{id}")
}

/// The partition of wrapped data keys.
pub(crate) const DATA_KEYS: &str = "data-keys";

/// The partition of counted calls.
pub(crate) const SPENT: &str = "spent";

/// The partition of buckets that Spotify has locked.
pub(crate) const LOCKS: &str = "locks";

/// The sort key of a generation: in order of number, apart for each source whatever is in its name.
pub(crate) fn week(source: &SourceId, number: u32) -> String {
    let source = source.as_str().replace('%', "%25").replace('#', "%23");
    format!("{WEEK_PREFIX}{source}#{number:010}")
}

/// The part of the index where a listener's work of a kind stands.
pub(crate) fn due_partition(kind: reprise_core::ports::WorkKind, number: u16) -> AttributeValue {
    s(format!("{}#{number}", kind.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_of_sources_with_awkward_names_stay_apart_and_in_order() {
        let within = |source: &str, number| week(&SourceId::new(source), number);
        let (first, last) = (within("weekly", 0), within("weekly", u32::MAX));
        assert!(first < within("weekly", 9) && within("weekly", 9) < within("weekly", 10));
        for other in ["weekly#1", "weekly%231", "weekly/1", "weekly "] {
            let theirs = within(other, 1);
            assert!(theirs < first || last < theirs, "{theirs}");
        }
        assert_ne!(within("a#b", 1), within("a%23b", 1));
    }
}
