//! Where the passphrase of a whole installation's file comes from: a file, the environment, or
//! whoever sits at the terminal.

use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

use anyhow::Context;
use reprise_core::moving::Passphrase;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::settings::Settings;

/// A new passphrase has at least so many characters: four words, or a password manager's twelve.
const SHORTEST: usize = 12;

/// The passphrase of a file that is there.
pub(crate) fn known(file: Option<&Path>, settings: &Settings) -> anyhow::Result<Passphrase> {
    match given(file, settings)? {
        Some(passphrase) => Ok(passphrase),
        None => ask("Passphrase of the file: "),
    }
}

/// The passphrase of a file about to be written.
pub(crate) fn new(file: Option<&Path>, settings: &Settings) -> anyhow::Result<Passphrase> {
    let given = given(file, settings)?;
    let is_given = given.is_some();
    let passphrase = match given {
        Some(passphrase) => passphrase,
        None => ask("New passphrase for the file (it alone opens it, and nobody can find it out again): ")?,
    };
    anyhow::ensure!(
        passphrase.length() >= SHORTEST,
        "the passphrase has {} characters; take at least {SHORTEST}, four words for example: whoever has the file can guess as often as they like",
        passphrase.length()
    );
    if !is_given {
        anyhow::ensure!(
            passphrase.is(&ask("The same again: ")?),
            "these were two different passphrases; nothing was written"
        );
    }
    Ok(passphrase)
}

fn given(file: Option<&Path>, settings: &Settings) -> anyhow::Result<Option<Passphrase>> {
    let Some(path) = file else { return Ok(settings.export_passphrase.clone()) };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the passphrase file {} cannot be read", path.display()))?;
    let line = text.lines().next().unwrap_or_default();
    anyhow::ensure!(!line.is_empty(), "the first line of the passphrase file {} is empty", path.display());
    Ok(Some(Passphrase::new(line)))
}

/// Asks without showing what is typed.
fn ask(question: &str) -> anyhow::Result<Passphrase> {
    let stdin = std::io::stdin();
    anyhow::ensure!(
        stdin.is_terminal(),
        "there is nobody to ask for the passphrase: set REPRISE_EXPORT_PASSPHRASE, or name a file with --passphrase-file"
    );
    // Before the question: who answers it at once is neither shown nor lost.
    let silent = Silent::begin()?;
    let mut stderr = std::io::stderr().lock();
    write!(stderr, "{question}")
        .and_then(|()| stderr.flush())
        .context("the terminal cannot be written to")?;
    // Long enough for no copy to be left behind by growing.
    let mut line = String::with_capacity(4096);
    stdin.lock().read_line(&mut line).context("the passphrase cannot be read from the terminal")?;
    drop(silent);
    let _ = writeln!(stderr);
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    Ok(Passphrase::new(line))
}

/// The terminal shows nothing of what is typed until this is dropped.
struct Silent(Termios);

impl Silent {
    fn begin() -> anyhow::Result<Self> {
        let failed = "the terminal cannot be told to show nothing";
        let before = tcgetattr(std::io::stdin()).context(failed)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &silent).context(failed)?;
        Ok(Self(before))
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.0);
    }
}
