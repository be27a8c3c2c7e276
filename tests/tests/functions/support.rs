//! A stack with a table, and what is in it.

use std::time::Duration;

use reprise_aws::{DynamoStore, testing};
use reprise_core::ports::{ArchiveLedger, Due, Run, User, Users, WorkKind};
use reprise_tests::function::{Answered, Function, Gateway, Stack, batch, tick};
use reprise_tests::listener::Listener;
use spotify_sim::{SimConfig, World};

/// A stack whose listeners' lists can be read.
pub(crate) struct House {
    pub(crate) stack: Stack,
    pub(crate) store: DynamoStore,
}

impl House {
    pub(crate) async fn open(config: SimConfig) -> Self {
        let (store, dynamodb) = testing::store().await;
        Self { stack: Stack::open(&dynamodb, World::Extended, config).await, store }
    }

    /// Signs so many listeners up; their first looks are due.
    pub(crate) async fn sign_up(&self, listeners: usize) {
        let pages = Gateway::open(self.stack.web()).await;
        for n in 0..listeners {
            let name = format!("listener{n}");
            self.stack.sim.add_user(spotify_sim::User::new(&name));
            Listener::new(&name).connect(&pages.url, "/", &self.stack.sim).await.unwrap();
        }
    }

    /// One tick; answers the messages that are in the queue then.
    pub(crate) async fn tick(&self, dispatcher: &mut Function) -> Vec<String> {
        dispatcher.invoke(&tick()).await.answer();
        self.stack.cloud.take_messages()
    }

    pub(crate) async fn users(&self) -> Vec<User> {
        self.store.users(None, 99).await.unwrap()
    }

    /// What each listener's runs did, newest first.
    pub(crate) async fn runs(&self) -> Vec<Vec<Run>> {
        let mut runs = Vec::new();
        for user in self.users().await {
            runs.push(self.store.runs(&user.id, 99).await.unwrap());
        }
        runs
    }

    /// Recordings in a listener's archive, as Spotify has it, and what they should be.
    pub(crate) fn archive(&self, name: &str) -> (Vec<u32>, Vec<u32>) {
        let truth = self.stack.sim.truth(name).unwrap();
        let mut expected = Vec::new();
        for list in &truth.discover_weekly.generations {
            for recording in list.entries.iter().filter_map(|entry| entry.recording) {
                if !expected.contains(&recording) {
                    expected.push(recording);
                }
            }
        }
        let archives = truth.playlists.iter().filter(|playlist| playlist.name == "Discover Weekly Archive");
        let archives: Vec<_> = archives.collect();
        assert!(archives.len() <= 1, "{name} has {} archives", archives.len());
        let items = archives.first().map(|archive| &archive.items[..]).unwrap_or_default();
        (items.iter().filter_map(|item| item.recording).collect(), expected)
    }

    pub(crate) fn assert_archived(&self, listeners: usize) {
        for n in 0..listeners {
            let (archived, expected) = self.archive(&format!("listener{n}"));
            assert_eq!(archived, expected, "listener{n}");
        }
    }

    /// Moves simulated time to when something is due.
    pub(crate) async fn until_due(&self) {
        let mut due = Vec::new();
        for kind in [WorkKind::Archive, WorkKind::Grant] {
            due.extend(self.store.next_due(kind).await.unwrap());
        }
        let next = due.into_iter().min().unwrap();
        self.stack.sim.clock().advance_to(next, Duration::from_mins(1)).await.unwrap();
    }
}

/// Hands messages to a worker, numbered from 0.
pub(crate) async fn deliver(worker: &mut Function, messages: &[String]) -> Answered {
    let ids: Vec<String> = (0..messages.len()).map(|n| n.to_string()).collect();
    worker.invoke(&batch(ids.iter().zip(messages).map(|(id, body)| (id.as_str(), body.as_str())))).await
}
