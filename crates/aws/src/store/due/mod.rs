//! The calendar of work.
//!
//! The index of due work is always a little behind the table. So it only proposes: what it names is
//! looked up, and taken by a conditional write on the item itself. A row that shows late is taken at
//! the next look; one that shows too long is found to be somebody else's.

mod claiming;
mod entry;
mod front;

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt as _};
use jiff::Timestamp;
use reprise_core::ports::{Appointment, Claim, Due, StoreError, StoreResult, Version, Work, WorkKind};
use reprise_domain::ids::{SourceId, UserId};
use ring::digest::{SHA256, digest};

pub(crate) use entry::Entry;

use self::claiming::Claiming;
use self::front::{Front, Row};
use super::DynamoStore;
use super::change::{Change, Outcome};
use super::item::{Item, Read, from_word, n};
use super::keys::{DUE_PREFIX, Key, due_partition, listener};
use super::query::Query;

/// As many claims are written at once.
const AT_ONCE: usize = 64;

/// As many rows are looked up before the first of them are claimed.
const LOOK_AHEAD: usize = 1000;

/// How many parts the index has been written to.
const PARTITIONS: &str = "n";

const CLAIM: &str = "claim work";

/// An entry as it was read, with its version; one that is not there has [`Version::NEW`].
type Known = (Entry, Version);

/// The work that an item is about.
fn work(key: &Key, operation: &'static str) -> StoreResult<Work> {
    let odd = || StoreError::new(operation, format!("no work of Reprise's is named {} / {}", key.pk, key.sk));
    let user = key.listener().ok_or_else(odd)?;
    let name = key.sk.strip_prefix(DUE_PREFIX).ok_or_else(odd)?;
    let (kind, source) = match name.split_once('#') {
        Some((kind, source)) => (kind, Some(SourceId::new(source))),
        None => (name, None),
    };
    Ok(Work { kind: from_word(kind, operation)?, user, source })
}

impl DynamoStore {
    /// The change that writes an entry.
    pub(super) async fn entry_change(
        &self,
        operation: &'static str,
        work: &Work,
        entry: &Entry,
    ) -> StoreResult<Change> {
        // Whoever looks for due work must know of every part that is written to.
        self.all_partitions(operation).await?;
        let hash = digest(&SHA256, work.user.as_str().as_bytes());
        let number = hash.as_ref().iter().take(4).fold(0u32, |number, byte| number << 8 | u32::from(*byte));
        let number = number % u32::from(self.partitions);
        let part = due_partition(work.kind, u16::try_from(number).unwrap_or_default());
        Ok(entry.write(Change::of(Key::due(work)), part))
    }

    /// How many parts of the index may hold rows: as many as any deployment has written to.
    async fn all_partitions(&self, operation: &'static str) -> StoreResult<u16> {
        let learned = self.all_partitions.get_or_try_init(|| async {
            loop {
                let item = self.glance(operation, Key::partitions()).await?;
                let known = item.map(|item| Read::new(&item, operation).number(PARTITIONS)).transpose()?;
                let known: u16 = known.flatten().unwrap_or_default();
                if known >= self.partitions {
                    return Ok(known);
                }
                let grown = Change::of(Key::partitions())
                    .set(PARTITIONS, n(self.partitions))
                    .only_if("attribute_not_exists(#n) OR #n < :n");
                if grown.send(self, operation).await?.is_done() {
                    return Ok(self.partitions);
                }
            }
        });
        learned.await.copied()
    }

    /// Writes an entry in place of what was read.
    async fn put_entry(
        &self,
        operation: &'static str,
        work: &Work,
        entry: &Entry,
        read: Version,
    ) -> StoreResult<Outcome> {
        let change = self.entry_change(operation, work, entry).await?;
        if read == Version::NEW {
            return self.create_theirs(operation, &work.user, change.under(read)).await;
        }
        change.under(read).send(self, operation).await
    }

    /// Lets an entry move, again if somebody else moved it meanwhile; answers what it became, or `None`
    /// if it does not move.
    async fn move_entry(
        &self,
        operation: &'static str,
        work: &Work,
        step: impl Fn(Entry, Version) -> Option<Entry> + Send + Sync,
    ) -> StoreResult<Option<Entry>> {
        let mut item = self.get(operation, Key::due(work)).await?;
        loop {
            let (entry, read) = match &item {
                Some(item) => Entry::read(item, operation)?,
                None => (Entry::default(), Version::NEW),
            };
            let Some(next) = step(entry.clone(), read) else { return Ok(None) };
            if next == entry && read != Version::NEW {
                return Ok(Some(next));
            }
            match self.put_entry(operation, work, &next, read).await? {
                Outcome::Done => return Ok(Some(next)),
                Outcome::Refused(now) => item = now,
            }
        }
    }

    /// Looks up what rows of the index are about, in their order; what is gone is left out.
    async fn look_up(&self, operation: &'static str, rows: &[Row]) -> StoreResult<Vec<(Work, Known)>> {
        let keys = rows.iter().map(|row| row.key.clone()).collect();
        let mut items: HashMap<Key, Item> = HashMap::with_capacity(rows.len());
        for item in self.glance_at(operation, keys).await? {
            items.insert(Key::of(&item, operation)?, item);
        }
        let found = rows.iter().filter_map(|row| items.remove_entry(&row.key));
        found.map(|(key, item)| Ok((work(&key, operation)?, Entry::read(&item, operation)?))).collect()
    }

