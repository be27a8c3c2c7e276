//! The listener's hand: how each act changes what there is.

use super::{Act, ActError, Done};
use crate::api::playlists::show_generated;
use crate::catalogue::Track;
use crate::playlist::{Actor, Entry, Version, What};
use crate::state::{State, first_version};
use crate::weekly::{Generated, Kind};
use jiff::Timestamp;
use std::sync::Arc;

pub(crate) fn act(state: &mut State, user: &str, act: &Act, now: Timestamp) -> Result<Done, ActError> {
    if !state.users.contains_key(user) {
        return Err(ActError::NoUser(user.to_owned()));
    }
    let mut hand = Hand { state, user, now };
    match act {
        Act::Create { name, uris } => hand.create(name, uris),
        Act::Add { playlist, uris, position } => {
            let entries = hand.entries(uris)?;
            hand.insert(playlist, entries, *position)
        }
        Act::CopyDiscoverWeekly { into } => hand.copy_discover_weekly(into),
        Act::Remove { playlist, uris } => {
            hand.remove(playlist, |entry, _| entry.what.uri().is_some_and(|uri| uris.contains(&uri)))
        }
        Act::RemoveAt { playlist, position } => hand.remove(playlist, |_, place| place == *position),
        Act::Clear { playlist } => hand.remove(playlist, |_, _| true),
        Act::Move { playlist, from, to } => hand.edit(playlist, "reordered", |list| {
            if *from < list.len() {
                let moved = list.remove(*from);
                list.insert((*to).min(list.len()), moved);
            }
        }),
        Act::Reverse { playlist } => hand.edit(playlist, "reordered", |list| list.reverse()),
        Act::Rename { playlist, name } => hand.change(playlist, |version| name.clone_into(&mut version.name)),
        Act::Describe { playlist, description } => hand.change(playlist, |version| {
            version.description = Some(description.clone());
        }),
        Act::SetPublic { playlist, public } => hand.change(playlist, |version| version.public = *public),
        Act::SetCollaborative { playlist, collaborative } => {
            hand.change(playlist, |version| version.collaborative = *collaborative)
        }
        Act::Follow { playlist } => hand.keep(playlist, true),
        Act::Unfollow { playlist } => hand.keep(playlist, false),
        Act::FollowDiscoverWeekly(follow) => {
            if let Some(listener) = hand.state.users.get_mut(user) {
                listener.user.discover_weekly.followed = *follow;
            }
            Ok(done(None, 1))
        }
        Act::RevokeConsent { client } => {
            let count = hand.state.accounts.revoke(user, client.as_deref());
            Ok(done(None, count))
        }
    }
}

fn done(playlist: Option<&str>, count: usize) -> Done {
    Done { playlist: playlist.map(str::to_owned), count }
}

struct Hand<'a> {
    state: &'a mut State,
    user: &'a str,
    now: Timestamp,
}

impl Hand<'_> {
    fn actor(&self) -> Actor {
        Actor::Listener(self.user.to_owned())
    }

    fn entry(&self, what: What) -> Entry {
        Entry { what, added_at: self.now, added_by: self.user.to_owned() }
    }

    fn entries(&self, uris: &[String]) -> Result<Vec<Entry>, ActError> {
        uris.iter()
            .map(|uri| {
                let track = Track::from_uri(uri).ok_or_else(|| ActError::NoTrack(uri.clone()))?;
                Ok(self.entry(What::Track(track)))
            })
            .collect()
    }

    fn create(&mut self, name: &str, uris: &[String]) -> Result<Done, ActError> {
        let entries = self.entries(uris)?;
        let count = entries.len();
        let mut first = first_version(self.now, name);
        first.entries = Arc::new(entries);
        let id = self
            .state
            .create_playlist(self.user, self.actor(), first)
            .ok_or_else(|| ActError::NoUser(self.user.to_owned()))?;
        Ok(done(Some(&id), count))
    }

    fn insert(
        &mut self,
        playlist: &str,
        entries: Vec<Entry>,
        position: Option<usize>,
    ) -> Result<Done, ActError> {
        let count = entries.len();
        let uris = entries.iter().filter_map(|entry| entry.what.uri()).collect();
        self.write(playlist, "added", uris, |list| {
            let at = position.unwrap_or(list.len()).min(list.len());
            list.splice(at..at, entries);
        })?;
        Ok(done(Some(playlist), count))
    }

    fn copy_discover_weekly(&mut self, into: &str) -> Result<Done, ActError> {
        let listener = &self.state.users[self.user];
        let weekly = Generated::new(Kind::DiscoverWeekly, &listener.user, self.state.seed);
        let shown = show_generated(&weekly, self.now);
        let entries = shown
            .version
            .entries
            .iter()
            .filter(|entry| entry.what != What::Null)
            .map(|entry| self.entry(entry.what.clone()))
            .collect();
        self.insert(into, entries, None)
    }

    fn remove(&mut self, playlist: &str, gone: impl Fn(&Entry, usize) -> bool) -> Result<Done, ActError> {
        self.theirs(playlist)?;
        let entries = Arc::clone(&self.state.playlists[playlist].now().entries);
        let (out, kept): (Vec<_>, Vec<_>) =
            entries.iter().cloned().enumerate().partition(|(place, entry)| gone(entry, *place));
        let uris = out.iter().filter_map(|(_, entry)| entry.what.uri()).collect();
        self.write(playlist, "removed", uris, |list| {
            *list = kept.into_iter().map(|(_, entry)| entry).collect();
        })?;
        Ok(done(Some(playlist), out.len()))
    }

    fn edit(
        &mut self,
        playlist: &str,
        what: &str,
        edit: impl FnOnce(&mut Vec<Entry>),
    ) -> Result<Done, ActError> {
        self.write(playlist, what, Vec::new(), edit)?;
        Ok(done(Some(playlist), 1))
    }

    fn change(&mut self, playlist: &str, edit: impl FnOnce(&mut Version)) -> Result<Done, ActError> {
        self.theirs(playlist)?;
        let (actor, now) = (self.actor(), self.now);
        if let Some(playlist) = self.state.playlists.get_mut(playlist) {
            playlist.change(now, actor, "changed", Vec::new(), edit);
        }
        Ok(done(Some(playlist), 1))
    }

    fn keep(&mut self, playlist: &str, keep: bool) -> Result<Done, ActError> {
        let known = self.state.playlists.contains_key(playlist);
        if !known && self.state.generated(playlist).is_none() {
            return Err(ActError::NoPlaylist(playlist.to_owned()));
        }
        crate::api::keep(self.state, self.user, playlist, keep, self.now);
        Ok(done(Some(playlist), 1))
    }

    fn write(
        &mut self,
        playlist: &str,
        what: &str,
        uris: Vec<String>,
        edit: impl FnOnce(&mut Vec<Entry>),
    ) -> Result<(), ActError> {
        self.theirs(playlist)?;
        let (actor, now) = (self.actor(), self.now);
        if let Some(playlist) = self.state.playlists.get_mut(playlist) {
            playlist.change(now, actor, what, uris, |version| {
                edit(Arc::make_mut(&mut version.entries));
            });
        }
        Ok(())
    }

    fn theirs(&self, playlist: &str) -> Result<(), ActError> {
        let known =
            self.state.playlists.get(playlist).ok_or_else(|| ActError::NoPlaylist(playlist.to_owned()))?;
        let shelved = self.state.users[self.user].shelves(playlist, self.now);
        if known.owner == self.user || (known.now().collaborative && shelved) {
            Ok(())
        } else {
            Err(ActError::NotTheirs(playlist.to_owned()))
        }
    }
}
