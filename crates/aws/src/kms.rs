//! The wrapping key in KMS. What is wrapped is bound to the deployment and the purpose, so that a
//! key policy can name them and nothing opens elsewhere.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use aws_sdk_kms::Client;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kms::operation::RequestId;
use aws_sdk_kms::primitives::Blob;
use reprise_core::ports::{KeyWrap, KeyWrapError};
use zeroize::Zeroizing;

use crate::failure::{code, failure};

/// Wraps data keys under a key of KMS.
pub struct KmsKeyWrap {
    client: Client,
    key_id: String,
    deployment: String,
    /// What was wrapped last: whoever makes a data key unwraps it right away, and need not ask for it.
    wrapped: Mutex<Option<Wrapped>>,
}

struct Wrapped {
    bytes: Vec<u8>,
    context: String,
    key: Zeroizing<[u8; 32]>,
}

impl KmsKeyWrap {
    pub(crate) fn new(client: Client, key_id: &str, deployment: &str) -> Self {
        Self {
            client,
            key_id: key_id.to_owned(),
            deployment: deployment.to_owned(),
            wrapped: Mutex::default(),
        }
    }

    /// KMS writes this in its log in plain text; there is nothing secret and nobody's name in it.
    fn context(&self, context: &str) -> HashMap<String, String> {
        let purpose =
            context.strip_prefix(&self.deployment).map_or(context, |rest| rest.trim_start_matches('/'));
        HashMap::from([
            ("deployment".to_owned(), self.deployment.clone()),
            ("purpose".to_owned(), purpose.to_owned()),
        ])
    }

    fn failed<E, R>(&self, action: &str, error: &SdkError<E, R>) -> KeyWrapError
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: fmt::Debug,
        SdkError<E, R>: RequestId,
    {
        let key = &self.key_id;
        let way_out = match code(error) {
            Some("DisabledException") => format!("the key {key} is disabled: enable it (aws kms enable-key)"),
            Some("KMSInvalidStateException") => format!(
                "the key {key} cannot be used as it is: if it is to be deleted, cancel that at once (aws kms \
                 cancel-key-deletion, then enable-key), or every stored token is lost"
            ),
            Some("NotFoundException") => {
                format!("there is no key {key} in this region and account: check both, and the key's name")
            }
            Some("InvalidCiphertextException") => format!(
                "the data key was not wrapped for the deployment {}, or was altered: check the deployment's name",
                self.deployment
            ),
            Some("IncorrectKeyException") => {
                format!("the data key was wrapped by another key than {key}: use the one it was wrapped by")
            }
            Some("AccessDeniedException") => format!(
                "the role may not use {action} with the key {key} for the deployment {}: check the role and the \
                 key's policy",
                self.deployment
            ),
            Some("ThrottlingException" | "LimitExceededException") => {
                "KMS is asked too much in this account just now; it is asked again at the next use".to_owned()
            }
            _ => return KeyWrapError(failure("KMS", error).to_string()),
        };
        KeyWrapError(format!("{way_out} ({})", failure("KMS", error)))
    }

    fn remembered(&self, bytes: &[u8], context: &str) -> Option<Zeroizing<[u8; 32]>> {
        let mut wrapped = self.wrapped.lock().unwrap_or_else(PoisonError::into_inner);
        wrapped
            .take_if(|wrapped| wrapped.bytes == bytes && wrapped.context == context)
            .map(|wrapped| wrapped.key)
    }
}

impl fmt::Debug for KmsKeyWrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key_id, deployment, .. } = self;
        f.debug_struct("KmsKeyWrap")
            .field("key", key_id)
            .field("deployment", deployment)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl KeyWrap for KmsKeyWrap {
    async fn wrap(&self, key: &[u8; 32], context: &str) -> Result<Vec<u8>, KeyWrapError> {
        let answer = self
            .client
            .encrypt()
            .key_id(&self.key_id)
            .plaintext(Blob::new(&key[..]))
            .set_encryption_context(Some(self.context(context)))
            .send()
            .await
            .map_err(|error| self.failed("kms:Encrypt", &error))?;
        let bytes = answer.ciphertext_blob.map(Blob::into_inner).unwrap_or_default();
        let wrapped =
            Wrapped { bytes: bytes.clone(), context: context.to_owned(), key: Zeroizing::new(*key) };
        *self.wrapped.lock().unwrap_or_else(PoisonError::into_inner) = Some(wrapped);
        Ok(bytes)
    }

    async fn unwrap(&self, wrapped: &[u8], context: &str) -> Result<Zeroizing<[u8; 32]>, KeyWrapError> {
        if let Some(key) = self.remembered(wrapped, context) {
            return Ok(key);
        }
        let answer = self
            .client
            .decrypt()
            .key_id(&self.key_id)
            .ciphertext_blob(Blob::new(wrapped))
            .set_encryption_context(Some(self.context(context)))
            .send()
            .await
            .map_err(|error| self.failed("kms:Decrypt", &error))?;
        let key = Zeroizing::new(answer.plaintext.map(Blob::into_inner).unwrap_or_default());
        let key = <[u8; 32]>::try_from(key.as_slice());
        key.map(Zeroizing::new).map_err(|_| KeyWrapError("KMS answered no data key of Reprise's".to_owned()))
    }
}
