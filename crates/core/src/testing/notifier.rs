//! A notifier that remembers.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::ports::{Alert, Notifier};

/// Keeps what it was told; clones share it.
#[derive(Debug, Clone, Default)]
pub struct RecordingNotifier {
    told: Arc<Mutex<Vec<Alert>>>,
}

impl RecordingNotifier {
    /// What it was told, in order.
    pub fn told(&self) -> Vec<Alert> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Notifier for RecordingNotifier {
    async fn notify(&self, alert: &Alert) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).push(alert.clone());
    }
}
