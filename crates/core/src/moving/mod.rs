//! Moving house: a whole installation in one sealed file, out of one store and into another.
//!
//! Everything goes through the ports, so any store can be left for any other. Tokens are opened by
//! the vault that is left, sealed by the file on the way, and sealed anew by the vault they come to.
//! Data keys and sessions stay behind: nothing sealed here opens there.
//!
//! A listener belongs to one installation at a time. Three things hold that, whatever dies when:
//!
//! - Who carries everything away closes the house first ([`Standing::Left`]). A run asks after it has
//!   claimed its work (`may_work`); who packs holds each listener's work after closing. So either
//!   the run sees the closed door, or the packer waits for the run.
//! - Who brings everything in closes the house until all is there ([`Standing::Arriving`]).
//! - A file made without closing is a copy, and what is made of it waits ([`Standing::Waiting`])
//!   until somebody says that its original is gone ([`open`]).

mod bring;
mod pack;
mod record;
mod seal;
mod unpack;

use std::io;
use std::time::Duration;

use jiff::Timestamp;
use reprise_domain::ids::UserId;
use reprise_domain::time::{hours, later};

pub use pack::{Packed, UNDER_WAY, export};
pub use record::{Begin, Counts};
pub use seal::{FORMAT, Passphrase, ROUNDS};
pub use unpack::{Parcel, Unpacked, import};

use crate::Core;
use crate::ports::{Claim, Standing, StoreError, StoreResult, Written};
use crate::vault::VaultError;

/// Told how much has been written or read so far.
pub type Watch<'a> = &'a mut (dyn FnMut(&Counts) + Send);

/// Why a move has stopped. The file's lines are counted from 1, its header.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// Not a file of ours.
    #[error("line 1 is not that of a Reprise installation: name the file that `reprise export --all` wrote")]
    NotOurs,
    /// A later Reprise has written it.
    #[error(
        "line 1: a newer Reprise wrote this file (format v{format}, this one reads v{FORMAT}): update this one"
    )]
    Newer {
        /// The file's format.
        format: u32,
    },
    /// Nothing opens.
    #[error("line 2 does not open: this is not the file's passphrase, or its first two lines were changed")]
    WrongPassphrase,
    /// A line does not open, or says what cannot be.
    #[error(
        "line {line} does not open: it was changed, moved, or comes from another file; copy the file again, or export anew"
    )]
    Damaged {
        /// Which.
        line: u64,
    },
    /// The file ends early.
    #[error(
        "the file ends at line {line}, before its last record: copy the whole of it again, or export anew"
    )]
    Truncated {
        /// The line that is missing or cut.
        line: u64,
    },
    /// The file does not end where it says.
    #[error(
        "line {line} comes after the file's last record: this is not the file as it was written; copy it again, or export anew"
    )]
    AfterEnd {
        /// Which.
        line: u64,
    },
    /// A record of a kind that came later.
    #[error("line {line} is a record of a kind that this Reprise does not know ({kind:?}): update this one")]
    UnknownKind {
        /// Which line.
        line: u64,
        /// Its kind.
        kind: String,
    },
    /// A record that would lose something, or cannot be read.
    #[error(
        "line {line} holds what this Reprise does not understand ({what}): bring it in with the version that wrote it, or a newer one"
    )]
    Strange {
        /// Which line.
        line: u64,
        /// What.
        what: String,
    },
    /// Something else is here.
    #[error(
        "line {line}: {what} differs from what is here; nothing of this installation was changed. Bring the file into an empty one, or into one that has only what the file has"
    )]
    Conflict {
        /// Which line.
        line: u64,
        /// The record, in words.
        what: String,
    },
    /// Another file's import is under way.
    #[error(
        "another file is being brought in, or waits to be opened: finish with that file first (`reprise import --all`, then perhaps `--open`), or begin with an empty database"
    )]
    Another,
    /// The file is not the one that was looked at.
    #[error("the file was changed while it was read: run the same command again")]
    Changed,
    /// The installation has been carried away.
    #[error(
        "this installation was carried away on {since} and works no more. Only if nothing works from that file, take it back with `reprise import --open --yes`"
    )]
    HasLeft {
        /// When.
        since: Timestamp,
    },
    /// An import has not ended.
    #[error(
        "this installation is not complete: an import was interrupted; run the same `reprise import --all` again"
    )]
    Incomplete,
    /// A copy that was never opened.
    #[error(
        "this installation is a copy that waits to be opened: when its original is gone for good, run `reprise import --open --yes`"
    )]
    NeverOpened,
    /// Somebody worked for a listener while their records were read.
    #[error("somebody worked for listener {user} while their records were read: run the same command again")]
    Disturbed {
        /// Whom.
        user: UserId,
    },
    /// The operating system gives no randomness.
    #[error("the operating system gives no random bytes")]
    NoRandomness,
    /// The file cannot be written.
    #[error("the file cannot be written")]
    Write(#[source] io::Error),
    /// The file cannot be read.
    #[error("the file cannot be read")]
    Read(#[source] io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// In a closed house, claimed work is looked at again after this.
const LOOK_AGAIN: Duration = hours(1);

/// Whether anything may be done for listeners here.
pub async fn is_open(core: &Core) -> StoreResult<bool> {
    Ok(core.ports.house.standing().await?.value.is_open())
}

/// Sees that the installation works; an error says why not, and the way out.
pub async fn need_open(core: &Core) -> Result<(), MoveError> {
    match core.ports.house.standing().await?.value {
        Standing::Open { .. } => Ok(()),
        Standing::Arriving { .. } => Err(MoveError::Incomplete),
        Standing::Waiting { .. } => Err(MoveError::NeverOpened),
        Standing::Left { since } => Err(MoveError::HasLeft { since }),
    }
}

/// Whether claimed work may be done; asked after it was claimed and before anything else. If not, the
/// claim is given back.
pub(crate) async fn may_work(core: &Core, claim: &Claim) -> StoreResult<bool> {
    let is_open = is_open(core).await?;
    if !is_open {
        let later = later(core.ports.clock.now(), LOOK_AGAIN);
        core.ports.due.finish(claim, Some(later)).await?;
    }
    Ok(is_open)
}

/// Lets the installation work (again): after a copy was brought in, or when a move was called off.
///
/// Whoever calls this knows that no other installation works for the same listeners.
pub async fn open(core: &Core) -> Result<Standing, MoveError> {
    change_standing(core, |standing| match standing {
        Standing::Open { .. } => Ok(None),
        Standing::Waiting { parcel, .. } => Ok(Some(Standing::Open { parcel: Some(parcel.clone()) })),
        Standing::Left { .. } => Ok(Some(Standing::Open { parcel: None })),
        Standing::Arriving { .. } => Err(MoveError::Incomplete),
    })
    .await
}

/// Changes the standing as `decide` says (`None` leaves it); answers the one that holds then.
async fn change_standing(
    core: &Core,
    decide: impl Fn(&Standing) -> Result<Option<Standing>, MoveError> + Send,
) -> Result<Standing, MoveError> {
    loop {
        let read = core.ports.house.standing().await?;
        let Some(next) = decide(&read.value)? else { return Ok(read.value) };
        if let Written::At(_) = core.ports.house.put_standing(&next, read.version).await? {
            return Ok(next);
        }
    }
}

#[cfg(test)]
mod tests;
