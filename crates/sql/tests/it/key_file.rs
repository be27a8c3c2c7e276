//! The local key file.

use std::fs;
use std::path::Path;
use std::sync::Barrier;
use std::thread;

use reprise_core::ports::KeyWrap;
use reprise_sql::{KeyFileError, LocalKeyFile};
use tempfile::TempDir;

const DATA_KEY: [u8; 32] = [7; 32];

fn place() -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reprise.key");
    (folder, path)
}

fn open(path: &Path) -> LocalKeyFile {
    LocalKeyFile::open_or_create(path).unwrap()
}

fn refusal(path: &Path) -> KeyFileError {
    LocalKeyFile::open_or_create(path).unwrap_err()
}

/// Writes what a key file might have become, for its owner only.
fn write(path: &Path, text: &[u8]) {
    fs::remove_file(path).unwrap();
    open(path);
    fs::write(path, text).unwrap();
}

#[tokio::test]
async fn a_key_wrapped_before_opens_after_a_restart() {
    let (_folder, path) = place();
    let wrapped = open(&path).wrap(&DATA_KEY, "reprise/3").await.unwrap();
    assert_eq!(*open(&path).unwrap(&wrapped, "reprise/3").await.unwrap(), DATA_KEY);
}

#[tokio::test]
async fn a_wrapped_key_opens_unchanged_and_under_its_context_only() {
    let (_folder, path) = place();
    let keys = open(&path);
    let wrapped = keys.wrap(&DATA_KEY, "reprise/3").await.unwrap();
    assert!(!wrapped.windows(4).any(|some| some == [7; 4]));
    assert_ne!(wrapped, keys.wrap(&DATA_KEY, "reprise/3").await.unwrap());
    assert!(keys.unwrap(&wrapped, "reprise/4").await.is_err());
    for at in 0..wrapped.len() {
        let mut changed = wrapped.clone();
        changed[at] ^= 1;
        assert!(keys.unwrap(&changed, "reprise/3").await.is_err(), "byte {at}");
        assert!(keys.unwrap(&wrapped[..at], "reprise/3").await.is_err(), "{at} bytes");
    }
}

#[tokio::test]
async fn another_files_key_opens_nothing_and_says_which_is_missing() {
    let (_folder, path) = place();
    let (_other_folder, other) = place();
    let wrapped = open(&path).wrap(&DATA_KEY, "").await.unwrap();
    let error = open(&other).unwrap(&wrapped, "").await.unwrap_err();
    let name = fs::read_to_string(&path).unwrap().lines().nth(1).unwrap()[..16].to_owned();
    assert!(error.to_string().contains(&name), "{error}");
}

#[cfg(unix)]
#[test]
fn it_is_created_for_its_owner_only_and_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = place();
    open(&path);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn of_sixteen_creators_one_makes_the_key_and_all_have_it() {
    let (_folder, path) = place();
    let start = Barrier::new(16);
    let files: Vec<_> = thread::scope(|scope| {
        let create = || {
            start.wait();
            open(&path);
            fs::read_to_string(&path).unwrap()
        };
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(create)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(files.iter().all(|file| *file == files[0]));
    assert_eq!(files[0].lines().count(), 2);
}

#[tokio::test]
async fn after_a_rotation_the_new_key_wraps_and_the_old_ones_open() {
    let (_folder, path) = place();
    let (server, command) = (open(&path), open(&path));
    let first = server.wrap(&DATA_KEY, "").await.unwrap();
    assert_eq!(command.rotate().unwrap(), 2);
    let second = command.wrap(&DATA_KEY, "").await.unwrap();
    assert_ne!(first[..9], second[..9], "another key wraps");
    assert_eq!(*command.unwrap(&first, "").await.unwrap(), DATA_KEY);
    // The server, which opened the file before, learns of the new key when it meets it.
    assert_eq!(*server.unwrap(&second, "").await.unwrap(), DATA_KEY);
    assert_eq!(server.len(), 2);
    assert_eq!(*open(&path).unwrap(&first, "").await.unwrap(), DATA_KEY);
}

#[test]
fn rotations_at_the_same_time_lose_no_key() {
    let (folder, path) = place();
    open(&path);
    let start = Barrier::new(8);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                start.wait();
                open(&path).rotate().unwrap();
            });
        }
    });
    assert_eq!(open(&path).len(), 9);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_read_is_refused_with_what_to_do() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = place();
    open(&path);
    for mode in [0o640, 0o604, 0o660, 0o644] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = refusal(&path);
        assert!(matches!(error, KeyFileError::TooOpen { mode: seen, .. } if seen == mode), "{error}");
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(open(&path).len(), 1);
}

#[test]
fn a_damaged_file_is_refused_by_line_and_never_replaced() {
    let (_folder, path) = place();
    open(&path);
    let good = fs::read_to_string(&path).unwrap();
    let key = good.lines().nth(1).unwrap().to_owned();
    let flipped = if key.ends_with("A=") { key.replace("A=", "E=") } else { format!("{}A=", &key[..59]) };
    let cases: [(Vec<u8>, usize); 9] = [
        (Vec::new(), 1),
        (b"reprise-keys v2\n".to_vec(), 1),
        (b"reprise-keys v1\n".to_vec(), 1),
        (b"reprise-keys v1\n# nothing\n\n".to_vec(), 3),
        (format!("reprise-keys v1\n{key}\nnonsense\n").into_bytes(), 3),
        (format!("reprise-keys v1\n{}\n", &key[..40]).into_bytes(), 2),
        (format!("reprise-keys v1\n\n{flipped}\n").into_bytes(), 3),
        (format!("reprise-keys v1\n{} ****\n", &key[..16]).into_bytes(), 2),
        (vec![0xff, 0xfe, 0x00], 1),
    ];
    for (text, expected) in cases {
        write(&path, &text);
        let error = refusal(&path);
        let shown = String::from_utf8_lossy(&text).into_owned();
        assert!(
            matches!(error, KeyFileError::Malformed { line, .. } if line == expected),
            "{error}: {shown:?}"
        );
        assert!(!format!("{error} {error:?}").contains(&key[17..]), "a key in an error");
        assert_eq!(fs::read(&path).unwrap(), text);
    }
    write(&path, format!("{good}\n# a note\n").as_bytes());
    assert_eq!(open(&path).len(), 1);
}

#[test]
fn a_folder_and_a_missing_folder_are_refused() {
    let (folder, path) = place();
    let error = refusal(folder.path());
    assert!(matches!(error, KeyFileError::NoFile { .. }), "{error}");
    let error = refusal(&path.join("reprise.key"));
    assert!(matches!(error, KeyFileError::NoFolder { .. }), "{error}");
}

#[test]
fn a_left_over_of_a_killed_process_does_no_harm() {
    let (folder, path) = place();
    fs::write(folder.path().join("reprise.key.new"), "half a fi").unwrap();
    assert_eq!(open(&path).len(), 1);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn debug_prints_no_key() {
    let (_folder, path) = place();
    let shown = format!("{:?}", open(&path));
    let file = fs::read_to_string(&path).unwrap();
    let key = file.lines().nth(1).unwrap();
    assert!(!shown.contains(&key[17..]) && shown.contains("reprise.key"), "{shown}");
}
