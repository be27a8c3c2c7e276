//! The models of the status page.

use jiff::Timestamp;

use crate::view::model::Check;

/// The state of one listener's connection.
pub(crate) struct Status {
    pub(crate) checks: Vec<Check>,
    pub(crate) checked_at: Option<Timestamp>,
    pub(crate) consent: Consent,
    pub(crate) budget: Budget,
    /// Newest first.
    pub(crate) runs: Vec<Run>,
    pub(crate) next: NextLook,
}

/// When Reprise looks next, and whether the button may be pressed.
pub(crate) struct NextLook {
    pub(crate) at: Option<Timestamp>,
    /// "because new sets usually come on Mondays around 06:00", or why nothing is planned.
    pub(crate) why: String,
    /// Why *Look now* is not offered.
    pub(crate) blocked: Option<String>,
}

/// The consent and the token that came of it.
pub(crate) struct Consent {
    pub(crate) authorized_at: Timestamp,
    /// Spotify forgets the consent then.
    pub(crate) reauth_by: Timestamp,
    pub(crate) state: ConsentState,
    /// Hidden fields of the start form, as given.
    pub(crate) fields: Vec<(String, String)>,
}

/// What the token can do now.
pub(crate) enum ConsentState {
    /// `refreshed_at` is when Spotify last gave a new access token, where that is known.
    Works {
        refreshed_at: Option<Timestamp>,
    },
    /// Refreshing failed for now.
    Backoff {
        retry_at: Timestamp,
    },
    /// Only a new consent helps; why, in a sentence.
    Needed {
        why: String,
        /// Whether Spotify may be asked once more with the consent at hand.
        retry: bool,
    },
    Disabled,
}

/// Calls to Spotify over the last 24 hours, shared by all listeners of this app.
pub(crate) struct Budget {
    pub(crate) used: u64,
    pub(crate) limit: u64,
    /// Name, used, kept free for it.
    pub(crate) parts: Vec<BudgetPart>,
    pub(crate) locked_until: Option<Timestamp>,
}

/// One purpose that calls are kept for.
pub(crate) struct BudgetPart {
    pub(crate) name: String,
    pub(crate) used: u64,
    pub(crate) reserved: Option<u64>,
}

/// One run.
pub(crate) struct Run {
    pub(crate) at: Timestamp,
    pub(crate) what: String,
    pub(crate) calls: u32,
    pub(crate) outcome: String,
    pub(crate) failed: bool,
}
