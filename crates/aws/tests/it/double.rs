//! KMS, SQS and the parameter store as far as Reprise uses them, as strict as the real ones: they
//! authenticate what they encrypt, keep limits, and refuse when told to.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde_json::{Value, json};

/// What KMS thinks of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyState {
    Enabled,
    Disabled,
    PendingDeletion,
}

/// A message that SQS is told to refuse.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    /// What its body holds.
    pub(crate) holds: String,
    /// How often.
    pub(crate) times: usize,
    pub(crate) sender_fault: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) keys: HashMap<String, KeyState>,
    pub(crate) queued: Vec<String>,
    pub(crate) refusals: Vec<Refusal>,
    /// Name to secret; always a `SecureString`.
    pub(crate) parameters: HashMap<String, String>,
    /// Errors for the next requests, whatever they are: a status and a code.
    pub(crate) errors: VecDeque<(u16, &'static str)>,
    /// The operations that came in.
    pub(crate) seen: Vec<String>,
    sealed: u64,
}

/// An account with these services.
#[derive(Clone)]
pub(crate) struct Double {
    pub(crate) url: String,
    account: Arc<Mutex<Account>>,
}

impl Double {
    /// A key `reprise` that works, and nothing else.
    pub(crate) async fn start() -> Self {
        let mut account = Account::default();
        account.keys.insert("reprise".to_owned(), KeyState::Enabled);
        let account = Arc::new(Mutex::new(account));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(handle).with_state(Arc::clone(&account));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, account }
    }

    pub(crate) fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often an operation was asked for.
    pub(crate) fn count(&self, operation: &str) -> usize {
        self.account().seen.iter().filter(|seen| *seen == operation).count()
    }
}

type Answer = Result<Value, (u16, &'static str, Value)>;

async fn handle(State(account): State<Arc<Mutex<Account>>>, headers: HeaderMap, body: Bytes) -> Response {
    let operation = headers["x-amz-target"].to_str().unwrap().split('.').next_back().unwrap().to_owned();
    assert!(headers["authorization"].to_str().unwrap().starts_with("AWS4-HMAC-SHA256 Credential=test/"));
    let body: Value = serde_json::from_slice(&body).unwrap();
    let mut account = account.lock().unwrap_or_else(PoisonError::into_inner);
    account.seen.push(operation.clone());
    let answer = match account.errors.pop_front() {
        Some((status, code)) => Err((status, code, json!("as ordered"))),
        None => match operation.as_str() {
            "Encrypt" => account.encrypt(&body),
            "Decrypt" => account.decrypt(&body),
            "SendMessageBatch" => account.send(&body),
            "GetParameter" => account.parameter(&body),
            other => panic!("nobody asks for {other}"),
        },
    };
    match answer {
        Ok(answer) => answer.to_string().into_response(),
        Err((status, code, message)) => {
            let error = json!({"__type": code, "message": message});
            (StatusCode::from_u16(status).unwrap(), error.to_string()).into_response()
        }
    }
}

fn refused(code: &'static str, message: impl Into<Value>) -> (u16, &'static str, Value) {
    (400, code, message.into())
}

/// KMS.
impl Account {
    fn key(&self, name: &str) -> Result<LessSafeKey, (u16, &'static str, Value)> {
        match self.keys.get(name) {
            None => Err(refused("NotFoundException", format!("Key '{name}' does not exist"))),
            Some(KeyState::Disabled) => Err(refused("DisabledException", format!("{name} is disabled."))),
            Some(KeyState::PendingDeletion) => {
                Err(refused("KMSInvalidStateException", format!("{name} is pending deletion.")))
            }
            Some(KeyState::Enabled) => {
                let secret = ring::digest::digest(&ring::digest::SHA256, name.as_bytes());
                Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, secret.as_ref()).unwrap()))
            }
        }
    }

    fn encrypt(&mut self, body: &Value) -> Answer {
        let name = body["KeyId"].as_str().unwrap();
        let key = self.key(name)?;
        let mut plaintext = bytes(&body["Plaintext"]);
        if plaintext.len() > 4_096 {
            return Err(refused(
                "ValidationException",
                "'plaintext' must have length less than or equal to 4096",
            ));
        }
        self.sealed += 1;
        let mut nonce = [0; NONCE_LEN];
        nonce[..8].copy_from_slice(&self.sealed.to_be_bytes());
        let context = Aad::from(context(body));
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), context, &mut plaintext).unwrap();
        let blob = [name.as_bytes(), b"\0", &nonce, &plaintext].concat();
        Ok(json!({"KeyId": name, "CiphertextBlob": BASE64_STANDARD.encode(blob)}))
    }

    fn decrypt(&mut self, body: &Value) -> Answer {
        let blob = bytes(&body["CiphertextBlob"]);
        let (name, sealed) = match blob.iter().position(|byte| *byte == 0) {
            Some(end) => (String::from_utf8_lossy(&blob[..end]).into_owned(), &blob[end + 1..]),
            None => return Err(refused("InvalidCiphertextException", Value::Null)),
        };
        let asked = body["KeyId"].as_str().unwrap();
        let key = self.key(asked)?;
        if asked != name {
            let why = "The key ID in the request does not identify a CMK that can perform this operation.";
            return Err(refused("IncorrectKeyException", why));
        }
        let invalid = || refused("InvalidCiphertextException", Value::Null);
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or_else(invalid)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).unwrap();
        let mut sealed = sealed.to_vec();
        let opened =
            key.open_in_place(nonce, Aad::from(context(body)), &mut sealed).map_err(|_| invalid())?;
        Ok(json!({"KeyId": name, "Plaintext": BASE64_STANDARD.encode(opened)}))
    }
}

