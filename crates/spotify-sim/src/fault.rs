//! Faults to order: which calls go wrong, and how.

use crate::random::{chance, hash};
use serde::{Deserialize, Serialize};

/// A fault to order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Method and template, such as `POST /v1/playlists/{id}/items` or `POST /api/token`; `*` for
    /// every call.
    pub on: String,
    /// Only calls of this user. A refresh counts as its user's.
    #[serde(default)]
    pub user: Option<String>,
    /// Which of those calls.
    #[serde(default)]
    pub when: When,
    /// What goes wrong.
    pub kind: FaultKind,
}

impl Fault {
    /// The next such call goes wrong.
    pub fn once(on: &str, kind: FaultKind) -> Self {
        Self { on: on.to_owned(), user: None, when: When::Next(1), kind }
    }

    /// Every such call goes wrong, until the fault is removed.
    pub fn always(on: &str, kind: FaultKind) -> Self {
        Self { when: When::Always, ..Self::once(on, kind) }
    }

    /// For one user only.
    #[must_use]
    pub fn user(self, user: &str) -> Self {
        Self { user: Some(user.to_owned()), ..self }
    }

    /// For other calls than the kind of constructor says.
    #[must_use]
    pub fn when(self, when: When) -> Self {
        Self { when, ..self }
    }
}

/// Which of the calls that match.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// All.
    #[default]
    Always,
    /// The first so many.
    Next(u64),
    /// Exactly that one, counted from 1.
    Nth(u64),
    /// Every so many.
    Every(u64),
    /// So many of a hundred, by the simulation's seed.
    Percent(f64),
}

/// What goes wrong. Unless it says otherwise, the call has no effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// An answer in place of the true one.
    Status {
        /// HTTP status.
        code: u16,
        /// Body.
        #[serde(default)]
        body: String,
        /// Content type.
        #[serde(default = "json_type")]
        content_type: String,
        /// `Retry-After`.
        #[serde(default)]
        retry_after: Option<u32>,
    },
    /// No answer for so many real milliseconds, then the effect; the connection is closed.
    HoldBefore {
        /// Real milliseconds.
        ms: u64,
    },
    /// The effect, then no answer for so many real milliseconds; the connection is closed.
    HoldAfter {
        /// Real milliseconds.
        ms: u64,
    },
    /// The connection is reset, without effect.
    ResetBefore,
    /// The effect, but the connection is reset in place of an answer.
    ResetAfter,
    /// The connection is reset; the effect comes so many simulated seconds later.
    LateEffect {
        /// Simulated seconds.
        after_sim_seconds: u32,
    },
    /// The effect, and an answer that breaks off half-way through its body.
    Truncated,
    /// The effect, and an answer with the right status and no body.
    EmptyBody,
    /// The effect, and an answer so many real milliseconds late.
    Slow {
        /// Real milliseconds.
        ms: u64,
    },
    /// A web page of some proxy in place of the answer.
    Html {
        /// HTTP status, such as 200 or 502.
        code: u16,
    },
    /// On the token endpoint: `invalid_grant` for a token that is valid.
    FalseInvalidGrant,
}

fn json_type() -> String {
    "application/json".to_owned()
}

impl FaultKind {
    /// A server error with the usual kind of body.
    pub fn status(code: u16) -> Self {
        Self::Status {
            code,
            body: format!("{{\"error\":{{\"status\":{code},\"message\":\"Server error\"}}}}"),
            content_type: json_type(),
            retry_after: None,
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::HoldBefore { .. } => "hold_before",
            Self::HoldAfter { .. } => "hold_after",
            Self::ResetBefore => "reset_before",
            Self::ResetAfter => "reset_after",
            Self::LateEffect { .. } => "late_effect",
            Self::Truncated => "truncated",
            Self::EmptyBody => "empty_body",
            Self::Slow { .. } => "slow",
            Self::Html { .. } => "html",
            Self::FalseInvalidGrant => "false_invalid_grant",
        }
    }
}

/// A fault and what it has done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ordered {
    /// Number by which it can be removed.
    pub id: u64,
    /// The fault.
    pub fault: Fault,
    /// How many calls matched.
    pub seen: u64,
    /// How many of them went wrong.
    pub fired: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Faults {
    ordered: Vec<Ordered>,
    last: u64,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) -> u64 {
        self.last += 1;
        self.ordered.push(Ordered { id: self.last, fault, seen: 0, fired: 0 });
        self.last
    }

    pub(crate) fn list(&self) -> Vec<Ordered> {
        self.ordered.clone()
    }

    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.ordered.len();
        self.ordered.retain(|ordered| ordered.id != id);
        self.ordered.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.ordered.clear();
    }

    /// The first fault that hits this call. All that match count it.
    pub(crate) fn strike(&mut self, endpoint: &str, user: Option<&str>, seed: u64) -> Option<FaultKind> {
        let mut struck = None;
        for ordered in &mut self.ordered {
            let fault = &ordered.fault;
            let here = fault.on == "*" || fault.on == endpoint;
            let theirs = fault.user.is_none() || fault.user.as_deref() == user;
            if !(here && theirs) {
                continue;
            }
            ordered.seen += 1;
            let due = match fault.when {
                When::Always => true,
                When::Next(n) => ordered.fired < n,
                When::Nth(n) => ordered.seen == n,
                When::Every(n) => n > 0 && ordered.seen.is_multiple_of(n),
                When::Percent(percent) => chance(hash(&[seed, ordered.id, ordered.seen]), percent),
            };
            if due && struck.is_none() {
                ordered.fired += 1;
                struck = Some(fault.kind.clone());
            }
        }
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of ten calls go wrong.
    fn hits(fault: Fault) -> Vec<usize> {
        let mut faults = Faults::default();
        faults.add(fault);
        (1..=10).filter(|_| faults.strike("GET /v1/me", Some("ada"), 1).is_some()).collect()
    }

    fn fault(when: When) -> Fault {
        Fault::once("GET /v1/me", FaultKind::ResetBefore).when(when)
    }

    #[test]
    fn faults_hit_the_calls_they_were_ordered_for() {
        assert_eq!(hits(fault(When::Always)).len(), 10);
        assert_eq!(hits(fault(When::Next(2))), [1, 2]);
        assert_eq!(hits(fault(When::Nth(3))), [3]);
        assert_eq!(hits(fault(When::Every(4))), [4, 8]);
        assert_eq!(hits(fault(When::Percent(0.0))).len(), 0);
        assert_eq!(hits(fault(When::Percent(100.0))).len(), 10);
        assert_eq!(hits(fault(When::Always).user("bob")).len(), 0);
        let elsewhere = Fault::always("GET /v1/search", FaultKind::ResetBefore);
        assert_eq!(hits(elsewhere).len(), 0);
    }

    #[test]
    fn counts_tell_how_often_a_fault_fired() {
        let mut faults = Faults::default();
        let id = faults.add(fault(When::Nth(2)));
        for _ in 0..3 {
            faults.strike("GET /v1/me", None, 1);
        }
        assert_eq!((faults.list()[0].seen, faults.list()[0].fired), (3, 1));
        assert!(faults.remove(id) && faults.list().is_empty());
    }

    #[test]
    fn a_fault_is_written_as_plain_json() {
        let fault: Fault =
            serde_json::from_str(r#"{"on":"*","when":{"next":2},"kind":{"status":{"code":503}}}"#).unwrap();
        assert_eq!(fault.when, When::Next(2));
        let bare: Fault = serde_json::from_str(r#"{"on":"*","kind":"reset_after"}"#).unwrap();
        assert_eq!(bare.kind, FaultKind::ResetAfter);
    }
}
