//! The queue that carries claims to workers: ten in a message, ten messages in a request.

use std::fmt;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use futures::stream::{self, StreamExt as _};
use reprise_core::ports::{Claim, Queue, StoreError, StoreResult};

use crate::failure::failure;

/// As many claims in one message. A message is then about two kilobytes, and SQS takes 256.
const CLAIMS: usize = 10;

/// As many messages SQS takes in one request.
const MESSAGES: usize = 10;

/// As many requests are under way at once.
const AT_ONCE: usize = 8;

const OPERATION: &str = "hand work on";

/// Hands claims on by SQS; a message's body is a JSON array of claims.
#[derive(Clone)]
pub struct SqsQueue {
    client: Client,
    url: String,
}

/// A message and how many claims are in it.
#[derive(Clone)]
struct Message {
    body: String,
    claims: usize,
}

impl SqsQueue {
    pub(crate) fn new(client: Client, url: &str) -> Self {
        Self { client, url: url.to_owned() }
    }

    /// Sends messages, what SQS refuses for no fault of ours once more; answers how many claims went.
    async fn send(&self, messages: &[Message]) -> StoreResult<usize> {
        let refused = self.send_once(messages).await?;
        let again: Vec<Message> = refused
            .iter()
            .filter(|refused| refused.is_worth_repeating)
            .map(|refused| messages[refused.number].clone())
            .collect();
        let mut lost: usize = refused
            .iter()
            .filter(|refused| !refused.is_worth_repeating)
            .map(|refused| messages[refused.number].claims)
            .sum();
        if !again.is_empty() {
            lost += match self.send_once(&again).await {
                Ok(refused) => refused.iter().map(|refused| again[refused.number].claims).sum(),
                Err(error) => {
                    tracing::warn!(%error, "messages that the queue had refused could not be sent again");
                    again.iter().map(|message| message.claims).sum::<usize>()
                }
            };
        }
        Ok(messages.iter().map(|message| message.claims).sum::<usize>() - lost)
    }

    async fn send_once(&self, messages: &[Message]) -> StoreResult<Vec<Refused>> {
        let mut entries = Vec::with_capacity(messages.len());
        for (number, message) in messages.iter().enumerate() {
            let entry =
                SendMessageBatchRequestEntry::builder().id(number.to_string()).message_body(&message.body);
            entries.push(entry.build().map_err(|error| StoreError::new(OPERATION, error))?);
        }
        let request = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries));
        let answer = request.send().await;
        let answer = answer.map_err(|error| StoreError::new(OPERATION, failure("SQS", &error)))?;
        let refused = answer.failed.into_iter().filter_map(|entry| {
            let number = entry.id.parse().ok().filter(|number| *number < messages.len())?;
            let (code, why) = (&entry.code, entry.message.as_deref().unwrap_or_default());
            tracing::warn!(%code, why, sender_fault = entry.sender_fault, "the queue refused a message");
            Some(Refused { number, is_worth_repeating: !entry.sender_fault })
        });
        Ok(refused.collect())
    }
}

/// One message that SQS did not take.
struct Refused {
    number: usize,
    is_worth_repeating: bool,
}

impl fmt::Debug for SqsQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqsQueue").field("url", &self.url).finish_non_exhaustive()
    }
}

#[async_trait]
impl Queue for SqsQueue {
    async fn hand_on(&self, claims: &[Claim]) -> StoreResult<usize> {
        let mut messages = Vec::with_capacity(claims.len().div_ceil(CLAIMS));
        for some in claims.chunks(CLAIMS) {
            let body = serde_json::to_string(some).map_err(|error| StoreError::new(OPERATION, error))?;
            messages.push(Message { body, claims: some.len() });
        }
        let requests: Vec<Vec<Message>> = messages.chunks(MESSAGES).map(<[_]>::to_vec).collect();
        let sent = requests.into_iter().map(|messages| async move { self.send(&messages).await });
        let mut sent = stream::iter(sent).buffer_unordered(AT_ONCE);
        let (mut handed_on, mut failed) = (0, None);
        while let Some(outcome) = sent.next().await {
            match outcome {
                Ok(count) => handed_on += count,
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) if handed_on == 0 => Err(error),
            Some(error) => {
                tracing::warn!(handed_on, claims = claims.len(), %error, "not all claims could be handed on");
                Ok(handed_on)
            }
            None => Ok(handed_on),
        }
    }
}