/// The encryption context, in order of name.
fn context(body: &Value) -> Vec<u8> {
    let context: BTreeMap<String, Value> =
        serde_json::from_value(body["EncryptionContext"].clone()).unwrap_or_default();
    serde_json::to_vec(&context).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap()
}

/// SQS.
impl Account {
    fn send(&mut self, body: &Value) -> Answer {
        assert_eq!(body["QueueUrl"], "https://sqs/queue");
        let entries = body["Entries"].as_array().unwrap();
        if entries.is_empty() || entries.len() > 10 {
            return Err(refused("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", "at most ten"));
        }
        let ids: HashSet<_> = entries.iter().map(|entry| entry["Id"].as_str().unwrap()).collect();
        if ids.len() < entries.len() {
            return Err(refused("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "ids"));
        }
        let text = |entry: &Value| entry["MessageBody"].as_str().unwrap().to_owned();
        if entries.iter().map(|entry| text(entry).len()).sum::<usize>() > 256 * 1024 {
            return Err(refused("AWS.SimpleQueueService.BatchRequestTooLong", "too long"));
        }
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in entries {
            let (id, body) = (&entry["Id"], text(entry));
            let refusal =
                self.refusals.iter_mut().find(|refusal| refusal.times > 0 && body.contains(&refusal.holds));
            if let Some(refusal) = refusal {
                refusal.times -= 1;
                let code = if refusal.sender_fault { "InvalidMessageContents" } else { "InternalError" };
                failed.push(json!({"Id": id, "Code": code, "SenderFault": refusal.sender_fault}));
                continue;
            }
            let md5 = format!("{:032x}", self.queued.len());
            successful
                .push(json!({"Id": id, "MessageId": self.queued.len().to_string(), "MD5OfMessageBody": md5}));
            self.queued.push(body);
        }
        Ok(json!({"Successful": successful, "Failed": failed}))
    }
}

/// The parameter store.
impl Account {
    fn parameter(&mut self, body: &Value) -> Answer {
        let name = body["Name"].as_str().unwrap();
        let secret = self.parameters.get(name).ok_or_else(|| refused("ParameterNotFound", Value::Null))?;
        let value =
            if body["WithDecryption"] == true { secret.clone() } else { BASE64_STANDARD.encode("sealed") };
        Ok(json!({"Parameter": {"Name": name, "Type": "SecureString", "Value": value, "Version": 1}}))
    }
}
