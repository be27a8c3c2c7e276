//! A whole installation at a glance, record by record, and a made-up one to look at.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use reprise_domain::archive::{SourceKind, TargetState};
use reprise_domain::budget::{Bucket, Purpose as CallPurpose};
use reprise_domain::ids::{AccountId, SourceId, UserId};
use reprise_domain::time::{Mark, days, later};
use reprise_domain::token::{GrantState, Reauth};

use super::contract::samples;
use super::{RecordingNotifier, TestClock, TestKeyWrap, sample};
use crate::ports::{
    Admission, Admitted, Alert, Check, CheckKind, CheckOutcome, Checklist, House, Invite, KeyWrap, Role, Run,
    RunOutcome, Sealed, User, Version, Work,
};
use crate::spotify::{ClientSecret, http};
use crate::testing::contract::Store;
use crate::vault::Purpose;
use crate::{Config, Core, Ports, Signup, SpotifyApp};

/// A core over a store, at the test's time, that reaches no Spotify.
pub fn core<S: Store + House>(
    store: S,
    clock: &TestClock,
    key_wrap: Arc<dyn KeyWrap>,
    deployment: &str,
) -> Core {
    let notifier = Arc::new(RecordingNotifier::default());
    let ports = Ports::of(Arc::new(store), Arc::new(clock.clone()), key_wrap, notifier);
    // Port 9 discards; nobody listens there.
    let nowhere: url::Url = "http://127.0.0.1:9/".parse().expect("an address");
    let config = Config {
        deployment: deployment.to_owned(),
        base_url: nowhere.clone(),
        signup: Signup::Invite,
        daily_calls: 1500,
        time_zone: TimeZone::UTC,
    };
    let app = SpotifyApp {
        client_id: "app".to_owned(),
        client_secret: ClientSecret::new("secret"),
        api_url: nowhere.clone(),
        accounts_url: nowhere,
    };
    Core::new(ports, config, app, http::client(Duration::from_secs(1)).expect("a client"))
}

/// The same over an empty store in memory, with a wrapping key of its own.
pub fn memory_core(clock: &TestClock, key: u8, deployment: &str) -> Core {
    core(super::MemoryStore::new(), clock, Arc::new(TestKeyWrap::with_key(key)), deployment)
}

/// Everything that is kept, by name, tokens as they are under their seals. Versions, data keys and the
/// standing are each installation's own.
pub async fn inventory(core: &Core) -> BTreeMap<String, String> {
    let (ports, mut all) = (&core.ports, Inventory::default());
    let mut after: Option<UserId> = None;
    loop {
        let page = ports.users.users(after.as_ref(), 7).await.expect("listeners");
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        for user in page {
            of_listener(core, user, &mut all).await;
        }
    }
    for invite in ports.invites.invites().await.expect("invitations") {
        all.note("invitation", &invite.hash.0, &invite);
    }
    for alert in ports.house.operators_alerts().await.expect("alerts") {
        all.note("operator's alert", &alert.key, &alert);
    }
    for spent in ports.budget.spent(Timestamp::UNIX_EPOCH).await.expect("the budget") {
        all.note("calls", &format!("{} {:?}", spent.slot, spent.purpose), &spent.calls);
    }
    for (bucket, until) in ports.budget.locks(ports.clock.now()).await.expect("locks") {
        all.note("lock", bucket.name(), &until);
    }
    all.0
}

#[derive(Default)]
struct Inventory(BTreeMap<String, String>);

impl Inventory {
    fn note(&mut self, kind: &str, name: &str, value: &impl Debug) {
        let name = format!("{kind} {name}");
        let twice = self.0.insert(name.clone(), format!("{value:?}"));
        assert!(twice.is_none(), "there are two of {name}");
    }
}

