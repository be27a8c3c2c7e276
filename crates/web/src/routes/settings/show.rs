//! The settings as the form shows them.

use reprise_core::ports::User;
use reprise_domain::archive::{Access, Source, SourceKind, Style, TargetState};
use reprise_domain::ids::PlaylistId;

use crate::answer::{Failure, zone};
use crate::pages::settings::model::{self, RungSetting, Settings};
use crate::request::Fields;
use crate::state::App;
use crate::view::model::Rung;

/// As they are saved.
pub(super) async fn saved(app: &App, user: &User) -> Result<Settings, Failure> {
    let ports = &app.core.ports;
    let sources: Vec<Source> =
        ports.sources.sources(&user.id).await?.into_iter().map(|read| read.value).collect();
    let fallback = Source::discover_weekly();
    let weekly = sources.iter().find(|source| source.kind == SourceKind::DiscoverWeekly).unwrap_or(&fallback);
    let targets = ports.ledger.targets(&user.id).await?;
    let link = |playlist: &Option<PlaylistId>| playlist.as_ref().map(PlaylistId::link).unwrap_or_default();
    let others = sources.iter().filter(|source| source.kind == SourceKind::Playlist && source.enabled);
    Ok(Settings {
        style: match weekly.settings.style {
            Style::Growing => model::Style::Growing,
            Style::Weekly => model::Style::Weekly,
            Style::Yearly => model::Style::Yearly,
        },
        name_template: match weekly.settings.style {
            Style::Weekly => weekly.settings.week_name.clone(),
            Style::Growing | Style::Yearly => weekly.settings.name.clone(),
        },
        adopt: String::new(),
        source_url: link(&weekly.playlist),
        inbox_url: link(&weekly.inbox),
        rungs: rungs(weekly),
        time_zone: zone(app, Some(user)).iana_name().unwrap_or("UTC").to_owned(),
        time_zones: zones(),
        mend: weekly.settings.mend,
        gone: targets.iter().any(|target| target.value.state == TargetState::Gone),
        release_radar: sources.iter().any(|source| source.kind == SourceKind::ReleaseRadar && source.enabled),
        sources: others.map(|source| link(&source.playlist)).collect::<Vec<_>>().join("\n"),
        errors: Vec::new(),
    })
}

/// As they were sent, with what is wrong.
pub(super) async fn sent(
    app: &App,
    user: &User,
    fields: &Fields,
    errors: Vec<(String, String)>,
) -> Result<Settings, Failure> {
    let text = |name: &str| fields.text(name).to_owned();
    Ok(Settings {
        style: match fields.text("style") {
            "weekly" => model::Style::Weekly,
            "yearly" => model::Style::Yearly,
            _ => model::Style::Growing,
        },
        name_template: text("name_template"),
        adopt: text("adopt"),
        source_url: text("source_url"),
        inbox_url: text("inbox_url"),
        time_zone: text("time_zone"),
        mend: fields.ticked("mend"),
        release_radar: fields.ticked("release_radar"),
        sources: text("sources"),
        errors,
        ..saved(app, user).await?
    })
}

fn rungs(weekly: &Source) -> Vec<RungSetting> {
    let refused = matches!(weekly.access, Access::Refused { .. });
    let line =
        |rung, on, blocked: Option<&str>| RungSetting { rung, on, blocked: blocked.map(str::to_owned) };
    let cannot = "Your app may not do that at present; it is tried once a month.";
    let unnamed = "Name one below.";
    vec![
        line(Rung::Api, !refused, refused.then_some(cannot)),
        line(Rung::Copy, weekly.inbox.is_some(), weekly.inbox.is_none().then_some(unnamed)),
        line(Rung::Pasted, true, None),
    ]
}

/// Names offered while typing.
fn zones() -> Vec<String> {
    let all = jiff::tz::db().available();
    all.map(|name| name.to_string()).filter(|name| name == "UTC" || name.contains('/')).collect()
}
