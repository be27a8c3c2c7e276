//! A key, a queue and a secret, as far as our functions ask for them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

/// As long is what KMS makes of a data key.
const WRAPPED: usize = 184;

fn said(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.1")], body.to_string()).into_response()
}

fn refused(kind: &str, why: &str) -> Response {
    said(StatusCode::BAD_REQUEST, &json!({ "__type": kind, "message": why }))
}

fn unknown(operation: &str) -> Response {
    refused("UnknownOperationException", &format!("this double knows no {operation}"))
}

fn read(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_default()
}

/// A key of KMS. What it wraps is a number that it remembers, so nobody else can make one.
#[derive(Debug, Default)]
pub(super) struct Key {
    wrapped: Mutex<HashMap<String, (Value, Value)>>,
}

impl Key {
    pub(super) fn answer(&self, operation: &str, body: &[u8]) -> Response {
        let asked = read(body);
        let mut wrapped = self.wrapped.lock().unwrap_or_else(PoisonError::into_inner);
        match operation {
            "Encrypt" => {
                let number = wrapped.len().to_be_bytes();
                let name = BASE64_STANDARD.encode(number.repeat(WRAPPED / number.len()));
                let kept = (asked["Plaintext"].clone(), asked["EncryptionContext"].clone());
                wrapped.insert(name.clone(), kept);
                said(StatusCode::OK, &json!({ "CiphertextBlob": name, "KeyId": asked["KeyId"] }))
            }
            "Decrypt" => {
                let name = asked["CiphertextBlob"].as_str().unwrap_or_default();
                match wrapped.get(name) {
                    Some((plain, context)) if *context == asked["EncryptionContext"] => {
                        said(StatusCode::OK, &json!({ "Plaintext": plain, "KeyId": asked["KeyId"] }))
                    }
                    _ => refused("InvalidCiphertextException", "not wrapped here, or under another context"),
                }
            }
            _ => unknown(operation),
        }
    }
}

/// A queue of SQS; whoever plays Lambda takes what is in it.
#[derive(Debug, Default)]
pub(super) struct Queue {
    messages: Mutex<Vec<String>>,
}

impl Queue {
    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.messages.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn answer(&self, operation: &str, body: &[u8]) -> Response {
        if operation != "SendMessageBatch" {
            return unknown(operation);
        }
        let asked = read(body);
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sent = Vec::new();
        for entry in asked["Entries"].as_array().into_iter().flatten() {
            messages.push(entry["MessageBody"].as_str().unwrap_or_default().to_owned());
            let number = messages.len();
            sent.push(json!({ "Id": entry["Id"], "MessageId": number.to_string(), "MD5OfMessageBody": "" }));
        }
        said(StatusCode::OK, &json!({ "Successful": sent, "Failed": [] }))
    }
}

/// A secret of the parameter store.
#[derive(Debug)]
pub(super) struct Secret(String);

impl Secret {
    pub(super) fn new(secret: &str) -> Self {
        Self(secret.to_owned())
    }

    pub(super) fn answer(&self, operation: &str, body: &[u8]) -> Response {
        if operation != "GetParameter" {
            return unknown(operation);
        }
        let parameter = json!({ "Name": read(body)["Name"], "Type": "SecureString", "Value": self.0 });
        said(StatusCode::OK, &json!({ "Parameter": parameter }))
    }
}
