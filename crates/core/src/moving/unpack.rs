//! Bringing everything in: from a file through the ports.

use std::io::{BufRead, Seek};

use futures::future::join_all;
use jiff::Timestamp;

use super::bring::{Presence, bring, look};
use super::record::{Begin, Counts, Record};
use super::seal::{Opener, Passphrase, Unlocked};
use super::{MoveError, Watch, change_standing};
use crate::ports::Standing;
use crate::{Core, failpoint};

/// So many records are looked for, or stored, at a time.
const AT_ONCE: usize = 32;

/// What has been brought in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpacked {
    /// Where the file comes from.
    pub begin: Begin,
    /// How much of each kind there is.
    pub counts: Counts,
    /// How many records of them were here before, just as they are in the file.
    pub already: u64,
    /// Whether all of the file had been brought in before, so that nothing was looked at or changed.
    pub before: bool,
    /// Where this installation stands now.
    pub standing: Standing,
}

/// What the file can be read from: more than once, from its beginning.
pub trait Parcel: BufRead + Seek + Send {}

impl<T: BufRead + Seek + Send> Parcel for T {}

/// Brings a file in.
///
/// All of it is read, opened and compared with what is here before anything is written. Then the
/// installation is closed until everything is stored: whatever dies on the way leaves one that does
/// nothing, and the same call again goes on. Nothing is asked of Spotify.
pub async fn import(
    core: &Core,
    passphrase: &Passphrase,
    from: &mut dyn Parcel,
    watch: Watch<'_>,
) -> Result<Unpacked, MoveError> {
    from.rewind().map_err(MoveError::Read)?;
    let unlocked = Unlocked::read(&mut &mut *from, passphrase)?;
    let parcel = unlocked.parcel();
    let standing = core.ports.house.standing().await?.value;
    if arriving(&standing, &parcel, core.ports.clock.now())?.is_none() && !is_arriving(&standing) {
        // Everything was brought in before, and work has gone on or may yet: nothing is set back.
        let Whole { begin, counts, already } = pass(core, &unlocked, from, watch, Pass::Read).await?;
        return Ok(Unpacked { begin, counts, already, before: true, standing });
    }
    let whole = pass(core, &unlocked, from, watch, Pass::Look).await?;
    let now = core.ports.clock.now();
    change_standing(core, |standing| arriving(standing, &parcel, now)).await?;
    failpoint::pass("moving.arriving");
    if pass(core, &unlocked, from, watch, Pass::Bring).await?.counts != whole.counts {
        return Err(MoveError::Changed);
    }
    failpoint::pass("moving.brought");
    let Whole { begin, counts, already } = whole;
    let standing = settle(core, &parcel, begin.left).await?;
    failpoint::pass("moving.settled");
    Ok(Unpacked { begin, counts, already, before: false, standing })
}

/// The standing in which a file is brought in; `None` if it is being, or has been.
fn arriving(standing: &Standing, parcel: &str, since: Timestamp) -> Result<Option<Standing>, MoveError> {
    match standing {
        Standing::Open { parcel: Some(last) }
        | Standing::Waiting { parcel: last, .. }
        | Standing::Arriving { parcel: last, .. }
            if last == parcel =>
        {
            Ok(None)
        }
        Standing::Open { .. } => Ok(Some(Standing::Arriving { parcel: parcel.to_owned(), since })),
        Standing::Arriving { .. } | Standing::Waiting { .. } => Err(MoveError::Another),
        Standing::Left { since } => Err(MoveError::HasLeft { since: *since }),
    }
}

fn is_arriving(standing: &Standing) -> bool {
    matches!(standing, Standing::Arriving { .. })
}

/// Says that everything is here: a move may work at once, a copy not before somebody says so.
async fn settle(core: &Core, parcel: &str, left: bool) -> Result<Standing, MoveError> {
    let now = core.ports.clock.now();
    let settled = change_standing(core, |standing| match standing {
        Standing::Arriving { parcel: last, .. } if last == parcel => Ok(Some(if left {
            Standing::Open { parcel: Some(parcel.to_owned()) }
        } else {
            Standing::Waiting { parcel: parcel.to_owned(), since: now }
        })),
        // Another import of the same file was faster.
        Standing::Open { .. } | Standing::Waiting { .. } => Ok(None),
        Standing::Arriving { .. } => Err(MoveError::Another),
        Standing::Left { since } => Err(MoveError::HasLeft { since: *since }),
    });
    settled.await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    /// Sees that all of it is whole.
    Read,
    /// Compares with what is here.
    Look,
    /// Stores what is not here.
    Bring,
}

/// What a pass over a whole file has shown.
struct Whole {
    begin: Begin,
    counts: Counts,
    already: u64,
}

async fn pass(
    core: &Core,
    unlocked: &Unlocked,
    from: &mut dyn Parcel,
    watch: Watch<'_>,
    what: Pass,
) -> Result<Whole, MoveError> {
    from.rewind().map_err(MoveError::Read)?;
    let mut from = from;
    let mut opener = Opener::begin(&mut from, unlocked)?;
    let Some(Record::Begin(begin)) = next(&mut opener)? else {
        return Err(MoveError::Truncated { line: opener.line() + 1 });
    };
    let now = core.ports.clock.now();
    let mut whole = Whole { begin, counts: Counts::default(), already: 0 };
    let mut batch: Vec<(u64, Record)> = Vec::new();
    loop {
        let record = next(&mut opener)?.ok_or(MoveError::Truncated { line: opener.line() + 1 })?;
        let line = opener.line();
        match &record {
            Record::End(told) if *told == whole.counts => break,
            Record::Begin(_) | Record::End(_) => return Err(MoveError::Damaged { line }),
            _ => {}
        }
        whole.counts.add(&record);
        // What follows a listener refers to them, and a sign-up link to whoever used it.
        let comes_first = matches!(record, Record::Listener(_));
        if comes_first || batch.len() == AT_ONCE {
            whole.already += flush(core, &mut batch, what, now).await?;
            watch(&whole.counts);
        }
        batch.push((line, record));
        if comes_first {
            whole.already += flush(core, &mut batch, what, now).await?;
        }
    }
    whole.already += flush(core, &mut batch, what, now).await?;
    if !opener.ends()? {
        return Err(MoveError::AfterEnd { line: opener.line() + 1 });
    }
    watch(&whole.counts);
    Ok(whole)
}

fn next(opener: &mut Opener<'_>) -> Result<Option<Record>, MoveError> {
    let Some(bytes) = opener.read()? else { return Ok(None) };
    Record::parse(&bytes, opener.line()).map(Some)
}

/// Looks for, or stores, what has been read; answers how much of it was here already.
async fn flush(
    core: &Core,
    batch: &mut Vec<(u64, Record)>,
    what: Pass,
    now: Timestamp,
) -> Result<u64, MoveError> {
    let done = batch.iter().map(|(line, record)| async move {
        let present = match what {
            Pass::Read => Presence::Here(0),
            Pass::Look => look(core, record).await?,
            Pass::Bring => bring(core, record, now).await?,
        };
        match present {
            Presence::Here(count) => Ok(count),
            Presence::Differs(what) => Err(MoveError::Conflict { line: *line, what }),
        }
    });
    let mut already = 0;
    for present in join_all(done).await {
        already += present?;
    }
    batch.clear();
    if what == Pass::Bring {
        failpoint::pass("moving.stored");
    }
    Ok(already)
}
