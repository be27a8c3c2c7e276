//! Making the archive's playlist, once, whatever happens to the request.
//!
//! The description carries an opaque marker. After an unknown outcome the listener's playlists are
//! listed, and the one with the marker is adopted.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reprise_domain::archive::{Attempt, Event, Generation, Step, Target, TargetKey, TargetState};
use reprise_domain::ids::{PlaylistId, SnapshotId};

use super::running::{PURPOSE, Running};
use super::stop::Stop;
use crate::failpoint;
use crate::ports::Versioned;
use crate::spotify::{Effect, NewPlaylist};

/// Spotify lists at most so many playlists a page.
const PAGE: u32 = 50;

impl Running<'_> {
    /// Announces and makes the next volume of the archive.
    pub(super) async fn create_target(&mut self, generation: &mut Versioned<Generation>) -> Result<(), Stop> {
        self.may_send()?;
        let family = self.target_key(&generation.value, 1);
        let targets = self.core.ports.ledger.targets(&self.user.id).await?;
        let volumes = targets.iter().filter(|read| read.value.key.family() == family.family());
        let volume = volumes.map(|read| read.value.key.volume()).max().unwrap_or(0) + 1;
        let target = self.target_key(&generation.value, volume);
        let random = self.core.vault.random::<9>().map_err(crate::grants::GrantError::from)?;
        let marker = format!("reprise:{}", URL_SAFE_NO_PAD.encode(random));
        self.announce_creation(generation, target, marker).await
    }

    async fn announce_creation(
        &mut self,
        generation: &mut Versioned<Generation>,
        target: TargetKey,
        marker: String,
    ) -> Result<(), Stop> {
        let attempt = Attempt { over: self.over.clone() };
        let event = Event::CreateAnnounced { target: target.clone(), marker: marker.clone(), attempt };
        self.step(generation, event).await?;
        failpoint::pass("archive.creating");
        let settings = &self.source.value.settings;
        let name = settings.playlist_name(&generation.value, &target);
        let title = self.source.value.kind.title();
        let description = format!("Every {title}, kept by Reprise. {marker}");
        let public = settings.public;
        let new = NewPlaylist { name: &name, description: Some(&description), public };
        match self.api.create_playlist(&self.token, PURPOSE, new).await {
            Ok(head) => {
                failpoint::pass("archive.created");
                self.adopt(generation, target, head.id, name, Some(0), head.snapshot).await
            }
            Err(error) if error.effect() == Effect::Unknown => {
                let now = self.mark();
                self.step(generation, Event::GaveUp(now)).await?;
                Err(error.into())
            }
            Err(error) => {
                self.step(generation, Event::Refused).await?;
                Err(error.into())
            }
        }
    }

    /// Looks for a playlist whose creation has no known outcome.
    pub(super) async fn find_created(&mut self, generation: &mut Versioned<Generation>) -> Result<(), Stop> {
        let Step::Creating { target, marker, absent, .. } = generation.value.step.clone() else {
            return Ok(());
        };
        if let Some((id, name)) = self.playlist_with(&marker).await? {
            return self.adopt(generation, target, id, name, None, None).await;
        }
        if absent.is_none() {
            let now = self.mark();
            return self.step(generation, Event::CreatedAbsent(now)).await;
        }
        self.may_send()?;
        self.announce_creation(generation, target, marker).await
    }

    async fn playlist_with(&self, marker: &str) -> Result<Option<(PlaylistId, String)>, Stop> {
        let mut offset = 0;
        loop {
            let page = self.api.my_playlists(&self.token, PURPOSE, offset, PAGE).await?;
            let is_ours = |description: &Option<String>| {
                description.as_deref().is_some_and(|description| description.contains(marker))
            };
            let is_last = !page.next || page.items.is_empty();
            offset += u32::try_from(page.items.len()).unwrap_or(PAGE);
            if let Some(found) = page.items.into_iter().flatten().find(|listed| is_ours(&listed.description))
            {
                return Ok(Some((found.id, found.name)));
            }
            if is_last {
                return Ok(None);
            }
        }
    }

    async fn adopt(
        &mut self,
        generation: &mut Versioned<Generation>,
        key: TargetKey,
        playlist: PlaylistId,
        name: String,
        total: Option<u32>,
        snapshot: Option<SnapshotId>,
    ) -> Result<(), Stop> {
        let seen_in_library = self.now();
        let state = TargetState::Open;
        let written = None;
        let target = Target { key, playlist, name, state, total, snapshot, written, seen_in_library };
        self.put_target(&target).await?;
        if total.is_some() {
            self.known_targets.push(target.key.clone());
        }
        failpoint::pass("archive.target");
        self.step(generation, Event::TargetKnown).await
    }
}
