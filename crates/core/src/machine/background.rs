//! Work that goes on after whoever began it has gone.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};

/// Tasks of this process that outlive the request or the run that began them.
///
/// A server forgets about them. Whoever is frozen between two events, as a function is, waits for them
/// before that, and ends what would be frozen in the middle. Clones share it.
#[derive(Clone)]
pub struct Background {
    running: watch::Sender<usize>,
    tasks: Arc<Mutex<Vec<AbortHandle>>>,
}

impl Default for Background {
    fn default() -> Self {
        Self { running: watch::Sender::new(0), tasks: Arc::default() }
    }
}

impl Background {
    /// Begins work that nobody's departure ends.
    pub fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        let running = Running::begin(&self.running);
        let task = tokio::spawn(async move {
            let _running = running;
            work.await
        });
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|task| !task.is_finished());
        tasks.push(task.abort_handle());
        task
    }

    /// Returns when nothing runs.
    pub async fn idle(&self) {
        // We hold the sender, so there is always somebody to hear from.
        let _ = self.running.subscribe().wait_for(|running| *running == 0).await;
    }

    /// Ends whatever still runs, where it stands; as if the process had died, but for the rest of it.
    pub async fn abandon(&self) {
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks {
            task.abort();
        }
        self.idle().await;
    }
}

/// Counts one task for as long as it is there, be it until a panic.
struct Running(watch::Sender<usize>);

impl Running {
    fn begin(running: &watch::Sender<usize>) -> Self {
        running.send_modify(|running| *running += 1);
        Self(running.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running -= 1);
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn it_is_idle_when_the_last_task_has_ended_however_it_ended() {
        let background = Background::default();
        background.idle().await;
        let (end, ended) = oneshot::channel::<()>();
        let waiting = background.spawn(async move { ended.await.is_ok() });
        let dying = background.spawn(async { panic!("on purpose") });
        assert!(dying.await.is_err());
        let idle = tokio::spawn({
            let background = background.clone();
            async move { background.idle().await }
        });
        tokio::task::yield_now().await;
        assert!(!idle.is_finished());
        end.send(()).unwrap();
        idle.await.unwrap();
        assert!(waiting.await.unwrap());
    }

    #[tokio::test]
    async fn what_is_abandoned_ends_and_what_comes_later_does_not() {
        let background = Background::default();
        let endless = background.spawn(pending::<()>());
        background.abandon().await;
        assert!(endless.await.unwrap_err().is_cancelled());
        assert_eq!(background.spawn(async { 7 }).await.unwrap(), 7);
    }
}
