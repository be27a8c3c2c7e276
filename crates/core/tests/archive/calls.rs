//! What archiving costs, counted by the simulated Spotify.

use jiff::Timestamp;
use reprise_domain::archive::Rung;
use reprise_domain::ids::PlaylistId;
use reprise_domain::time::{days, later};
use spotify_sim::{Act, LogEntry, User, World};

use crate::house::House;

/// Asked once a month, whatever else happens: whether the archive is still in the library, and
/// whether Spotify shows Discover Weekly to this app by now.
const MONTHLY: [&str; 2] = ["GET /v1/me/library/contains", "GET /v1/me/playlists"];

const WEEKS: u32 = 8;

/// What was spent, by what it was spent on.
#[derive(Debug, Default)]
struct Spent {
    /// Calls of each generation.
    generations: Vec<usize>,
    /// Instant and calls of each check that found nothing new.
    checks: Vec<(Timestamp, usize)>,
    /// Monthly questions.
    monthly: usize,
}

impl Spent {
    /// The most checks in any seven days.
    fn checks_a_week(&self) -> usize {
        let within = |from: Timestamp| {
            self.checks.iter().filter(|(at, _)| *at >= from && *at < later(from, days(7))).count()
        };
        self.checks.iter().map(|(at, _)| within(*at)).max().unwrap_or(0)
    }

    fn told(&self, rung: Rung) -> String {
        let most = self.generations.iter().max().copied().unwrap_or(0);
        let all: usize = self.generations.iter().sum();
        format!(
            "rung {:6} {} generations, {:.2} calls each, at most {most}; {} fruitless checks, at most {} call each, at most {} a week; {} monthly questions",
            rung.word(),
            self.generations.len(),
            f64::from(u32::try_from(all).unwrap())
                / f64::from(u32::try_from(self.generations.len()).unwrap()),
            self.checks.len(),
            self.checks.iter().map(|(_, calls)| *calls).max().unwrap_or(0),
            self.checks_a_week(),
            self.monthly,
        )
    }
}

/// Lives through weeks, in each of which the listener first does something by hand, and books every
/// call: a run that asks only for the source found nothing new, all else is the generation's.
async fn spend(house: &House, sources: &[PlaylistId], by_hand: impl AsyncFn(&House)) -> Spent {
    let mut spent = Spent::default();
    let mut seq = house.seq();
    for _ in 0..WEEKS {
        by_hand(house).await;
        seq = seq.max(house.seq());
        let end = later(house.now(), days(7));
        let mut book = |house: &House| {
            let log = house.sim.log_after(seq);
            seq = house.seq();
            let (monthly, calls): (Vec<_>, Vec<_>) = log
                .into_iter()
                .filter(|entry| entry.endpoint.contains(" /v1/"))
                .partition(|entry| MONTHLY.contains(&entry.endpoint.as_str()));
            spent.monthly += monthly.len();
            let is_look = |entry: &LogEntry| {
                sources.iter().any(|id| {
                    entry.endpoint == "GET /v1/playlists/{id}/items" && entry.path.contains(id.as_str())
                })
            };
            if calls.iter().all(is_look) {
                spent.checks.extend((!calls.is_empty()).then(|| (house.now(), calls.len())));
                return;
            }
            if calls.iter().any(|entry| entry.endpoint == "POST /v1/playlists/{id}/items") {
                spent.generations.push(0);
            }
            *spent.generations.last_mut().unwrap() += calls.len();
        };
        house.live_watched(end, &mut book).await;
    }
    spent
}

