//! What every page is made of: the context, the shared models, the shell and the parts.

pub(crate) mod form;
pub(crate) mod layout;
pub(crate) mod model;
pub(crate) mod parts;
pub(crate) mod policy;
pub(crate) mod sets;
pub(crate) mod staff;
pub(crate) mod words;

use jiff::Zoned;

/// What every page knows besides its own model.
pub(crate) struct Ctx {
    /// The moment of rendering in the listener's zone; all dates are shown in this zone.
    pub(crate) now: Zoned,
    /// The session's token for forms; none before there is a session.
    pub(crate) csrf: Option<String>,
    /// Who looks; none when signed out.
    pub(crate) viewer: Option<Viewer>,
    /// Whether this is the demo on the simulated Spotify.
    pub(crate) demo: bool,
    /// What the viewer should know on every page, most urgent first.
    pub(crate) notices: Vec<Notice>,
    /// The answer to the form just sent ("Settings saved."), shown once.
    pub(crate) flash: Option<String>,
}

/// The signed-in listener.
pub(crate) struct Viewer {
    pub(crate) name: String,
    pub(crate) admin: bool,
}

/// One alert for the viewer, shown under the header of every page.
pub(crate) struct Notice {
    /// What is the matter, in one sentence.
    pub(crate) text: String,
    /// Whether something is already going wrong (announced to screen readers), or only will.
    pub(crate) urgent: bool,
    pub(crate) action: Option<NoticeAction>,
}

/// What a notice offers to do.
pub(crate) enum NoticeAction {
    /// A link with its words.
    Link { words: String, href: String },
    /// A button that posts the session's token and nothing else.
    Post { words: String, action: String },
    /// Renew the consent at Spotify; the hidden fields are sent as given.
    Connect { words: String, fields: Vec<(String, String)> },
}

/// The tab that is current.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Here {
    Home,
    Archive,
    Status,
    Settings,
    Admin,
    Elsewhere,
}