async fn of_listener(core: &Core, user: User, all: &mut Inventory) {
    let (ports, id) = (&core.ports, &user.id);
    let grant = ports.tokens.grant(id).await.expect("a grant").expect("every listener has one").value;
    let open = async |purpose, sealed: &Sealed| {
        core.vault.open(id.as_str(), purpose, sealed).await.expect("a stored token opens").to_vec()
    };
    all.note("refresh token", id.as_str(), &open(Purpose::RefreshToken, &grant.refresh).await);
    let mut plain = grant.clone();
    plain.refresh = Sealed(String::new());
    if let GrantState::Fresh { access, .. } = &mut plain.state {
        all.note("access token", id.as_str(), &open(Purpose::AccessToken, access).await);
        *access = Sealed(String::new());
    }
    all.note("grant", id.as_str(), &plain);
    for source in ports.sources.sources(id).await.expect("sources") {
        let source = source.value;
        let weeks = ports.ledger.generations(id, &source.id, None, usize::MAX).await.expect("weeks");
        for week in weeks.into_iter().map(|read| read.value) {
            let uris: Vec<_> = week.tracks.iter().map(|found| found.identity.uri.clone()).collect();
            let cached = ports.house.cached(&uris, ports.clock.now()).await.expect("cached tracks");
            for cached in cached {
                // Shared by all who have it.
                all.0.insert(format!("track {}", cached.track.uri.as_str()), format!("{cached:?}"));
            }
            all.note("week", &format!("{id} {} {}", source.id, week.number), &week);
        }
        all.note("source", &format!("{id} {}", source.id), &source);
    }
    for target in ports.ledger.targets(id).await.expect("targets") {
        all.note("playlist", &format!("{id} {}", target.value.key), &target.value);
    }
    for run in ports.ledger.runs(id, usize::MAX).await.expect("runs") {
        all.note("run", &format!("{id} {} {}", run.at, run.source), &run);
    }
    for alert in ports.alerts.alerts(Some(id), usize::MAX).await.expect("alerts") {
        all.note("alert", &format!("{id} {}", alert.key), &alert);
    }
    for appointment in ports.house.appointments(id).await.expect("the calendar") {
        all.note("appointment", &format!("{id} {:?}", appointment.work), &appointment);
    }
    all.note("listener", id.as_str(), &user);
}

/// What a seed makes of things: the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        // xorshift, as good as these dice need to be.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }

    fn chance(&mut self) -> bool {
        self.roll(2) == 0
    }
}

/// Fills an installation with `listeners` listeners who have something of everything, as `seed` has it.
pub async fn furnish(core: &Core, seed: u64, listeners: usize) {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let (ports, now) = (&core.ports, core.ports.clock.now());
    for number in 0..listeners {
        settle_in(core, &mut dice, number, now).await;
    }
    for number in 0..=dice.roll(4) {
        let invite = Invite {
            revoked: dice.chance(),
            note: dice.chance().then(|| samples::UNUSUAL.to_owned()),
            ..sample::invite(&format!("open-{seed}-{number}"), Role::Listener, now)
        };
        ports.invites.create_invite(&invite).await.expect("a new invitation");
        let alert = samples::alert(&format!("quota/{number}"), None, now);
        ports.alerts.raise(&alert).await.expect("an alert");
    }
    for slot in 0..dice.roll(9) {
        let at = later(now, Duration::from_mins(15 * slot));
        for purpose in [CallPurpose::Archive, CallPurpose::SignUp, CallPurpose::Track] {
            let calls = i32::try_from(dice.roll(40)).expect("few") + 1;
            ports.budget.spend(at, purpose, calls).await.expect("counted calls");
        }
    }
    for bucket in [Bucket::Me, Bucket::PlaylistItems] {
        if dice.chance() {
            ports.budget.lock(bucket, later(now, days(1))).await.expect("a lock");
        }
    }
}

async fn settle_in(core: &Core, dice: &mut Dice, number: usize, now: Timestamp) {
    let ports = &core.ports;
    let name = format!("l{number:03}-{:06x}", dice.roll(1 << 24));
    let id = UserId::new(format!("user-{name}"));
    let admission = Admission {
        user: somebody(dice, &name, &id, now),
        grant: consent(core, dice, &name, &id, now).await,
        invite: None,
        at: now,
    };
    assert!(matches!(ports.users.admit(&admission).await.expect("the store works"), Admitted::Welcome(_)));
    if dice.chance() {
        let used = Some((id.clone(), now));
        let invite = Invite { used, ..sample::invite(&name, Role::Admin, now) };
        ports.invites.create_invite(&invite).await.expect("a used invitation");
    }
    let kinds = [SourceKind::DiscoverWeekly, SourceKind::ReleaseRadar, SourceKind::Playlist];
    for kind in kinds.into_iter().take(usize::try_from(dice.roll(3)).expect("few") + 1) {
        read_list(core, dice, &id, kind, now).await;
    }
    for run in 0..dice.roll(12) {
        let outcome = match dice.roll(3) {
            0 => RunOutcome::NothingNew,
            1 => RunOutcome::Worked { found: 30, added: 29, stopped: Some(samples::UNUSUAL.to_owned()) },
            _ => RunOutcome::Failed { why: "Spotify does not answer".to_owned() },
        };
        let run = Run {
            at: later(now, Duration::from_mins(run)),
            source: SourceId::new("release-radar"),
            calls: 4,
            outcome,
        };
        ports.ledger.log_run(&id, &run).await.expect("a run");
    }
    for alert in 0..dice.roll(5) {
        let acknowledged = dice.chance().then_some(now);
        let alert = Alert { acknowledged, ..samples::alert(&format!("{name}/week/{alert}"), Some(&id), now) };
        ports.alerts.raise(&alert).await.expect("an alert");
    }
    // Work that was done before, and work whose holder died.
    let work = Work::grant(&id);
    for _ in 0..dice.roll(3) {
        let claim = ports.due.claim_now(&work, now, Duration::from_mins(2)).await.expect("a claim");
        let next = dice.chance().then(|| later(now, days(1)));
        ports.due.finish(&claim.expect("it is free"), next).await.expect("finished");
    }
    if dice.chance() {
        let work = Work::archive(&id, &SourceId::new("of a source that went"));
        ports
            .due
            .claim_now(&work, crate::testing::contract::at(1, 0, 0, 0), Duration::from_mins(5))
            .await
            .expect("a claim");
    }
}

