//! What commands say: lines for people, or one JSON object a line for programs.

use std::fmt::Display;
use std::io::{IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

/// How to speak on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Out {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Out {
    pub(crate) fn of(json: bool) -> Self {
        if json { Self::Json } else { Self::Text }
    }

    /// Says one thing: `text` for people, `value` for programs.
    pub(crate) fn say(self, text: impl Display, value: &impl Serialize) {
        match self {
            Self::Text => line(&text),
            Self::Json => line(&serde_json::to_string(value).unwrap_or_default()),
        }
    }

    /// Says something to people only.
    pub(crate) fn note(self, text: impl Display) {
        if self == Self::Text {
            line(&text);
        }
    }

    /// A progress bar for long work; silent for programs and where nobody watches.
    pub(crate) fn progress(self, length: u64, what: &'static str) -> ProgressBar {
        if self == Self::Json || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(length).with_message(what);
        let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len}");
        bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }

    /// A count that grows towards an end nobody knows; as silent as [`Out::progress`].
    pub(crate) fn counter(self, what: &'static str) -> ProgressBar {
        if self == Self::Json || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{spinner} {pos} {msg}");
        let bar = ProgressBar::new_spinner().with_message(what);
        bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
    }
}

fn line(text: &impl Display) {
    // A reader that went away (`reprise users | head`) is no error.
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Writes bytes as they are, for exports.
pub(crate) fn raw(bytes: &[u8]) -> std::io::Result<()> {
    std::io::stdout().lock().write_all(bytes)
}

/// Says on standard error what went wrong, each cause on a line of its own.
pub(crate) fn error(error: &anyhow::Error) {
    let mut stderr = std::io::stderr().lock();
    let _ = writeln!(stderr, "reprise: {error}");
    for cause in error.chain().skip(1) {
        let _ = writeln!(stderr, "  because {cause}");
    }
}
