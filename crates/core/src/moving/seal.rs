//! The file's lines: a header in the open, then one sealed record a line.
//!
//! ```text
//! reprise-house v1 kdf=pbkdf2-hmac-sha256 rounds=600000 salt=… cipher=aes-256-gcm # a whole Reprise…
//! 5Yk0…  (line 2: what the file is)
//! …
//! q81T…  (the last line: how many records of each kind there are)
//! ```
//!
//! A record is sealed with AES-256-GCM under a key made of the passphrase and the file's own salt, so
//! no two files share a key, and a line's number can be its nonce. What is sealed is bound to the
//! header and to its line: lines do not open in another place or another file.

use std::io::{self, BufRead, Read, Write};
use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use ring::pbkdf2;
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::MoveError;

/// The format that is written, and the newest that is read.
pub const FORMAT: u32 = 1;

/// Rounds of PBKDF2 for a new file: some tenths of a second of one core, for whoever knows the
/// passphrase once, for whoever guesses each time.
pub const ROUNDS: u32 = 600_000;

/// A header that asks for more rounds is not ours, and would keep us busy for minutes.
const MOST_ROUNDS: u32 = 10_000_000;

/// The largest record, a week of ten thousand tracks, stays far below this.
const LONGEST_LINE: u64 = 64 * 1024 * 1024;

const MAGIC: &str = "reprise-house";
const SALT_LEN: usize = 16;
const REMARK: &str = "# a whole Reprise installation, sealed; bring it in with: reprise import --all FILE";

/// What opens a file; never printed.
#[derive(Clone)]
pub struct Passphrase(SecretString);

impl Passphrase {
    /// Takes the text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// How many characters it has.
    pub fn length(&self) -> usize {
        self.0.expose_secret().chars().count()
    }

    /// Whether both are the same text.
    pub fn is(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase")
    }
}

/// The header line, read or about to be written.
struct Header {
    rounds: NonZeroU32,
    salt: [u8; SALT_LEN],
}

impl Header {
    fn fresh(rounds: u32) -> Result<Self, MoveError> {
        let mut salt = [0; SALT_LEN];
        SystemRandom::new().fill(&mut salt).map_err(|_| MoveError::NoRandomness)?;
        Ok(Self { rounds: NonZeroU32::new(rounds).unwrap_or(NonZeroU32::MIN), salt })
    }

    fn text(&self) -> String {
        let salt = STANDARD_NO_PAD.encode(self.salt);
        format!(
            "{MAGIC} v{FORMAT} kdf=pbkdf2-hmac-sha256 rounds={} salt={salt} cipher=aes-256-gcm {REMARK}",
            self.rounds
        )
    }

    fn parse(line: &str) -> Result<Self, MoveError> {
        let mut words = line.split(' ');
        if words.next() != Some(MAGIC) {
            return Err(MoveError::NotOurs);
        }
        let format = words.next().and_then(|word| word.strip_prefix('v')?.parse().ok());
        match format.ok_or(MoveError::NotOurs)? {
            FORMAT => {}
            format => return Err(MoveError::Newer { format }),
        }
        let mut value = |name: &str| words.next().and_then(|word| word.strip_prefix(name));
        let header = (|| {
            (value("kdf=")? == "pbkdf2-hmac-sha256").then_some(())?;
            let rounds = value("rounds=")?.parse().ok().filter(|rounds| *rounds <= MOST_ROUNDS)?;
            let salt = STANDARD_NO_PAD.decode(value("salt=")?).ok()?.try_into().ok()?;
            (value("cipher=")? == "aes-256-gcm").then_some(())?;
            Some(Self { rounds: NonZeroU32::new(rounds)?, salt })
        })();
        header.ok_or(MoveError::NotOurs)
    }

    /// The key, and what every line is bound to.
    fn open(&self, line: &str, passphrase: &Passphrase) -> (LessSafeKey, [u8; SHA256_OUTPUT_LEN]) {
        let mut key = Zeroizing::new([0; 32]);
        let secret = passphrase.0.expose_secret().as_bytes();
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, self.rounds, &self.salt, secret, &mut *key);
        let key = UnboundKey::new(&AES_256_GCM, &*key).expect("32 bytes are an AES-256 key");
        (LessSafeKey::new(key), binding(line))
    }
}

/// What opens one file, made from its header once.
pub(super) struct Unlocked {
    key: LessSafeKey,
    binding: [u8; SHA256_OUTPUT_LEN],
}

impl Unlocked {
    /// Reads the header, which costs the rounds it names; whether the passphrase is right shows only at
    /// the next line.
    pub(super) fn read(from: &mut (dyn BufRead + Send), passphrase: &Passphrase) -> Result<Self, MoveError> {
        let line = header_line(from)?;
        let (key, binding) = Header::parse(&line)?.open(&line, passphrase);
        Ok(Self { key, binding })
    }

    /// The file's name for itself: no other file has the same.
    pub(super) fn parcel(&self) -> String {
        self.binding.iter().take(16).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    }
}

fn header_line(from: &mut (dyn BufRead + Send)) -> Result<String, MoveError> {
    let mut raw = Vec::new();
    // What is not ours may be one endless line.
    from.take(1024).read_until(b'\n', &mut raw).map_err(MoveError::Read)?;
    Ok(std::str::from_utf8(&raw).map_err(|_| MoveError::NotOurs)?.trim_end().to_owned())
}

/// What every line is bound to: the header as it was written.
fn binding(line: &str) -> [u8; SHA256_OUTPUT_LEN] {
    let mut binding = [0; SHA256_OUTPUT_LEN];
    binding.copy_from_slice(digest(&SHA256, line.as_bytes()).as_ref());
    binding
}

