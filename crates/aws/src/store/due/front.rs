//! The front of the calendar: what has been due longest, over all parts of the index at once.

use std::collections::VecDeque;

use futures::future::try_join_all;
use jiff::Timestamp;
use reprise_core::ports::{StoreResult, WorkKind};

use crate::store::DynamoStore;
use crate::store::item::{Read, instant};
use crate::store::keys::{DUE, DUE_AT, DUE_INDEX, Key, due_partition};
use crate::store::query::Query;

/// A page of the index holds at least so many rows, and at most so many.
const PAGE: std::ops::RangeInclusive<usize> = 8..=1000;

/// One row of the index.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) key: Key,
    pub(super) due_at: Timestamp,
}

/// Reads the index in order of time, page by page and as far as it is asked for.
pub(super) struct Front<'a> {
    store: &'a DynamoStore,
    operation: &'static str,
    parts: Vec<Part>,
}

struct Part {
    query: Query,
    rows: VecDeque<Row>,
    ended: bool,
}

impl<'a> Front<'a> {
    /// What is due until `until`, or whenever.
    pub(super) async fn open(
        store: &'a DynamoStore,
        operation: &'static str,
        kind: WorkKind,
        until: Option<Timestamp>,
    ) -> StoreResult<Self> {
        let part = |number| {
            let query = Query::index(DUE_INDEX, DUE, due_partition(kind, number));
            let query = match until {
                Some(until) => query.and(UNTIL, instant(until)),
                None => query,
            };
            Part { query, rows: VecDeque::new(), ended: false }
        };
        let parts = (0..store.all_partitions(operation).await?).map(part).collect();
        Ok(Self { store, operation, parts })
    }

    /// The next `count` rows, fewer only at the end.
    pub(super) async fn next(&mut self, count: usize) -> StoreResult<Vec<Row>> {
        let page = count.div_ceil(self.parts.len()).saturating_mul(2).clamp(*PAGE.start(), *PAGE.end());
        let mut rows = Vec::new();
        while rows.len() < count {
            self.fill(page).await?;
            let first = self.parts.iter_mut().filter(|part| !part.rows.is_empty());
            let Some(part) = first.min_by_key(|part| part.rows.front().map(|row| row.due_at)) else { break };
            rows.extend(part.rows.pop_front());
        }
        Ok(rows)
    }

    /// Reads on in every part that has nothing in hand.
    async fn fill(&mut self, page: usize) -> StoreResult<()> {
        let (store, operation) = (self.store, self.operation);
        let empty = self.parts.iter_mut().filter(|part| part.rows.is_empty() && !part.ended);
        let read = empty.map(|part| async move {
            while part.rows.is_empty() && !part.ended {
                let (items, ended) = part.query.page(store, operation, page).await?;
                part.ended = ended;
                for item in &items {
                    let read = Read::new(item, operation);
                    let due_at = read.instant(DUE_AT)?.ok_or_else(|| read.odd(DUE_AT))?;
                    part.rows.push_back(Row { key: Key::of(item, operation)?, due_at });
                }
            }
            Ok(())
        });
        try_join_all(read).await.map(|_: Vec<()>| ())
    }
}

const UNTIL: &str = "#at <= :at";
