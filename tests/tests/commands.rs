//! The command line over a living installation: what it says to people and to programs.

use reprise_domain::time::{days, hours};
use reprise_tests::listener::Listener;
use reprise_tests::trial::{Trial, compare};
use spotify_sim::{Track, User, World};

/// An installation with one listener, a little over a week old.
async fn a_week_old() -> (Trial, Listener) {
    let mut trial = Trial::begin(World::Extended, "2026-11-16T06:00:00Z", 3).await;
    trial.sim.add_user(User::new("ada"));
    let mut ada = Listener::new("ada");
    trial.sign_up(&mut ada).await;
    trial.pass(days(7) + hours(6)).await;
    (trial, ada)
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_what_is_there() {
    let (mut trial, _) = a_week_old().await;
    let users = trial.run(&["users", "--json"]).await;
    assert_eq!(lines(&users).len(), 1);
    assert!(users.contains("\"spotify_id\":\"ada\"") && users.contains("\"consent\":\"fresh\""), "{users}");
    let status = trial.run(&["archive", "status"]).await;
    assert!(status.contains("2026-W47  30 of 30  30 read  done"), "{status}");
    assert!(status.contains("2026-W48  30 of 30  30 read  done"), "{status}");
    let preview = trial.run(&["archive", "run", "--dry-run"]).await;
    assert!(preview.contains("would add 0, has 30 already"), "{preview}");
    let doctor = trial.run(&["doctor"]).await;
    assert!(doctor.contains("ok    Spotify app") && doctor.contains("listener ada"), "{doctor}");
    let script = trial.run(&["completions", "bash"]).await;
    assert!(script.contains("_reprise"));
    trial.assert_no_canary();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_leaves_whole_in_both_shapes() {
    let (mut trial, _) = a_week_old().await;
    let json = trial.run(&["export"]).await;
    assert_eq!(lines(&json).len(), 60);
    assert!(lines(&json).iter().all(|line| line.contains("\"how_found\":\"read\"")));
    let csv = trial.run(&["export", "--format", "csv", "--user", "ada"]).await;
    assert!(csv.starts_with("user,source,week,generation,place,uri,"), "{}", lines(&csv)[0]);
    assert_eq!(lines(&csv).len(), 61);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_noticed_by_nobody() {
    let (mut trial, _) = a_week_old().await;
    trial.stop("outside").await;
    let began = "2026-11-16T06:00:00Z".parse().unwrap();
    let said = trial.run(&["keys", "rotate"]).await;
    assert!(said.contains("1 data keys are wrapped anew"), "{said}");
    trial.pass(days(7)).await;
    let difference = compare(&trial.readable("ada", began), &trial.archived("ada"));
    assert_eq!(difference, reprise_tests::trial::Difference::default());
    assert_eq!(trial.generations(&trial.users().await[0]).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn pasted_links_reach_the_archive_and_wrong_lines_are_named() {
    let (mut trial, _) = a_week_old().await;
    let before = trial.archived("ada").len();
    let file = trial.file("links.txt", &format!("{}\nnonsense\n", Track::new(900_000).uri()));
    let said = trial.run(&["archive", "paste", &file]).await;
    assert!(
        said.contains("line 2: \"nonsense\" is no track link") && said.contains("1 tracks handed in"),
        "{said}"
    );
    // A pushed clock has no minute in which the server would look at the calendar.
    trial.stop("outside").await;
    trial.pass(hours(1)).await;
    assert_eq!(trial.archived("ada").len(), before + 1, "{}", trial.tell("ada").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_is_switched_off_and_on_and_erased() {
    let (mut trial, _) = a_week_old().await;
    trial.run(&["users", "disable", "ada"]).await;
    trial.pass(days(7)).await;
    let user = trial.users().await.remove(0);
    assert_eq!(trial.generations(&user).await.len(), 2, "nothing is read for somebody who is switched off");
    trial.run(&["users", "enable", "ada"]).await;
    // A server looks at the calendar every minute for what others wrote; a pushed clock has no such
    // minutes, so it starts anew.
    trial.stop("outside").await;
    trial.pass(hours(1)).await;
    assert_eq!(trial.generations(&user).await.len(), 3);
    let refused = trial.try_run(&["users", "erase", "ada"]).await.unwrap_err();
    assert!(refused.contains("say so with --yes"), "{refused}");
    trial.run(&["users", "erase", "ada", "--yes"]).await;
    assert!(trial.users().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_command_says_the_way_out() {
    let (mut trial, _) = a_week_old().await;
    for (args, hint) in [
        (vec!["archive", "adopt", "what?"], "not a playlist link, URI or id"),
        (vec!["users", "disable", "nobody"], "`reprise users` lists them"),
        (vec!["archive", "paste", "/nowhere/links.txt"], "cannot be read"),
    ] {
        let said = trial.try_run(&args).await.unwrap_err();
        assert!(said.contains(hint), "{args:?}: {said}");
    }
    trial.set("DATABASE_URL", "postgres://somewhere");
    let said = trial.try_run(&["users"]).await.unwrap_err();
    assert!(said.contains("this build keeps its data in sqlite:FILE"), "{said}");
}