    /// Takes these, if they are still as they were read.
    async fn take(
        &self,
        due: Vec<(Work, Known)>,
        now: Timestamp,
        lease: Duration,
    ) -> (Vec<Claim>, Option<StoreError>) {
        let taken = due.into_iter().map(|(work, (entry, read))| async move {
            let Some(entry) = entry.claim(now, lease) else { return Ok(None) };
            let outcome = self.put_entry(CLAIM, &work, &entry, read).await?;
            Ok(outcome.is_done().then(|| entry.held(work)).flatten())
        });
        let (mut claims, mut failed) = (Vec::new(), None);
        let mut taken = stream::iter(taken).buffered(AT_ONCE);
        while let Some(outcome) = taken.next().await {
            match outcome {
                Ok(claim) => claims.extend(claim),
                Err(error) => failed = Some(error),
            }
        }
        (claims, failed)
    }

    pub(super) async fn appointments_of(&self, user: &UserId) -> StoreResult<Vec<Appointment>> {
        let operation = "list appointments";
        let theirs = Query::partition(listener(user)).and("begins_with(#sk, :at)", DUE_PREFIX);
        let items = theirs.items(self, operation, usize::MAX).await?;
        let mut appointments = Vec::with_capacity(items.len());
        for item in &items {
            let work = work(&Key::of(item, operation)?, operation)?;
            appointments.push(Entry::read(item, operation)?.0.appointment(work));
        }
        appointments.sort_by(|a, b| a.work.cmp(&b.work));
        Ok(appointments)
    }

    pub(super) async fn restore_appointment(&self, appointment: &Appointment) -> StoreResult<bool> {
        let operation = "restore an appointment";
        let restored = self.move_entry(operation, &appointment.work, |entry, _| entry.restore(appointment));
        Ok(restored.await?.is_some())
    }
}

#[async_trait]
impl Due for DynamoStore {
    async fn schedule(&self, work: &Work, at: Timestamp) -> StoreResult<()> {
        self.move_entry("schedule work", work, |entry, _| Some(entry.schedule(at))).await?;
        Ok(())
    }

    async fn claim(
        &self,
        kind: WorkKind,
        now: Timestamp,
        lease: Duration,
        limit: usize,
    ) -> StoreResult<Vec<Claim>> {
        Claiming::begin(self, kind, now, lease).await?.next(limit).await
    }

    fn claims(
        &self,
        kind: WorkKind,
        now: Timestamp,
        lease: Duration,
        limit: usize,
    ) -> BoxStream<'_, StoreResult<Vec<Claim>>> {
        let begun = async move { Claiming::begin(self, kind, now, lease).await };
        let batches = stream::once(begun).flat_map(move |begun| match begun {
            Ok(claiming) => claiming.batches(limit),
            Err(error) => stream::once(async { Err(error) }).boxed(),
        });
        batches.boxed()
    }

    async fn claim_now(&self, work: &Work, now: Timestamp, lease: Duration) -> StoreResult<Option<Claim>> {
        let taken = self.move_entry(CLAIM, work, |entry, _| entry.claim_now(now, lease)).await?;
        Ok(taken.and_then(|entry| entry.held(work.clone())))
    }

    async fn take_over(&self, claim: &Claim, now: Timestamp, lease: Duration) -> StoreResult<Option<Claim>> {
        let taken =
            self.move_entry(CLAIM, &claim.work, |entry, _| entry.take_over(claim, now, lease)).await?;
        Ok(taken.and_then(|entry| entry.held(claim.work.clone())))
    }

    async fn finish(&self, claim: &Claim, next: Option<Timestamp>) -> StoreResult<bool> {
        let finished =
            self.move_entry("finish work", &claim.work, |entry, _| entry.finish(claim, next)).await?;
        Ok(finished.is_some())
    }

    async fn next_due(&self, kind: WorkKind) -> StoreResult<Option<Timestamp>> {
        let operation = "look for due work";
        let mut front = Front::open(self, operation, kind, None).await?;
        let mut soonest: Option<Timestamp> = None;
        // Work that is held stands where it was due, before the end of its lease: mostly the first row
        // tells, and more are looked at where it does not.
        let mut count = 1;
        loop {
            let rows = front.next(count).await?;
            let Some(first) = rows.first() else { return Ok(soonest) };
            if soonest.is_some_and(|soonest| soonest <= first.due_at) {
                return Ok(soonest);
            }
            for (_, (entry, _)) in self.look_up(operation, &rows).await? {
                soonest = soonest.into_iter().chain(entry.claimable_at()).min();
            }
            count = (count * 4).min(LOOK_AHEAD);
        }
    }

    async fn due_at(&self, work: &Work) -> StoreResult<Option<Timestamp>> {
        let operation = "look for due work";
        let item = self.get(operation, Key::due(work)).await?;
        let entry = item.map(|item| Entry::read(&item, operation)).transpose()?;
        Ok(entry.and_then(|(entry, _)| entry.claimable_at()))
    }
}
