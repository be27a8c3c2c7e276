//! Reading and replacing the file, whole or not at all.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use ring::rand::SystemRandom;
use zeroize::Zeroizing;

use super::KeyFileError;
use super::key::Key;
use crate::open::create_for_owner;

const FIRST_LINE: &str = "reprise-keys v1";

/// Far more than any number of rotations.
const LARGEST: u64 = 1 << 20;

/// Reads the keys, oldest first; `None` if there is no file.
pub(super) fn read(path: &Path) -> Result<Option<Vec<Key>>, KeyFileError> {
    let refused = |source| refused(path, "read", source);
    if path.is_dir() {
        return Err(KeyFileError::NoFile { path: path.to_owned() });
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(error)),
    };
    // Asked of the open file, which cannot be another one than is read.
    let metadata = file.metadata().map_err(refused)?;
    if !metadata.is_file() {
        return Err(KeyFileError::NoFile { path: path.to_owned() });
    }
    if let Some(mode) = open_to_others(&metadata) {
        return Err(KeyFileError::TooOpen { path: path.to_owned(), mode });
    }
    let mut text =
        Zeroizing::new(String::with_capacity(usize::try_from(metadata.len().min(LARGEST)).unwrap_or(0)));
    match file.take(LARGEST).read_to_string(&mut text) {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(malformed(path, 1, "not text")),
        Err(error) => Err(refused(error)),
        Ok(_) => parse(path, &text).map(Some),
    }
}

/// Creates the file with one key, unless another process was faster.
pub(super) fn create(path: &Path, random: &SystemRandom) -> Result<Vec<Key>, KeyFileError> {
    let _turn = Turn::take(path)?;
    if let Some(keys) = read(path)? {
        return Ok(keys);
    }
    let keys = vec![Key::generate(random)?];
    replace(path, &keys)?;
    Ok(keys)
}

/// Adds a key to those in the file.
pub(super) fn add(path: &Path, random: &SystemRandom) -> Result<Vec<Key>, KeyFileError> {
    let _turn = Turn::take(path)?;
    let mut keys = read(path)?.unwrap_or_default();
    keys.push(Key::generate(random)?);
    replace(path, &keys)?;
    Ok(keys)
}

fn parse(path: &Path, text: &str) -> Result<Vec<Key>, KeyFileError> {
    let mut lines = (1..).zip(text.lines().map(str::trim_end));
    if lines.next().is_none_or(|(_, first)| first != FIRST_LINE) {
        return Err(malformed(path, 1, "not that of a key file"));
    }
    let mut keys = Vec::new();
    let mut last = 1;
    for (number, line) in lines {
        last = number;
        if !line.is_empty() && !line.starts_with('#') {
            keys.push(Key::parse(line).map_err(|what| malformed(path, number, what))?);
        }
    }
    if keys.is_empty() { Err(malformed(path, last, "the last, and there was no key")) } else { Ok(keys) }
}

/// Puts a new file in the old one's place: a reader or a power cut finds the one or the other.
fn replace(path: &Path, keys: &[Key]) -> Result<(), KeyFileError> {
    let refused = |source| refused(path, "written", source);
    let mut text = Zeroizing::new(String::with_capacity(FIRST_LINE.len() + 1 + keys.len() * 62));
    text.push_str(FIRST_LINE);
    text.push('\n');
    for key in keys {
        key.write(&mut text);
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    // Left by a process that was killed; whoever holds the turn may clear it away.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(refused(error)),
        Ok(()) | Err(_) => {}
    }
    let written = create_for_owner(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&beside, path)).map_err(refused)?;
    File::open(folder(path)).and_then(|folder| folder.sync_all()).map_err(refused)
}

/// The right to replace the file, held against other processes by a lock on its folder: the file
/// itself is a new one after each replacement.
struct Turn {
    _folder: File,
}

impl Turn {
    fn take(path: &Path) -> Result<Self, KeyFileError> {
        let folder = folder(path);
        if !folder.is_dir() {
            return Err(KeyFileError::NoFolder { folder: folder.to_owned() });
        }
        let refused = |source| refused(path, "locked", source);
        let folder = File::open(folder).map_err(refused)?;
        folder.lock().map_err(refused)?;
        Ok(Self { _folder: folder })
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The permission bits, if they let anybody but the owner in.
#[cfg(unix)]
fn open_to_others(metadata: &Metadata) -> Option<u32> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn open_to_others(_: &Metadata) -> Option<u32> {
    None
}

fn refused(path: &Path, what: &'static str, source: io::Error) -> KeyFileError {
    KeyFileError::Refused { path: path.to_owned(), what, source }
}

fn malformed(path: &Path, line: usize, what: &'static str) -> KeyFileError {
    KeyFileError::Malformed { path: path.to_owned(), line, what }
}
