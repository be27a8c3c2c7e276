//! Status in its states.

use super::{
    super::data::{after, check, days, listener},
    Add,
};
use crate::{
    pages::status::{
        self,
        model::{Budget, BudgetPart, Consent, ConsentState, NextLook, Run, Status},
    },
    view::model::{Check, CheckState},
};

pub(super) fn add(add: Add<'_>) {
    add("status", status::page(&listener(), &healthy()));
    add("status-trouble", status::page(&listener(), &troubled()));
    add("status-new", status::page(&listener(), &new()));
    let mut other = healthy();
    other.checks[4].state = CheckState::OtherWay;
    add("status-other-way", status::page(&listener(), &other));
    let mut off = healthy();
    off.consent.state = ConsentState::Disabled;
    add("status-disabled", status::page(&listener(), &off));
}

fn part(name: &str, used: u64, reserved: Option<u64>) -> BudgetPart {
    BudgetPart { name: name.to_owned(), used, reserved }
}

fn run(at: i64, what: &str, calls: u32, outcome: &str, failed: bool) -> Run {
    Run { at: after(at), what: what.to_owned(), calls, outcome: outcome.to_owned(), failed }
}

fn checks() -> Vec<Check> {
    use CheckState::{Fail, Pass, Unknown};
    vec![
        check(Pass, "You agreed to everything that is needed", "", ""),
        check(Pass, "The app’s owner has Spotify Premium", "", ""),
        check(Pass, "You are on the app’s list of users", "", ""),
        check(
            Pass,
            "The archive playlist can be written and read back",
            "Tried with one track, which was taken out again.",
            "",
        ),
        check(
            Fail,
            "Discover Weekly can be read",
            "Spotify answers that it does not exist: apps made after November 2024 may not read it.",
            "Choose another way of finding the tracks under settings: copy through an inbox playlist, or paste the links.",
        ),
        check(Pass, "What you play can be read", "", ""),
        check(
            Unknown,
            "Plays say that they come from Discover Weekly",
            "Play a track from it and look here again.",
            "",
        ),
    ]
}

fn healthy() -> Status {
    Status {
        checks: checks(),
        checked_at: Some(after(-55)),
        consent: Consent {
            authorized_at: days(-39),
            reauth_by: days(143),
            state: ConsentState::Works { refreshed_at: Some(after(-18)) },
            fields: Vec::new(),
        },
        budget: Budget {
            used: 212,
            limit: 1500,
            parts: vec![
                part("Archive and sign-up", 9, Some(150)),
                part("History", 58, Some(60)),
                part("What plays now", 131, None),
                part("Open dashboards", 14, Some(60)),
            ],
            locked_until: None,
        },
        runs: vec![
            run(-55, "Look for a new set", 1, "nothing new", false),
            run(-26 * 60, "Look for a new set", 1, "nothing new", false),
            run(-4 * 24 * 60, "Archive week 47", 4, "30 added, checked", false),
            run(
                -4 * 24 * 60 - 70,
                "Look for a new set",
                2,
                "Spotify did not answer; tried again later",
                true,
            ),
        ],
        next: NextLook {
            at: Some(after(3 * 24 * 60 - 240)),
            why: "since new sets usually come on Mondays around 06:00".to_owned(),
            blocked: None,
        },
    }
}

fn troubled() -> Status {
    let mut model = healthy();
    model.checks[1] = check(
        CheckState::Fail,
        "The app’s owner has Spotify Premium",
        "Spotify says that the owner’s subscription has lapsed.",
        "The operator must renew Premium; until then Spotify refuses every request.",
    );
    model.consent.state = ConsentState::Needed {
        why: "Spotify no longer accepts the consent of 12 Oct; nothing is read until you renew it".to_owned(),
        retry: true,
    };
    model.budget.used = 1500;
    model.budget.locked_until = Some(after(7 * 60));
    model.next = NextLook {
        at: None,
        why: "nothing is planned until you renew your consent".to_owned(),
        blocked: Some("“Look now” comes back when Spotify opens the door again.".to_owned()),
    };
    model
}

fn new() -> Status {
    let mut model = healthy();
    for check in &mut model.checks {
        check.state = CheckState::Pending;
        check.found = None;
        check.todo = None;
    }
    model.checked_at = None;
    model.runs.clear();
    model.budget.used = 3;
    model.budget.parts.truncate(1);
    model.consent.authorized_at = after(-1);
    model.consent.reauth_by = days(14);
    model.consent.state = ConsentState::Backoff { retry_at: after(4) };
    model.next.at = Some(after(2));
    model.next.why = "your first".into();
    model
}