/// What seals and opens the lines of one file.
struct Lines {
    key: LessSafeKey,
    binding: [u8; SHA256_OUTPUT_LEN],
    /// The line written or read last; the header is the first.
    line: u64,
}

impl Lines {
    fn nonce(line: u64) -> Nonce {
        let mut nonce = [0; NONCE_LEN];
        nonce[NONCE_LEN - 8..].copy_from_slice(&line.to_be_bytes());
        Nonce::assume_unique_for_key(nonce)
    }

    fn bound(&self, line: u64) -> Aad<[u8; SHA256_OUTPUT_LEN + 8]> {
        let mut bound = [0; SHA256_OUTPUT_LEN + 8];
        bound[..SHA256_OUTPUT_LEN].copy_from_slice(&self.binding);
        bound[SHA256_OUTPUT_LEN..].copy_from_slice(&line.to_be_bytes());
        Aad::from(bound)
    }
}

/// Writes sealed lines.
pub(super) struct Sealer<'a> {
    to: &'a mut (dyn Write + Send),
    lines: Lines,
}

impl<'a> Sealer<'a> {
    /// Begins a file.
    pub(super) fn begin(
        to: &'a mut (dyn Write + Send),
        passphrase: &Passphrase,
        rounds: u32,
    ) -> Result<Self, MoveError> {
        let header = Header::fresh(rounds)?;
        let text = header.text();
        writeln!(to, "{text}").map_err(MoveError::Write)?;
        let (key, binding) = header.open(&text, passphrase);
        Ok(Self { to, lines: Lines { key, binding, line: 1 } })
    }

    /// Writes one record; the buffer is sealed in place.
    pub(super) fn write(&mut self, mut record: Zeroizing<Vec<u8>>) -> Result<(), MoveError> {
        self.lines.line += 1;
        let line = self.lines.line;
        let bound = self.lines.bound(line);
        // Room for the tag, so that no copy of the record is left behind by growing.
        record.reserve_exact(AES_256_GCM.tag_len());
        let sealed = self.lines.key.seal_in_place_append_tag(Lines::nonce(line), bound, &mut *record);
        sealed.map_err(|_| MoveError::Write(io::ErrorKind::FileTooLarge.into()))?;
        let text = STANDARD_NO_PAD.encode(&*record);
        writeln!(self.to, "{text}").map_err(MoveError::Write)
    }
}

/// Reads sealed lines.
pub(super) struct Opener<'a> {
    from: &'a mut (dyn BufRead + Send),
    lines: Lines,
    raw: Vec<u8>,
}

impl<'a> Opener<'a> {
    /// Begins to read a file whose header was read before.
    pub(super) fn begin(from: &'a mut (dyn BufRead + Send), unlocked: &Unlocked) -> Result<Self, MoveError> {
        let Unlocked { key, binding: known } = unlocked;
        if binding(&header_line(from)?) != *known {
            return Err(MoveError::Changed);
        }
        let lines = Lines { key: key.clone(), binding: *known, line: 1 };
        Ok(Self { from, lines, raw: Vec::new() })
    }

    /// The line read last.
    pub(super) fn line(&self) -> u64 {
        self.lines.line
    }

    /// Whether nothing follows.
    pub(super) fn ends(&mut self) -> Result<bool, MoveError> {
        self.from.fill_buf().map(<[u8]>::is_empty).map_err(MoveError::Read)
    }

    /// Reads the next record; `None` where the file ends.
    pub(super) fn read(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, MoveError> {
        let line = self.lines.line + 1;
        self.raw.clear();
        let mut limited = (&mut *self.from).take(LONGEST_LINE);
        if limited.read_until(b'\n', &mut self.raw).map_err(MoveError::Read)? == 0 {
            return Ok(None);
        }
        let whole = self.raw.last() == Some(&b'\n');
        let unopened = || match (whole, line) {
            (false, _) => MoveError::Truncated { line },
            // The first sealed line opens under the right passphrase, unless it or the header changed.
            (true, 2) => MoveError::WrongPassphrase,
            (true, _) => MoveError::Damaged { line },
        };
        let mut bytes =
            Zeroizing::new(STANDARD_NO_PAD.decode(self.raw.trim_ascii_end()).map_err(|_| unopened())?);
        let bound = self.lines.bound(line);
        let opened = self.lines.key.open_in_place(Lines::nonce(line), bound, &mut bytes);
        let length = opened.map_err(|_| unopened())?.len();
        bytes.truncate(length);
        self.lines.line = line;
        Ok(Some(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_says_what_the_file_is_and_reads_itself_back() {
        let header = Header::fresh(ROUNDS).unwrap();
        let text = header.text();
        assert!(text.starts_with("reprise-house v1 ") && text.contains("reprise import --all"), "{text}");
        let read = Header::parse(&text).unwrap();
        assert_eq!((read.rounds, read.salt), (header.rounds, header.salt));
    }

    #[test]
    fn other_headers_are_refused_by_what_they_are() {
        let own = Header::fresh(ROUNDS).unwrap().text();
        for line in [
            String::new(),
            "PK\u{3}\u{4}".to_owned(),
            own.replace("reprise-house", "reprise-keys"),
            own.replace(" v1 ", " vx "),
            own.replace("rounds=600000", "rounds=0"),
            own.replace("rounds=600000", "rounds=4000000000"),
            own.replace("salt=", "salt=!"),
            own.replace("aes-256-gcm", "rot13"),
        ] {
            assert!(matches!(Header::parse(&line), Err(MoveError::NotOurs)), "{line}");
        }
        assert!(matches!(Header::parse(&own.replace(" v1 ", " v2 ")), Err(MoveError::Newer { format: 2 })));
    }

    #[test]
    fn a_passphrase_is_not_printed() {
        assert_eq!(format!("{:?}", Passphrase::new("hunter2")), "Passphrase");
    }
}
