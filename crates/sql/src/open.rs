//! Opening, looking after and closing the database file.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reprise_core::ports::{StoreError, StoreResult};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Sqlite, SqlitePool, Transaction};

use crate::rows::failed;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Marks a database file as ours: "Rprs".
const APPLICATION_ID: i64 = 0x5270_7273;
const MARK: &str = "PRAGMA application_id = 1383101043";

/// As long as another process may hold the file for one transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// Enough to keep reading while the one writer writes.
const READERS: u32 = 4;

/// A transaction that reads and then writes takes the file's write lock at once: one that took it at
/// its first write could find that somebody else had written in between. (PostgreSQL: `BEGIN`.)
const BEGIN: &str = "BEGIN IMMEDIATE";

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not the address of a file.
    #[error("{address:?} names no SQLite file: write sqlite:PATH, without options")]
    Address {
        /// What was given.
        address: String,
    },
    /// The folder is missing.
    #[error("there is no folder {folder:?} for the database: create it, or name another file")]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// The file system or the database refuses.
    #[error("the database {path:?} cannot be opened: see that this user may write it and its folder")]
    Refused {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Something else is there.
    #[error("{path:?} is not a database of Reprise: name another file, or restore it from a backup")]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// A later Reprise has written it.
    #[error(
        "the database {path:?} was written by a newer Reprise (its format is {version}): update this one"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format's number.
        version: i64,
    },
    /// Its format could not be brought up to date.
    #[error("the format of the database {path:?} cannot be brought up to date; nothing was changed")]
    Migration {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Everything that is kept, in one SQLite file; clones share its connections.
///
/// Any number of processes may have the same file open. A write is on the disk when it is answered:
/// the archive's plan must outlive a power cut right after it.
#[derive(Debug, Clone)]
pub struct SqlStore {
    /// Connections that read while the writer writes.
    pub(crate) readers: SqlitePool,
    /// One connection: writers of this process queue here in order, not in SQLite's busy loop.
    pub(crate) writer: SqlitePool,
    path: PathBuf,
}

impl SqlStore {
    /// Opens `sqlite:PATH` or a bare path; creates the file, for its owner only, if it is missing.
    pub async fn open(address: &str) -> Result<Self, OpenError> {
        let path = path_of(address)?;
        create(&path)?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            .synchronous(SqliteSynchronous::Full);
        prepare(&path, &options).await?;
        let connect = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                // A connection to a file does not go stale.
                .test_before_acquire(false)
                .idle_timeout(None)
                .max_lifetime(None)
                .connect_with(options.clone())
        };
        let writer = connect(1).await.map_err(|error| refused(&path, error))?;
        let readers = connect(READERS).await.map_err(|error| refused(&path, error))?;
        Ok(Self { readers, writer, path })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Moves everything into the main file, so that a copy of it alone is whole; answers whether no
    /// reader stood in the way.
    pub async fn checkpoint(&self) -> StoreResult<bool> {
        let operation = "move everything into the main file";
        let (busy, _, _): (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(&self.writer)
            .await
            .map_err(failed(operation))?;
        Ok(busy == 0)
    }

    /// Waits for what is under way, and leaves one file behind if no other process has it open.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    pub(crate) async fn begin(&self, operation: &'static str) -> StoreResult<Transaction<'static, Sqlite>> {
        self.writer.begin_with(BEGIN).await.map_err(failed(operation))
    }
}

/// Ends a transaction of [`SqlStore::begin`]; one that is dropped instead has changed nothing.
pub(crate) async fn commit(
    transaction: Transaction<'static, Sqlite>,
    operation: &'static str,
) -> Result<(), StoreError> {
    transaction.commit().await.map_err(failed(operation))
}

fn path_of(address: &str) -> Result<PathBuf, OpenError> {
    let path = address.strip_prefix("sqlite:").unwrap_or(address);
    let path = path.strip_prefix("//").unwrap_or(path);
    // A database in memory would forget what was archived; options are ours to choose.
    if path.is_empty() || path.contains(":memory:") || path.contains('?') || path.contains("://") {
        return Err(OpenError::Address { address: address.to_owned() });
    }
    Ok(PathBuf::from(path))
}

/// Creates the file before SQLite would, which would let others read it.
fn create(path: &Path) -> Result<(), OpenError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(OpenError::NoFolder { folder: folder.to_owned() });
    }
    if path.is_dir() {
        return Err(OpenError::NotOurs { path: path.to_owned() });
    }
    match create_for_owner(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(refused(path, error)),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Creates a file that only its owner may read.
pub(crate) fn create_for_owner(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn refused(path: &Path, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> OpenError {
    OpenError::Refused { path: path.to_owned(), source: source.into() }
}

/// Sees that the file is ours and brings its format up to date, both or nothing.
async fn prepare(path: &Path, options: &SqliteConnectOptions) -> Result<(), OpenError> {
    let read = |error: sqlx::Error| match code(&error) {
        Some(NOT_A_DATABASE) => OpenError::NotOurs { path: path.to_owned() },
        _ => refused(path, error),
    };
    let mut connection = SqliteConnection::connect_with(options).await.map_err(read)?;
    let look = "SELECT application_id, (SELECT COUNT(*) FROM sqlite_schema) FROM pragma_application_id";
    let (application, tables): (i64, i64) =
        sqlx::query_as(look).fetch_one(&mut connection).await.map_err(read)?;
    if application != APPLICATION_ID && (application != 0 || tables > 0) {
        return Err(OpenError::NotOurs { path: path.to_owned() });
    }
    write_ahead(&mut connection).await.map_err(read)?;
    // Processes that start at the same time take turns here.
    let mut transaction = connection.begin_with(BEGIN).await.map_err(read)?;
    sqlx::query(MARK).execute(&mut *transaction).await.map_err(read)?;
    // `run` does the same, but its future cannot be shown to be `Send`.
    let migrate = MIGRATIONS.run_direct(None, &mut *transaction, false);
    migrate.await.map_err(|error| match error {
        MigrateError::VersionMissing(version) => OpenError::Newer { path: path.to_owned(), version },
        error => OpenError::Migration { path: path.to_owned(), source: error.into() },
    })?;
    transaction.commit().await.map_err(read)?;
    connection.close().await.map_err(read)
}

/// Switches to a write-ahead log, which stays with the file.
///
/// When two do that to a new file, SQLite refuses one at once instead of letting it wait; so it waits
/// in a transaction until the other is done.
async fn write_ahead(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut turns = 0;
    loop {
        match sqlx::query("PRAGMA journal_mode = WAL").execute(&mut *connection).await {
            Err(error) if code(&error) == Some(BUSY) && turns < MOST_TURNS => turns += 1,
            done => return done.map(drop),
        }
        connection.begin_with("BEGIN EXCLUSIVE").await?.commit().await?;
    }
}

/// More than there are processes that start together.
const MOST_TURNS: u32 = 100;

/// `SQLITE_BUSY`.
const BUSY: u32 = 5;

/// `SQLITE_NOTADB`.
const NOT_A_DATABASE: u32 = 26;

/// SQLite's number for an error, without the finer distinctions in its upper bits.
fn code(error: &sqlx::Error) -> Option<u32> {
    let code: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_path_and_nothing_else() {
        for (address, path) in [
            ("sqlite:data/reprise.db", "data/reprise.db"),
            ("sqlite:///var/lib/reprise.db", "/var/lib/reprise.db"),
            ("sqlite:/var/lib/reprise.db", "/var/lib/reprise.db"),
            ("reprise.db", "reprise.db"),
        ] {
            assert_eq!(path_of(address).unwrap(), Path::new(path));
        }
        for address in ["", "sqlite:", "sqlite::memory:", "sqlite:a.db?mode=ro", "postgres://host/db"] {
            let error = path_of(address).unwrap_err();
            assert!(matches!(error, OpenError::Address { .. }), "{error}");
        }
    }

    #[test]
    fn the_pragma_says_what_the_constant_says() {
        assert_eq!(MARK, format!("PRAGMA application_id = {APPLICATION_ID}"));
    }
}
