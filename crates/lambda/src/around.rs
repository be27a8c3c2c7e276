//! Around every event: time goes on and stops, and what an answer left to do is done before the freeze.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use lambda_runtime::tower::{Layer, Service};
use lambda_runtime::{Error, LambdaInvocation};

use crate::house::House;

/// What the answer's caller need not wait for may take this long less than the function has.
const TO_END: Duration = Duration::from_secs(1);

/// Surrounds the runtime's own service, which sends the answer.
#[derive(Clone)]
pub(crate) struct Around {
    house: Arc<House>,
}

impl Around {
    pub(crate) fn new(house: Arc<House>) -> Self {
        Self { house }
    }
}

impl<S> Layer<S> for Around {
    type Service = Surrounded<S>;

    fn layer(&self, inner: S) -> Surrounded<S> {
        Surrounded { house: Arc::clone(&self.house), inner }
    }
}

/// A service with [`Around`] around it.
pub(crate) struct Surrounded<S> {
    house: Arc<House>,
    inner: S,
}

impl<S> Service<LambdaInvocation> for Surrounded<S>
where
    S: Service<LambdaInvocation, Response = (), Error = Error>,
    S::Future: Send + 'static,
{
    type Response = ();
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, event: LambdaInvocation) -> Self::Future {
        let house = Arc::clone(&self.house);
        let (request_id, deadline_ms) = (event.context.request_id.clone(), event.context.deadline);
        let answer = self.inner.call(event);
        Box::pin(async move {
            house.time.thaw(&request_id).await;
            let sent = answer.await;
            house.settle(house.time.deadline(deadline_ms, TO_END)).await;
            house.time.freeze().await;
            sent
        })
    }
}
