//! The models of the settings page.

use crate::view::model::Rung;

/// The settings as the form shows them: saved values, or what was sent with its errors.
pub(crate) struct Settings {
    pub(crate) style: Style,
    pub(crate) name_template: String,
    /// Link of an existing archive playlist to go on with; empty for one of our own.
    pub(crate) adopt: String,
    pub(crate) source_url: String,
    pub(crate) inbox_url: String,
    pub(crate) rungs: Vec<RungSetting>,
    pub(crate) time_zone: String,
    /// IANA names offered while typing.
    pub(crate) time_zones: Vec<String>,
    /// Take out second copies that came from outside.
    pub(crate) mend: bool,
    /// The archive's playlist is gone from the listener's library.
    pub(crate) gone: bool,
    pub(crate) release_radar: bool,
    /// Links of further playlists to archive, one per line.
    pub(crate) sources: String,
    /// Field name and what is wrong with it.
    pub(crate) errors: Vec<(String, String)>,
}

/// How weeks become playlists.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Growing,
    Weekly,
    Yearly,
}

/// One way of finding tracks.
pub(crate) struct RungSetting {
    pub(crate) rung: Rung,
    pub(crate) on: bool,
    /// Why it cannot work at present, in a sentence.
    pub(crate) blocked: Option<String>,
}

impl Settings {
    pub(super) fn error(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|(name, _)| name == field).map(|(_, what)| what.as_str())
    }
}
