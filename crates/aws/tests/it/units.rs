//! What each access costs: measured, and compared with the table in the README.

use std::fmt::Write as _;
use std::future::Future;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reprise_aws::{DynamoStore, Units, testing};
use reprise_core::ports::{
    Admission, Alert, AlertKind, Alerts as _, ArchiveLedger as _, Budget as _, DataKeys as _, Due as _,
    Grant, House as _, Invites as _, Role, Run, RunOutcome, Sealed, Severity, Sources as _, StoreResult,
    Tokens as _, Tracks as _, User, Users as _, Version, Work, WorkKind, WrappedKey,
};
use reprise_core::testing::sample::{admission, grant, invite};
use reprise_domain::archive::{Source, SourceKind, Target, TargetKey, TargetState};
use reprise_domain::budget::{Bucket, Purpose};
use reprise_domain::ids::{SourceId, SpotifyUserId, UserId};
use reprise_domain::token::GrantState;
use reprise_domain::track::Track;

use crate::faults::{list_of, noise};

const README: &str = include_str!("../../README.md");

const LEASE: Duration = Duration::from_mins(10);

fn minutes(minutes: i64) -> Timestamp {
    let noon: Timestamp = "2026-11-16T12:00:00Z".parse().unwrap();
    noon.checked_add(SignedDuration::from_mins(minutes)).unwrap()
}

/// The table in the making.
struct Table {
    store: DynamoStore,
    text: String,
}

impl Table {
    /// Does something and writes a line about it.
    async fn line<T>(&mut self, what: &str, how: &str, done: impl Future<Output = StoreResult<T>>) -> T {
        let before = self.store.units();
        let done = done.await.unwrap();
        let Units { read, write, .. } = self.store.units() - before;
        let units = |units: f64| if units == 0.0 { String::new() } else { units.to_string() };
        writeln!(self.text, "| {what} | {how} | {} | {} |", units(read), units(write)).unwrap();
        done
    }

    /// Likewise for what answers whether it was done.
    async fn done<T>(&mut self, what: &str, how: &str, done: impl Future<Output = StoreResult<T>>) {
        drop(self.line(what, how, done).await);
    }
}

/// Sealed tokens are as long as real ones.
fn sealed(number: usize, length: usize) -> Sealed {
    Sealed(noise(number, length))
}

fn real_grant() -> Grant {
    let state = GrantState::Fresh { access: sealed(1, 420), expires: minutes(60) };
    Grant { refresh: sealed(2, 260), state, ..grant("ana", minutes(0)) }
}

fn weekly() -> Source {
    Source::new(SourceId::new("discover-weekly"), SourceKind::DiscoverWeekly)
}

fn run(minute: i64) -> Run {
    let outcome = RunOutcome::Worked { found: 30, added: 30, stopped: None };
    Run { at: minutes(minute), source: weekly().id, calls: 4, outcome }
}

fn alert(user: &UserId) -> Alert {
    Alert {
        key: "week-2026-W47".to_owned(),
        kind: AlertKind::WeekMissing,
        severity: Severity::Warning,
        user: Some(user.clone()),
        at: minutes(0),
        text: "This week's list has been seen nowhere by Wednesday.".to_owned(),
        acknowledged: None,
    }
}

fn track(number: usize) -> Track {
    Track {
        uri: format!("spotify:track:{}", noise(number, 22)).parse().unwrap(),
        title: noise(number, 24),
        artists: vec![noise(number + 1, 16)],
        album: Some(noise(number + 2, 20)),
        duration_ms: Some(210_000),
        isrc: "USRC17607839".parse().ok(),
        cover: Some(format!("https://i.scdn.co/image/{}", noise(number, 40))),
        explicit: false,
    }
}

async fn listeners(t: &mut Table) -> UserId {
    let store = t.store.clone();
    let invite = invite("ana", Role::Listener, minutes(0));
    t.done("make an invitation", "update", store.create_invite(&invite)).await;
    let mut ana = admission("ana", minutes(0));
    ana.grant = real_grant();
    let ana = Admission { invite: Some(invite.hash), ..ana };
    let parts = "3 gets, transaction of 6: listener, both ids, grant, first work, invitation";
    t.done("admit by invitation", parts, store.admit(&ana)).await;
    let User { id, account, spotify_id, .. } = ana.user;
    let mut user = t.line("read a listener", "get", store.user(&id)).await.unwrap();
    t.done("find by account", "2 gets", store.user_by_account(account.as_ref(), &spotify_id)).await;
    user.value.time_zone = Some("Europe/Berlin".to_owned());
    t.done("change a listener", "update", store.put_user(&user.value, user.version)).await;
    user.value.spotify_id = SpotifyUserId::new("anna");
    let version = user.version.next();
    let how = "update refused, transaction of 3";
    t.done("change a user name", how, store.put_user(&user.value, version)).await;
    let read = t.line("read a grant", "get", store.grant(&id)).await.unwrap();
    t.done("change a grant", "update", store.put_grant(&id, &real_grant(), read.version)).await;
    id
}

