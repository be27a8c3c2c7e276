//! What the ports' tables have in common: documents, their versions, instants as text.

use jiff::Timestamp;
use reprise_core::ports::{StoreError, StoreResult, Version, Versioned, Written};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::sqlite::{SqliteArguments, SqliteExecutor};
use sqlx::{Sqlite, query::Query};

/// Says which operation a database error ended.
pub(crate) fn failed(operation: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
    move |error| StoreError::new(operation, error)
}

/// One column of a document's key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Key<'a> {
    Text(&'a str),
    Maybe(Option<&'a str>),
    Number(u32),
}

type Statement = Query<'static, Sqlite, SqliteArguments>;

fn bind(statement: Statement, keys: &[Key<'_>]) -> Statement {
    keys.iter().fold(statement, |statement, key| match key {
        Key::Text(text) => statement.bind((*text).to_owned()),
        Key::Maybe(text) => statement.bind(text.map(ToOwned::to_owned)),
        Key::Number(number) => statement.bind(i64::from(*number)),
    })
}

/// The two statements of a conditional write.
///
/// In both `$1` is the document, `$2` a version and the rest the key: `insert` stores under that
/// version unless there is a document, `update` replaces the one that still has it.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) operation: &'static str,
    pub(crate) insert: Option<&'static str>,
    pub(crate) update: &'static str,
}

impl Write {
    /// Stores a document if the stored version is the one that was read.
    pub(crate) async fn put<T: Serialize + Sync>(
        &self,
        executor: impl SqliteExecutor<'_>,
        keys: &[Key<'_>],
        value: &T,
        read: Version,
    ) -> StoreResult<Written> {
        let doc = json(value, self.operation)?;
        let (sql, version) = match (read, self.insert) {
            (Version::NEW, Some(insert)) => (insert, read.next()),
            // A document that others create has no version 0, so this changes nothing.
            _ => (self.update, read),
        };
        let statement = sqlx::query(sql).bind(doc).bind(number(version.0));
        let done = bind(statement, keys).execute(executor).await.map_err(failed(self.operation))?;
        Ok(if done.rows_affected() == 1 { Written::At(read.next()) } else { Written::Conflict })
    }
}

/// A row of `SELECT version, doc`.
pub(crate) type DocumentRow = (i64, String);

/// Reads a document back.
pub(crate) fn document<T: DeserializeOwned>(
    (version, doc): DocumentRow,
    operation: &'static str,
) -> StoreResult<Versioned<T>> {
    let version = Version(u64::try_from(version).map_err(|error| StoreError::new(operation, error))?);
    Ok(Versioned { value: parsed(&doc, operation)?, version })
}

/// Reads the document with this key, by a statement that selects `version, doc`.
pub(crate) async fn get<T: DeserializeOwned>(
    executor: impl SqliteExecutor<'_>,
    operation: &'static str,
    sql: &'static str,
    keys: &[Key<'_>],
) -> StoreResult<Option<Versioned<T>>> {
    Ok(list(executor, operation, sql, keys, 1).await?.pop())
}

/// Reads up to `limit` documents, by a statement that selects `version, doc` and whose last parameter
/// is the limit.
pub(crate) async fn list<T: DeserializeOwned>(
    executor: impl SqliteExecutor<'_>,
    operation: &'static str,
    sql: &'static str,
    keys: &[Key<'_>],
    limit: usize,
) -> StoreResult<Vec<Versioned<T>>> {
    use sqlx::Row;
    let rows = bind(sqlx::query(sql), keys).bind(count(limit)).fetch_all(executor).await;
    let document = |row: sqlx::sqlite::SqliteRow| {
        let row = (|| Ok((row.try_get(0)?, row.try_get(1)?)))().map_err(failed(operation))?;
        document(row, operation)
    };
    rows.map_err(failed(operation))?.into_iter().map(document).collect()
}

/// A document as text.
pub(crate) fn json<T: Serialize>(value: &T, operation: &'static str) -> StoreResult<String> {
    serde_json::to_string(value).map_err(|error| StoreError::new(operation, error))
}

/// A document from text.
pub(crate) fn parsed<T: DeserializeOwned>(doc: &str, operation: &'static str) -> StoreResult<T> {
    serde_json::from_str(doc).map_err(|error| StoreError::new(operation, error))
}

/// An enum's serialized name, without the quotes of JSON.
pub(crate) fn word<T: Serialize>(value: &T, operation: &'static str) -> StoreResult<String> {
    Ok(json(value, operation)?.trim_matches('"').to_owned())
}

/// An enum from its serialized name.
pub(crate) fn from_word<T: DeserializeOwned>(word: String, operation: &'static str) -> StoreResult<T> {
    let value = serde_json::Value::String(word);
    serde_json::from_value(value).map_err(|error| StoreError::new(operation, error))
}

/// An instant as text whose order is the instants' (from the year 0 on), to the nanosecond.
pub(crate) fn text(at: Timestamp) -> String {
    format!("{at:.9}")
}

/// An instant from text.
pub(crate) fn instant(text: &str, operation: &'static str) -> StoreResult<Timestamp> {
    text.parse().map_err(|error: jiff::Error| StoreError::new(operation, error))
}

/// A number as the database keeps it.
pub(crate) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A limit as the database takes it.
pub(crate) fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_instants_is_the_order_of_their_texts() {
        let instants = [
            "1969-12-31T23:59:59.999999999Z",
            "1970-01-01T00:00:00Z",
            "2026-11-16T06:00:00Z",
            "2026-11-16T06:00:00.000000001Z",
            "2026-11-16T06:00:00.5Z",
            "2026-11-16T06:00:01Z",
        ]
        .map(|text| text.parse::<Timestamp>().unwrap());
        let texts = instants.map(text);
        assert!(texts.is_sorted(), "{texts:?}");
        assert!(texts[5] < text(Timestamp::MAX));
        for (at, text) in
            instants.iter().chain([&Timestamp::MAX]).zip(texts.iter().chain([&text(Timestamp::MAX)]))
        {
            assert_eq!(instant(text, "test").unwrap(), *at);
            assert_eq!(text.len(), 30);
        }
    }
}
