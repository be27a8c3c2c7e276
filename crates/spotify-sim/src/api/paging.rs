//! Pages.

use super::{Ask, reply::Reply};
use serde_json::{Value, json};

/// Which part of a list was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    pub(crate) offset: usize,
    pub(crate) limit: usize,
}

impl Page {
    pub(crate) fn asked(ask: &Ask, default: usize, most: usize) -> Result<Self, Reply> {
        Ok(Self { limit: ask.query.limit(default, most)?, offset: ask.query.offset(100_000)? })
    }

    pub(crate) fn of<'a, T>(&self, list: &'a [T]) -> &'a [T] {
        let start = self.offset.min(list.len());
        &list[start..(start + self.limit).min(list.len())]
    }

    /// A paging object; `path` is what follows `/v1/`.
    pub(crate) fn object(&self, ask: &Ask, path: &str, total: usize, items: &[Value]) -> Value {
        let link = |offset: usize| {
            let query = ask.query.page(offset, self.limit);
            format!("{}/v1/{path}?{query}", ask.base)
        };
        let next = (self.offset + self.limit < total).then(|| link(self.offset + self.limit));
        let previous = (self.offset > 0).then(|| link(self.offset.saturating_sub(self.limit)));
        json!({
            "href": link(self.offset),
            "items": items,
            "limit": self.limit,
            "next": next,
            "offset": self.offset,
            "previous": previous,
            "total": total,
        })
    }
}