#[tokio::test]
async fn a_list_read_through_the_api_costs_four_calls() {
    let house = House::build(World::Extended).await;
    house.sim.add_user(User::new("ada"));
    house.sign_up("ada").await;
    let list = house.sim.discover_weekly_id("ada").unwrap().parse().unwrap();
    let spent = spend(&house, &[list], async |_| {}).await;
    println!("{}", spent.told(Rung::Api));
    assert_eq!(house.archived("ada"), house.expected("ada"));
    assert!(spent.generations.len() >= WEEKS as usize);
    assert!(spent.generations.iter().all(|calls| *calls <= 4), "{:?}", spent.generations);
    assert!(spent.checks.iter().all(|(_, calls)| *calls == 1), "{:?}", spent.checks);
    assert!(spent.checks_a_week() <= 12, "{}", spent.checks_a_week());
    assert!(spent.monthly <= 2, "{}", spent.monthly);
}

#[tokio::test]
async fn a_list_copied_to_the_inbox_costs_five_calls() {
    let house = House::build(World::Development).await;
    house.sim.add_user(User::new("ada"));
    let ada = house.sign_up("ada").await;
    let inbox = house.make("ada", "Inbox", Vec::new());
    house.change_source(&ada, |source| source.inbox = Some(inbox.clone())).await;
    let into = inbox.as_str().to_owned();
    let copy = async |house: &House| {
        // Somebody who opens Spotify on Mondays, hours after the turn.
        house.act("ada", &Act::CopyDiscoverWeekly { into: into.clone() });
    };
    let spent = spend(&house, std::slice::from_ref(&inbox), copy).await;
    println!("{}", spent.told(Rung::Copy));
    assert_eq!(house.archived("ada"), house.expected("ada")[..house.archived("ada").len()]);
    assert!(spent.monthly <= 4, "{}", spent.monthly);
    assert_eq!(spent.generations.len(), WEEKS as usize);
    assert!(spent.generations.iter().all(|calls| *calls <= 5), "{:?}", spent.generations);
    assert!(spent.checks.iter().all(|(_, calls)| *calls == 1), "{:?}", spent.checks);
    assert!(spent.checks_a_week() <= 12, "{}", spent.checks_a_week());
    let inbox = house.playlists("ada", "Inbox").remove(0);
    assert!(inbox.items.is_empty(), "what was archived is taken out of the inbox");
}

#[tokio::test]
async fn a_list_that_is_pasted_costs_at_most_four_calls() {
    let house = House::build(World::Development).await;
    house.sim.add_user(User::new("ada"));
    let ada = house.sign_up("ada").await;
    let spent = spend(&house, &[], async |house| house.paste(&ada, &house.shown("ada")).await).await;
    println!("{}", spent.told(Rung::Pasted));
    assert!(spent.monthly <= 4, "{}", spent.monthly);
    assert_eq!(spent.generations.len(), WEEKS as usize);
    assert!(spent.generations.iter().all(|calls| *calls <= 4), "{:?}", spent.generations);
    assert_eq!(spent.checks, []);
}

#[tokio::test]
async fn what_is_cached_of_a_list_is_not_written_again_at_each_look() {
    let house = House::build(World::Extended).await;
    house.sim.add_user(User::new("ada"));
    let ada = house.sign_up("ada").await;
    house.live(days(15)).await;
    let newest = house.generations(&ada).await.pop().unwrap();
    let uris: Vec<_> = newest.tracks.iter().map(|found| found.identity.uri.clone()).collect();
    let cached = async || {
        let mut cached = house.core.ports.house.cached(&uris, house.now()).await.unwrap();
        cached.sort_by(|a, b| a.track.uri.cmp(&b.track.uri));
        cached
    };
    let (before, seq) = (cached().await, house.seq());
    assert_eq!(before.len(), newest.tracks.len());
    house.live(days(4)).await;
    let looks = house.calls_after(seq);
    assert!(looks.iter().any(|call| call.starts_with("GET /v1/playlists/{id}/items")), "{looks:?}");
    assert_eq!(cached().await, before);
    // What is seen for long is kept for long.
    let expires = before.iter().map(|cached| cached.expires).min().unwrap();
    assert!(expires > later(house.now(), days(45)));
}
