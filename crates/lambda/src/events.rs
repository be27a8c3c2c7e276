//! The events that reach functions, as far as Reprise reads them.

use reprise_core::ports::Claim;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the archive's functions are woken by.
#[derive(Debug)]
pub(crate) enum Wake {
    /// The schedule: look for due work.
    Tick,
    /// Messages of the queue.
    Messages(Vec<Message>),
}

/// One message of the queue.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message {
    pub(crate) message_id: String,
    body: String,
}

#[derive(Deserialize)]
struct Records {
    #[serde(rename = "Records")]
    records: Vec<Value>,
}

/// Who makes ticks: schedules, and the rules that came before them.
const TIMERS: [&str; 2] = ["aws.scheduler", "aws.events"];

impl Wake {
    /// Reads an event; says what it looks like if it is neither.
    pub(crate) fn read(event: &Value) -> Result<Self, String> {
        if event["source"].as_str().is_some_and(|source| TIMERS.contains(&source)) {
            return Ok(Self::Tick);
        }
        if event["Records"][0]["eventSource"] == "aws:sqs"
            && let Ok(Records { records }) = serde_json::from_value(event.clone())
        {
            let messages: Result<_, _> = records.into_iter().map(serde_json::from_value).collect();
            return messages.map(Self::Messages).map_err(|error| format!("a message of the queue: {error}"));
        }
        let fields: Vec<&str> =
            event.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        Err(format!(
            "this function takes a schedule's ticks and a queue's messages; the event is neither, its fields are: {}",
            if fields.is_empty() { "none".to_owned() } else { fields.join(", ") }
        ))
    }
}

impl Message {
    /// The claims it carries.
    pub(crate) fn claims(&self) -> Result<Vec<Claim>, serde_json::Error> {
        serde_json::from_str(&self.body)
    }
}

/// Which messages of a batch shall come again; the others are done with.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchAnswer {
    batch_item_failures: Vec<Failure>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

impl BatchAnswer {
    /// Lets a message come again, or go to the dead letters.
    pub(crate) fn add_failure(&mut self, message: &Message) {
        self.batch_item_failures.push(Failure { item_identifier: message.message_id.clone() });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tick_is_known_by_who_makes_it() {
        let tick = json!({
            "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.scheduler",
            "account": "123456789012", "time": "2026-11-20T06:00:00Z", "region": "eu-central-1",
            "resources": ["arn:aws:scheduler:eu-central-1:123456789012:schedule/default/reprise"],
            "detail": "{}",
        });
        assert!(matches!(Wake::read(&tick), Ok(Wake::Tick)));
    }

    #[test]
    fn messages_carry_claims_and_one_that_does_not_spoils_no_other() {
        let claims = r#"[{"work":{"kind":"archive","user":"u","source":"s"},"until":"2026-11-20T06:00:00Z","fence":7}]"#;
        let event = json!({ "Records": [
            { "eventSource": "aws:sqs", "messageId": "good", "body": claims, "attributes": {} },
            { "eventSource": "aws:sqs", "messageId": "bad", "body": "no claims" },
        ] });
        let Wake::Messages(messages) = Wake::read(&event).unwrap() else { panic!("messages") };
        assert_eq!(messages[0].claims().unwrap()[0].fence, 7);
        assert!(messages[1].claims().is_err());
        let mut answer = BatchAnswer::default();
        assert_eq!(serde_json::to_value(&answer).unwrap(), json!({ "batchItemFailures": [] }));
        answer.add_failure(&messages[1]);
        let answer = serde_json::to_value(&answer).unwrap();
        assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "bad" }] }));
    }

    #[test]
    fn anything_else_is_told_by_its_fields_and_never_by_its_values() {
        for (event, fields) in [
            (json!({}), "none"),
            (json!({ "rawPath": "/", "token": "TOPSECRET" }), "rawPath, token"),
            (json!({ "Records": [{ "eventSource": "aws:s3" }] }), "Records"),
            (json!({ "Records": [] }), "Records"),
            (json!("TOPSECRET"), "none"),
        ] {
            let error = Wake::read(&event).unwrap_err();
            assert!(error.ends_with(&format!("its fields are: {fields}")), "{error}");
        }
        let broken = json!({ "Records": [{ "eventSource": "aws:sqs", "messageId": 3 }] });
        assert!(Wake::read(&broken).unwrap_err().starts_with("a message of the queue"));
    }
}
