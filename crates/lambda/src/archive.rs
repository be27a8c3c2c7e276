//! The role `archive`: ticks of a schedule dispatch due work, messages of a queue have it done.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use lambda_runtime::{Diagnostic, LambdaEvent};
use reprise_core::Deadline;
use reprise_core::dispatch::{self, Ended};
use reprise_core::ports::{Claim, RunOutcome, WorkKind};
use serde_json::{Value, json};

use crate::events::{BatchAnswer, Message, Wake};
use crate::house::House;
use crate::metrics::Metric;

/// What these functions do.
const KINDS: [WorkKind; 2] = [WorkKind::Archive, WorkKind::Grant];

/// Claiming a batch, and handing the last one on, takes no longer unless AWS is ill.
const ONE_BATCH: Duration = Duration::from_secs(5);

/// Answers one event.
pub(crate) async fn answer(house: Arc<House>, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let deadline_ms = event.context.deadline;
    let answered = match Wake::read(&event.payload) {
        Ok(Wake::Tick) => tick(&house, &house.time.deadline(deadline_ms, ONE_BATCH)).await,
        Ok(Wake::Messages(messages)) => {
            let deadline = house.time.deadline(deadline_ms, house.request_timeout());
            batch(&house, &messages, &deadline).await
        }
        Err(what) => Err(anyhow::anyhow!(what)),
    };
    answered.map_err(|error| Diagnostic {
        error_type: "Reprise.Archive".to_owned(),
        error_message: format!("{error:#}"),
    })
}

async fn tick(house: &House, deadline: &Deadline) -> anyhow::Result<Value> {
    let queue = house.queue().context(
        "REPRISE_QUEUE_URL is not set, so this function can only work; a schedule's ticks are for the dispatcher",
    )?;
    let done = dispatch::dispatch(house.due(), &*house.time.clock(), &queue, &KINDS, deadline)
        .await
        .context("due work could not be dispatched; the next tick goes on")?;
    let (claimed, handed_on) = (done.claimed, done.handed_on);
    tracing::info!(claimed, handed_on, is_cut_short = done.is_cut_short, "dispatched");
    Ok(json!({ "claimed": claimed, "handedOn": handed_on, "isCutShort": done.is_cut_short }))
}

async fn batch(house: &House, messages: &[Message], deadline: &Deadline) -> anyhow::Result<Value> {
    let left = deadline.left(&house.time.clock().mark());
    if !deadline.allows_more(&house.time.clock().mark()) {
        anyhow::bail!(
            "{} s are not enough to begin anything, it takes {} at least; give the function a longer time-out (WorkerTimeout in template.yaml)",
            left.as_secs(),
            deadline.shortest().as_secs()
        );
    }
    let core = house.core().await?;
    // Which message a claim came in; all claims are worked on side by side.
    let (mut owners, mut claims): (Vec<usize>, Vec<Claim>) = (Vec::new(), Vec::new());
    let mut is_failed = vec![false; messages.len()];
    for (number, message) in messages.iter().enumerate() {
        match message.claims() {
            Ok(carried) => {
                owners.extend(carried.iter().map(|_| number));
                claims.extend(carried);
            }
            Err(error) => {
                let (message, error) = (&message.message_id, error.to_string());
                tracing::error!(message, error, "a message carries no claims; it becomes a dead letter");
                is_failed[number] = true;
            }
        }
    }
    for (owner, ended) in owners.into_iter().zip(dispatch::work(core, &claims, deadline).await) {
        is_failed[owner] |= matches!(ended, Ended::NotBegun | Ended::Failed { .. });
        count(house, &ended);
    }
    let mut answer = BatchAnswer::default();
    for (message, _) in messages.iter().zip(is_failed).filter(|(_, is_failed)| *is_failed) {
        answer.add_failure(message);
    }
    Ok(serde_json::to_value(answer)?)
}

fn count(house: &House, ended: &Ended) {
    match ended {
        Ended::Done(Some(run)) if matches!(run.outcome, RunOutcome::Failed { .. }) => {
            house.tally.add(Metric::RunsFailed, 1);
        }
        Ended::Done(_) => house.tally.add(Metric::RunsDone, 1),
        Ended::Failed { .. } => house.tally.add(Metric::RunsFailed, 1),
        Ended::NotOurs | Ended::NotBegun => {}
    }
}
