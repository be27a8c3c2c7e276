//! What a listener may change, from the form or as JSON, and making it so.

use jiff::tz::TimeZone;
use reprise_core::ports::User;
use reprise_core::{archive, people};
use reprise_domain::archive::{Access, Source, SourceKind, Style};
use reprise_domain::ids::{PlaylistId, SourceId};
use serde::{Deserialize, Deserializer};

use crate::answer::Failure;
use crate::request::Fields;
use crate::state::App;

/// A listener has at most so many sources; each costs calls that all share.
const MOST_SOURCES: usize = 10;

/// Spotify takes at most so many characters as a playlist's name.
const LONGEST_NAME: usize = 100;

/// What is to be different; what is left out stays.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::routes) struct Change {
    #[serde(default)]
    pub(in crate::routes) time_zone: Option<String>,
    #[serde(default)]
    pub(in crate::routes) sources: Vec<SourceChange>,
    /// Playlists to archive from now on.
    #[serde(default)]
    pub(in crate::routes) add: Vec<PlaylistId>,
    /// Whether Release Radar is archived.
    #[serde(default)]
    pub(in crate::routes) release_radar: Option<bool>,
    /// An existing playlist to go on with as the archive of Discover Weekly.
    #[serde(default)]
    pub(in crate::routes) adopt: Option<PlaylistId>,
}

/// What is to be different about one source.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::routes) struct SourceChange {
    pub(in crate::routes) id: SourceId,
    #[serde(default)]
    pub(in crate::routes) enabled: Option<bool>,
    #[serde(default)]
    pub(in crate::routes) style: Option<Style>,
    #[serde(default)]
    pub(in crate::routes) name: Option<String>,
    #[serde(default)]
    pub(in crate::routes) week_name: Option<String>,
    #[serde(default)]
    pub(in crate::routes) public: Option<bool>,
    #[serde(default)]
    pub(in crate::routes) mend: Option<bool>,
    #[serde(default)]
    pub(in crate::routes) playlist: Named,
    #[serde(default)]
    pub(in crate::routes) inbox: Named,
}

/// A playlist named, forgotten by `null`, or left as it is.
#[derive(Clone, Default)]
pub(in crate::routes) enum Named {
    #[default]
    Unsaid,
    Now(Option<PlaylistId>),
}

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        Option::deserialize(value).map(Self::Now)
    }
}

impl SourceChange {
    pub(in crate::routes) fn of(id: SourceId) -> Self {
        Self {
            id,
            enabled: None,
            style: None,
            name: None,
            week_name: None,
            public: None,
            mend: None,
            playlist: Named::Unsaid,
            inbox: Named::Unsaid,
        }
    }

    fn make(&self, source: &mut Source) {
        let settings = &mut source.settings;
        settings.style = self.style.unwrap_or(settings.style);
        settings.public = self.public.unwrap_or(settings.public);
        settings.mend = self.mend.unwrap_or(settings.mend);
        for (name, place) in [(&self.name, &mut settings.name), (&self.week_name, &mut settings.week_name)] {
            if let Some(name) = name {
                name.trim().clone_into(place);
            }
        }
        source.enabled = self.enabled.unwrap_or(source.enabled);
        if let Named::Now(inbox) = &self.inbox {
            source.inbox.clone_from(inbox);
        }
        if let Named::Now(playlist) = &self.playlist
            && *playlist != source.playlist
        {
            source.playlist.clone_from(playlist);
            source.access = Access::Unknown;
        }
    }

    fn check(&self) -> Result<(), Failure> {
        let names = [&self.name, &self.week_name];
        for name in names.into_iter().flatten() {
            name_problem(name).map_or(Ok(()), |why| Err(Failure::Invalid(why)))?;
        }
        if self.week_name.as_ref().is_some_and(|name| !name.contains("{week}")) {
            return Err(Failure::Invalid(WITHOUT_WEEK.to_owned()));
        }
        Ok(())
    }
}

const WITHOUT_WEEK: &str = "put {week} into the name, so that the weeks' playlists can be told apart";

fn name_problem(name: &str) -> Option<String> {
    let name = name.trim();
    if name.is_empty() {
        return Some("a playlist needs a name".to_owned());
    }
    (name.chars().count() > LONGEST_NAME).then(|| "Spotify takes at most 100 characters".to_owned())
}