fn somebody(dice: &mut Dice, name: &str, id: &UserId, now: Timestamp) -> User {
    let check = |kind| Check { kind, outcome: CheckOutcome::OtherWay, detail: samples::UNUSUAL.to_owned() };
    User {
        id: id.clone(),
        account: dice.chance().then(|| AccountId::new(format!("account-{name}"))),
        role: if dice.roll(4) == 0 { Role::Admin } else { Role::Listener },
        display_name: dice.chance().then(|| samples::UNUSUAL.to_owned()),
        time_zone: dice.chance().then(|| "Pacific/Auckland".to_owned()),
        session_epoch: dice.roll(9),
        disabled: dice.roll(5) == 0,
        checklist: dice.chance().then(|| Checklist {
            at: now,
            checks: vec![check(CheckKind::Scopes), check(CheckKind::Context)],
        }),
        ..sample::user(name, now)
    }
}

async fn consent(
    core: &Core,
    dice: &mut Dice,
    name: &str,
    id: &UserId,
    now: Timestamp,
) -> crate::ports::Grant {
    let seal = async |purpose, text: String| {
        core.vault.seal(id.as_str(), purpose, text.as_bytes(), now).await.expect("the vault seals")
    };
    let refresh = seal(Purpose::RefreshToken, format!("CANARY-refresh-{name}")).await;
    let state = match dice.roll(6) {
        0 | 1 => GrantState::Fresh {
            access: seal(Purpose::AccessToken, format!("CANARY-access-{name}")).await,
            expires: later(now, Duration::from_mins(50)),
        },
        2 => GrantState::Stale,
        3 => GrantState::Refreshing {
            owner: "somebody".to_owned(),
            until: Mark { wall: now, uptime_ms: u64::MAX, boot: samples::UNUSUAL.to_owned() },
        },
        4 => GrantState::Backoff { until: later(now, days(1)), failures: 3 },
        _ => GrantState::ReauthRequired { why: Reauth::Revoked, since: now, rechecked: dice.chance() },
    };
    let warned_days = dice.chance().then_some(14);
    let lost = u32::try_from(dice.roll(3)).expect("few");
    crate::ports::Grant {
        refresh,
        state,
        warned_days,
        lost,
        unsure: dice.chance(),
        ..sample::grant(name, now)
    }
}

async fn read_list(core: &Core, dice: &mut Dice, id: &UserId, kind: SourceKind, now: Timestamp) {
    let ports = &core.ports;
    let mut source = reprise_domain::archive::Source::new(
        SourceId::new(match kind {
            SourceKind::DiscoverWeekly => "discover-weekly",
            SourceKind::ReleaseRadar => "release-radar",
            SourceKind::Playlist => "playlist-37i9dQZEVXcJZyENOWUFo7",
        }),
        kind,
    );
    source.playlist = dice.chance().then(samples::playlist);
    source.enabled = dice.chance();
    source.look_at = dice.chance().then_some(now);
    for number in 1..=u32::try_from(dice.roll(4)).expect("few") {
        let tracks = usize::try_from(dice.roll(45)).expect("few");
        let week = samples::busy_generation(number, tracks);
        ports.ledger.put_generation(id, &source.id, &week, Version::NEW).await.map(drop).expect("a week");
        source.open(number);
        let some: Vec<_> = (0..tracks / 2).map(samples::track).collect();
        ports.tracks.put_tracks(&some, now, later(now, days(90))).await.expect("a cache");
    }
    for volume in 1..=u32::try_from(dice.roll(3)).expect("few") {
        let mut target = samples::target(source.id.as_str(), volume);
        target.state = if dice.chance() { TargetState::Open } else { TargetState::Replaced };
        target.total = dice.chance().then_some(9_900);
        ports.ledger.put_target(id, &target, Version::NEW).await.map(drop).expect("a playlist");
    }
    ports.sources.put_source(id, &source, Version::NEW).await.map(drop).expect("a source");
    ports.due.schedule(&Work::archive(id, &source.id), later(now, days(dice.roll(7)))).await.expect("due");
}
