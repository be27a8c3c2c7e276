//! What only a test may do: everything under `/_sim/` but the clock.

mod people;
mod rules;
mod watch;

use crate::sim::Sim;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub(crate) fn routes(sim: Sim) -> Router {
    people::routes().merge(rules::routes()).merge(watch::routes()).with_state(sim)
}

/// A refusal, in words.
struct No(StatusCode, String);

impl IntoResponse for No {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

fn absent(what: &str) -> No {
    No(StatusCode::NOT_FOUND, format!("there is no {what}"))
}

fn wrong(why: impl std::fmt::Display) -> No {
    No(StatusCode::BAD_REQUEST, why.to_string())
}

/// One thing or a list of them.
fn each<T: DeserializeOwned>(body: Value) -> Result<Vec<T>, No> {
    let list = match body {
        Value::Array(list) => list,
        one => vec![one],
    };
    list.into_iter().map(|each| serde_json::from_value(each).map_err(wrong)).collect()
}

/// `current` with the fields of `patch` in place of its own, at any depth.
fn patched<T: Serialize + DeserializeOwned>(current: &T, patch: Value) -> Result<T, No> {
    let mut value = serde_json::to_value(current).map_err(wrong)?;
    merge(&mut value, patch);
    serde_json::from_value(value).map_err(wrong)
}

fn merge(into: &mut Value, patch: Value) {
    match (into, patch) {
        (Value::Object(into), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, patch) => *into = patch,
    }
}
