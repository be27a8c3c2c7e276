//! What only a file has to promise.

use std::fs;

use futures::future::join_all;
use reprise_core::ports::{Sources, Tokens, Users, Version, Written};
use reprise_core::testing::sample::{admission, admit};
use reprise_domain::archive::Source;
use reprise_sql::{OpenError, SqlStore};
use sqlx::{Connection, SqliteConnection};

use crate::{database, noon, open};

async fn raw(path: &std::path::Path) -> SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn error(path: &std::path::Path) -> OpenError {
    SqlStore::open(path.to_str().unwrap()).await.unwrap_err()
}

#[tokio::test]
async fn what_was_written_is_there_after_opening_again() {
    let (_folder, path) = database();
    let store = open(&path).await;
    let ana = admit(&store, "ana", noon()).await;
    store.close().await;
    let again = open(&path).await;
    assert_eq!(again.user(&ana).await.unwrap().unwrap().value, admission("ana", noon()).user);
    assert_eq!(again.path(), path);
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_and_those_beside_it_are_their_owners_only() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = database();
    let store = open(&path).await;
    admit(&store, "ana", noon()).await;
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap()).collect();
    assert!(files.len() > 1, "{files:?}");
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}

#[tokio::test]
async fn closing_leaves_one_file_whose_copy_is_whole() {
    let (folder, path) = database();
    let store = open(&path).await;
    let ana = admit(&store, "ana", noon()).await;
    store.close().await;
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["reprise.db"]);
    let copy = folder.path().join("copy.db");
    fs::copy(&path, &copy).unwrap();
    assert!(open(&copy).await.user(&ana).await.unwrap().is_some());
}

#[tokio::test]
async fn a_copy_after_a_checkpoint_is_whole() {
    let (folder, path) = database();
    let store = open(&path).await;
    let ana = admit(&store, "ana", noon()).await;
    assert!(store.checkpoint().await.unwrap());
    let copy = folder.path().join("copy.db");
    fs::copy(&path, &copy).unwrap();
    assert!(open(&copy).await.user(&ana).await.unwrap().is_some());
}

#[tokio::test]
async fn sixteen_who_open_a_new_file_at_once_all_can() {
    let (_folder, path) = database();
    let stores = join_all((0..16).map(|_| {
        let path = path.clone();
        tokio::spawn(async move { open(&path).await })
    }))
    .await;
    for (number, store) in stores.into_iter().enumerate() {
        admit(&store.unwrap(), &number.to_string(), noon()).await;
    }
    assert_eq!(open(&path).await.users(None, 99).await.unwrap().len(), 16);
}

#[tokio::test]
async fn a_caller_who_gives_up_leaves_all_or_nothing_and_blocks_nobody() {
    let (_folder, path) = database();
    let store = open(&path).await;
    let source = Source::discover_weekly();
    let mut gone = 0;
    for polls in 0..60 {
        let ana = admission("ana", noon()).user.id;
        if store.user(&ana).await.unwrap().is_none() {
            admit(&store, "ana", noon()).await;
            assert_eq!(store.put_source(&ana, &source, Version::NEW).await.unwrap(), Written::At(Version(1)));
        }
        let user = store.user(&ana).await.unwrap().unwrap();
        // Cancelled after so many steps: at every await of the operation at least once.
        let mut erasing = Box::pin(store.erase(&ana));
        for _ in 0..polls {
            if futures::poll!(&mut erasing).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(erasing);
        // The next writer waits for what is left of it; its commit may have been on the way.
        let written = store.put_user(&user.value, user.version).await.unwrap();
        let erased = written == Written::Conflict;
        assert_eq!(store.user(&ana).await.unwrap().is_none(), erased);
        assert_eq!(store.grant(&ana).await.unwrap().is_none(), erased);
        assert_eq!(store.sources(&ana).await.unwrap().is_empty(), erased);
        gone += usize::from(erased);
    }
    assert!(gone < 60, "some were given up in time");
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let (folder, _) = database();
    let missing = folder.path().join("missing");
    let error = error(&missing.join("reprise.db")).await;
    assert!(matches!(&error, OpenError::NoFolder { folder } if *folder == missing), "{error}");
}

#[tokio::test]
async fn what_is_no_database_is_refused_and_left_as_it_is() {
    let (folder, path) = database();
    let text = "Not a database, but long enough to hold the header of one. ".repeat(40);
    fs::write(&path, &text).unwrap();
    assert!(matches!(error(&path).await, OpenError::NotOurs { .. }));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    assert!(matches!(error(folder.path()).await, OpenError::NotOurs { .. }));
}

#[tokio::test]
async fn the_database_of_another_program_is_refused_and_left_as_it_is() {
    let (_folder, path) = database();
    let mut other = raw(&path).await;
    sqlx::query("CREATE TABLE theirs (id INTEGER)").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    let before = fs::read(&path).unwrap();
    let error = error(&path).await;
    assert!(matches!(error, OpenError::NotOurs { .. }), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn the_database_of_a_newer_reprise_is_refused_with_its_number() {
    let (_folder, path) = database();
    open(&path).await.close().await;
    let mut newer = raw(&path).await;
    let migration = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                     VALUES (9000, 'of the future', TRUE, x'00', 0)";
    sqlx::query(migration).execute(&mut newer).await.unwrap();
    newer.close().await.unwrap();
    let error = error(&path).await;
    assert!(matches!(error, OpenError::Newer { version: 9000, .. }), "{error}");
    assert!(error.to_string().contains("9000"), "{error}");
}

#[tokio::test]
async fn a_document_that_cannot_be_read_is_an_error_not_a_gap() {
    let (_folder, path) = database();
    let store = open(&path).await;
    let ana = admit(&store, "ana", noon()).await;
    let mut other = raw(&path).await;
    sqlx::query("UPDATE users SET doc = '{}'").execute(&mut other).await.unwrap();
    let error = store.user(&ana).await.unwrap_err();
    assert_eq!(error.to_string(), "the store could not read a listener");
    assert!(store.users(None, 9).await.is_err());
}
