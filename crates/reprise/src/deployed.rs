//! A deployed installation: its table and its key, with the operator's own credentials.

use std::sync::Arc;

use async_trait::async_trait;
use reprise_aws::Aws;
use reprise_core::Ports;
use reprise_core::ports::{Clock, KeyWrap, KeyWrapError, Notifier};
use zeroize::Zeroizing;

use crate::settings::AwsSettings;

/// The ports of the installation in `table`, and its name in everything sealed.
pub(crate) async fn furnish(
    table: &str,
    settings: &AwsSettings,
    clock: Arc<dyn Clock>,
    notifier: Arc<dyn Notifier>,
) -> anyhow::Result<(Ports, String)> {
    anyhow::ensure!(!table.is_empty(), "DATABASE_URL names no table: write dynamodb:TABLE");
    let aws = Aws::from_env().await;
    let (key_wrap, deployment): (Arc<dyn KeyWrap>, String) = match &settings.key {
        Some((key_id, deployment)) => (Arc::new(aws.key_wrap(key_id, deployment)), deployment.clone()),
        None => (Arc::new(NoKey), String::new()),
    };
    let store = Arc::new(aws.store(table, settings.due_partitions));
    Ok((Ports::of(store, clock, key_wrap, notifier), deployment))
}

/// Stands for a key that was not named; what needs none (an invitation, a list) works without.
struct NoKey;

impl NoKey {
    fn missing<T>() -> Result<T, KeyWrapError> {
        Err(KeyWrapError(
            "set REPRISE_KEY_ID to the stack's key and REPRISE_DEPLOYMENT to the stack's name".to_owned(),
        ))
    }
}

#[async_trait]
impl KeyWrap for NoKey {
    async fn wrap(&self, _: &[u8; 32], _: &str) -> Result<Vec<u8>, KeyWrapError> {
        Self::missing()
    }

    async fn unwrap(&self, _: &[u8], _: &str) -> Result<Zeroizing<[u8; 32]>, KeyWrapError> {
        Self::missing()
    }
}
