//! What a listener can have done at once.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use reprise_core::archive::{self, Verdict};
use reprise_core::onboard::local_path;
use reprise_core::ports::{RunOutcome, User};
use reprise_domain::ids::SourceId;

use crate::answer::{Failure, see_other};
use crate::paths;
use crate::request::Posted;
use crate::routes::desk::Word;
use crate::routes::weeks::Shelf;
use crate::state::App;

/// A page waits so long for what it started, which goes on without it.
pub(in crate::routes) const PATIENCE: Duration = Duration::from_secs(8);

/// What came of a look while the page waited.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Looked {
    Nothing,
    Found,
    Busy,
    UnderWay,
    Failed,
}

/// Looks at one source in a task of its own, which no closed browser window ends.
async fn look(app: &App, user: &User, source: &SourceId) -> Looked {
    let (core, user, source) = (Arc::clone(&app.core), user.id.clone(), source.clone());
    let run = app.core.ports.background.spawn(async move {
        let ended = archive::run_now(&core, &user, &source).await;
        ended.inspect_err(|error| tracing::error!(%error, %user, "a look asked for could not be made"))
    });
    match tokio::time::timeout(PATIENCE, run).await {
        Err(_) => Looked::UnderWay,
        Ok(Ok(Ok(None))) => Looked::Busy,
        Ok(Ok(Ok(Some(run)))) => match run.outcome {
            RunOutcome::NothingNew => Looked::Nothing,
            RunOutcome::Worked { .. } => Looked::Found,
            RunOutcome::Failed { .. } => Looked::Failed,
        },
        Ok(Ok(Err(_)) | Err(_)) => Looked::Failed,
    }
}

/// Looks now; or, with a week, does what the listener decides about it.
pub(super) async fn run(
    State(app): State<App>,
    Posted { user, fields }: Posted,
) -> Result<Response, Failure> {
    let back = fields.filled("return_to").and_then(local_path).unwrap_or(paths::ARCHIVE).to_owned();
    let Some(slug) = fields.filled("week") else {
        let mut worst = Looked::Nothing;
        for source in app.core.ports.sources.sources(&user.id).await? {
            if source.value.enabled {
                worst = worst.max(look(&app, &user, &source.value.id).await);
            }
        }
        return Ok(see_other(&said(worst).at(&back)));
    };
    let shelf = Shelf::load(&app, &user).await?;
    let kept = &shelf.weeks[shelf.find(slug).ok_or(Failure::NotFound)?];
    let verdict = match fields.text("decision") {
        "accept" => Some(Verdict::There),
        "add" => Some(Verdict::Missing),
        "retry" => None,
        other => return Err(Failure::Invalid(format!("There is no decision {other:?}."))),
    };
    let back = paths::week(slug);
    if let Some(verdict) = verdict {
        archive::decide(&app.core, &user.id, &kept.source.id, kept.week.number, verdict).await?;
    }
    if verdict == Some(Verdict::There) {
        return Ok(see_other(&Word::Noted.at(&back)));
    }
    Ok(see_other(&said(look(&app, &user, &kept.source.id).await).at(&back)))
}

fn said(looked: Looked) -> Word {
    match looked {
        Looked::Nothing => Word::Nothing,
        Looked::Found => Word::Looked,
        Looked::Busy => Word::Busy,
        Looked::UnderWay => Word::Looking,
        Looked::Failed => Word::Failed,
    }
}

/// Makes a deleted archive anew.
pub(super) async fn rebuild(
    State(app): State<App>,
    Posted { user, .. }: Posted,
) -> Result<Response, Failure> {
    for source in app.core.ports.sources.sources(&user.id).await? {
        archive::rebuild(&app.core, &user.id, &source.value.id).await?;
    }
    Ok(see_other(&Word::Rebuilding.at(paths::ARCHIVE)))
}