/// Reads the form; `None`, and why, where something cannot be used.
pub(super) async fn read(
    app: &App,
    user: &User,
    fields: &Fields,
    errors: &mut Vec<(String, String)>,
) -> Result<Option<Change>, Failure> {
    let mut wrong = |field: &str, what: String| errors.push((field.to_owned(), what));
    let mut playlist = |field: &str| -> Option<PlaylistId> {
        let text = fields.filled(field)?;
        text.parse().inspect_err(|_| wrong(field, no_playlist(text))).ok()
    };
    let (source_url, inbox, adopt) = (playlist("source_url"), playlist("inbox_url"), playlist("adopt"));
    let mut others = Vec::new();
    for line in fields.text("sources").split_whitespace() {
        match line.parse::<PlaylistId>() {
            Ok(id) => others.push(id),
            Err(_) => wrong("sources", no_playlist(line)),
        }
    }
    let style = match fields.text("style") {
        "weekly" => Style::Weekly,
        "yearly" => Style::Yearly,
        _ => Style::Growing,
    };
    let name = fields.text("name_template").to_owned();
    if let Some(why) = name_problem(&name) {
        wrong("name_template", why);
    } else if style == Style::Weekly && !name.contains("{week}") {
        wrong("name_template", WITHOUT_WEEK.to_owned());
    }
    let time_zone = fields.text("time_zone");
    if TimeZone::get(time_zone).is_err() {
        wrong("time_zone", format!("“{time_zone}” is not a known time zone"));
    }
    if !errors.is_empty() {
        return Ok(None);
    }
    let (name, week_name) = if style == Style::Weekly { (None, Some(name)) } else { (Some(name), None) };
    let weekly = SourceChange {
        style: Some(style),
        name,
        week_name,
        mend: Some(fields.ticked("mend")),
        playlist: Named::Now(source_url),
        inbox: Named::Now(inbox),
        ..SourceChange::of(Source::discover_weekly().id)
    };
    let mut sources = vec![weekly];
    for read in app.core.ports.sources.sources(&user.id).await? {
        let source = read.value;
        if let (SourceKind::Playlist, Some(playlist)) = (source.kind, &source.playlist) {
            let enabled = Some(others.contains(playlist));
            others.retain(|other| other != playlist);
            sources.push(SourceChange { enabled, ..SourceChange::of(source.id) });
        }
    }
    Ok(Some(Change {
        time_zone: Some(time_zone.to_owned()),
        sources,
        add: others,
        release_radar: Some(fields.ticked("release_radar")),
        adopt,
    }))
}

fn no_playlist(text: &str) -> String {
    let shown: String = text.chars().take(60).collect();
    format!("“{shown}” is not a playlist's link")
}

/// Makes it so. Everything that can be refused comes first.
pub(in crate::routes) async fn apply(app: &App, user: &User, change: Change) -> Result<(), Failure> {
    let (core, id) = (&app.core, &user.id);
    let known = core.ports.sources.sources(id).await?;
    for source in &change.sources {
        source.check()?;
        if known.iter().all(|known| known.value.id != source.id) {
            return Err(Failure::Invalid(format!("There is no source {}.", source.id)));
        }
    }
    if known.len() + change.add.len() > MOST_SOURCES {
        return Err(Failure::Invalid(format!("At most {MOST_SOURCES} lists can be archived.")));
    }
    if change.time_zone.as_ref().is_some_and(|zone| TimeZone::get(zone).is_err()) {
        return Err(Failure::Invalid("That is not a known time zone.".to_owned()));
    }
    if let Some(playlist) = &change.adopt {
        archive::adopt(core, id, &Source::discover_weekly().id, playlist).await?;
    }
    if let Some(zone) = &change.time_zone
        && user.time_zone.as_ref() != Some(zone)
    {
        people::set_time_zone(core, id, zone).await?;
    }
    let mut changes = change.sources;
    match (change.release_radar, known.iter().find(|known| known.value.kind == SourceKind::ReleaseRadar)) {
        (Some(true), None) => drop(archive::add_source(core, id, SourceKind::ReleaseRadar, None).await?),
        (Some(on), Some(radar)) => {
            changes.push(SourceChange { enabled: Some(on), ..SourceChange::of(radar.value.id.clone()) });
        }
        (Some(false) | None, _) => {}
    }
    for playlist in change.add {
        archive::add_source(core, id, SourceKind::Playlist, Some(playlist)).await?;
    }
    for change in changes {
        let before = known.iter().find(|known| known.value.id == change.id);
        let mut after = before.map(|before| before.value.clone());
        if let Some(source) = &mut after {
            change.make(source);
        }
        // A changed source is looked at anew, which costs calls.
        if after.as_ref() != before.map(|before| &before.value) {
            archive::change_source(core, id, &change.id, |source| change.make(source)).await?;
        }
    }
    Ok(())
}
