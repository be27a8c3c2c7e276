//! The least that a function with our errands can be: the runtime, and every client that the real ones
//! have, made before the first event. `make bench` measures it beside them.

use std::time::Duration;

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use reprise_aws::Aws;
use reprise_core::spotify::http;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let aws = Aws::from_env().await;
    let store = aws.store("reprise", 16);
    let key_wrap = aws.key_wrap("key", "reprise");
    let queue = aws.queue("http://127.0.0.1/queue");
    let spotify = http::client(Duration::from_secs(20))?;
    let kept = &(store, key_wrap, queue, spotify);
    run(service_fn(move |event: LambdaEvent<Value>| async move {
        // They are there until the end, as the real ones' are.
        std::hint::black_box(kept);
        Ok::<_, Error>(event.payload)
    }))
    .await
}