async fn archive(t: &mut Table, ana: &UserId) {
    let store = t.store.clone();
    let how = "transaction of 2: source, look at the listener";
    t.done("create a source", how, store.put_source(ana, &weekly(), Version::NEW)).await;
    t.done("list sources", "query", store.sources(ana)).await;
    let changed = Source { newest: 1, ..weekly() };
    t.done("change a source", "update", store.put_source(ana, &changed, Version(1))).await;
    let (id, week) = (weekly().id, list_of(30));
    let created = store.put_generation(ana, &id, &week, Version::NEW);
    t.done("create a week of 30 tracks", "transaction of 2", created).await;
    t.done("read the newest week", "query", store.generations(ana, &id, None, 1)).await;
    t.done("change a week", "update", store.put_generation(ana, &id, &week, Version(1))).await;
    let target = Target {
        key: TargetKey::new(&weekly(), &week, 1),
        playlist: "37i9dQZEVXcJZyENOWUFo7".parse().unwrap(),
        name: "Discover Weekly Archive".to_owned(),
        state: TargetState::Open,
        total: Some(30),
        snapshot: None,
        written: None,
        seen_in_library: minutes(0),
    };
    let created = store.put_target(ana, &target, Version::NEW);
    t.done("create an archive playlist", "transaction of 2", created).await;
    t.done("change an archive playlist", "update", store.put_target(ana, &target, Version(1))).await;
    t.done("note the first run of a page", "query, transaction of 2", store.log_run(ana, &run(0))).await;
    for minute in 1..20 {
        store.log_run(ana, &run(minute)).await.unwrap();
    }
    t.done("note another run", "query, update", store.log_run(ana, &run(20))).await;
    for minute in 21..150 {
        store.log_run(ana, &run(minute)).await.unwrap();
    }
    t.done("list the newest 100 runs", "query", store.runs(ana, 100)).await;
}

async fn calendar(t: &mut Table, ana: &UserId) {
    let store = t.store.clone();
    let work = Work::archive(ana, &weekly().id);
    let claim = || store.claim(WorkKind::Archive, minutes(0), LEASE, 100);
    t.done("look for due work, find none", "16 index queries", claim()).await;
    t.done("schedule new work", "get, transaction of 2", store.schedule(&work, minutes(0))).await;
    let claimed = t.line("claim one", "16 index queries, batch get, update", claim()).await.remove(0);
    let taken = store.take_over(&claimed, minutes(1), LEASE);
    let taken = t.line("take work over", "get, update", taken).await.unwrap();
    t.done("wish for work that is held", "get, update", store.schedule(&work, minutes(90))).await;
    t.done("finish work", "get, update", store.finish(&taken, Some(minutes(60)))).await;
    t.done("move work", "get, update", store.schedule(&work, minutes(30))).await;
    let next = store.next_due(WorkKind::Archive);
    t.done("when something is due next", "16 index queries, batch get", next).await;
    t.done("when this work is due", "get", store.due_at(&work)).await;
}

async fn installation(t: &mut Table, ana: &UserId) {
    let store = t.store.clone();
    t.done("take or give back permits", "update", store.spend(minutes(0), Purpose::Archive, 4)).await;
    for slot in 1..96 {
        store.spend(minutes(-15 * slot), Purpose::Archive, 4).await.unwrap();
        store.spend(minutes(-15 * slot), Purpose::Metadata, 4).await.unwrap();
    }
    t.done("read the calls of a day", "lagging query", store.spent(minutes(-24 * 60))).await;
    t.done("lock a bucket", "update", store.lock(Bucket::Player, minutes(60))).await;
    t.done("read locks, for each call", "lagging query", store.locks(minutes(0))).await;
    let tracks: Vec<_> = (0..30).map(track).collect();
    let uris: Vec<_> = tracks.iter().map(|track| track.uri.clone()).collect();
    let how = "update, 2 batch writes";
    t.done("cache 30 tracks", how, store.put_tracks(&tracks, minutes(0), minutes(600))).await;
    t.done("read 30 cached tracks", "batch get", store.tracks(&uris, minutes(0))).await;
    let key = WrappedKey { epoch: 683, bytes: vec![7; 184] };
    t.done("store a data key", "update", store.put_data_key(&key)).await;
    t.done("read a data key", "get", store.data_key(683)).await;
    t.done("raise an alert", "transaction of 2", store.raise(&alert(ana))).await;
    t.done("list a listener's alerts", "query", store.alerts(Some(ana), 50)).await;
    let seen = store.acknowledge("week-2026-W47", Some(ana), minutes(1));
    t.done("acknowledge an alert", "update", seen).await;
    t.done("where the installation stands", "get", store.standing()).await;
}

async fn lists(t: &mut Table, ana: &UserId) {
    let store = t.store.clone();
    for number in 0..99 {
        let _ = store.admit(&admission(&number.to_string(), minutes(0))).await.unwrap();
        store.create_invite(&invite(&number.to_string(), Role::Listener, minutes(number))).await.unwrap();
        let everybodys = Alert { key: number.to_string(), user: None, ..alert(ana) };
        assert!(store.raise(&everybodys).await.unwrap());
    }
    let how = "index query, batch get";
    t.done("list 100 listeners", how, store.users(None, 100)).await;
    t.done("list 100 invitations", how, store.invites()).await;
    t.done("list everybody's newest 50 alerts", how, store.alerts(None, 50)).await;
    let left = testing::everything(&store).await;
    let theirs = left.iter().filter(|(pk, _)| *pk == format!("user#{ana}")).count();
    let how = "get, query, transaction of 5, query, batch writes, index query";
    t.done(&format!("erase that listener, {theirs} items"), how, store.erase(ana)).await;
}

#[tokio::test]
async fn the_readme_tells_what_each_access_costs() {
    let (store, _) = testing::store().await;
    // Each process learns once how many parts the index has.
    store.next_due(WorkKind::Archive).await.unwrap();
    let mut table =
        Table { store, text: "| access | how | read | write |\n|---|---|---:|---:|\n".to_owned() };
    let ana = listeners(&mut table).await;
    archive(&mut table, &ana).await;
    calendar(&mut table, &ana).await;
    installation(&mut table, &ana).await;
    lists(&mut table, &ana).await;
    assert!(README.contains(&table.text), "the README's table should be:\n\n{}", table.text);
}
