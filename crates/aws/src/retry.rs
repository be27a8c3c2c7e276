//! When a request is sent again. The SDK repeats what was throttled or got lost on the way; this adds
//! transactions that ran into each other, and batches that came back in part.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::{RetryPartition, TokenBucket};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::CancellationReason;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use ring::rand::{SecureRandom, SystemRandom};

/// As often is anything tried.
const ATTEMPTS: u32 = 8;

/// The first pause of a growing row; each is cut short at random.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// All attempts together take about ten seconds at most, unless AWS is silent.
pub(crate) fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(FIRST_PAUSE)
        .with_max_backoff(LONGEST_PAUSE)
}

/// How much repeating is allowed at once. The SDK's own measure suits a process that does one thing at a
/// time; a tick claims thousands, and a table that is throttled for a moment must not make it fail.
pub(crate) fn patience() -> RetryPartition {
    let bucket = TokenBucket::builder().capacity(5_000).refill_rate(100.0).build();
    RetryPartition::custom("reprise").token_bucket(bucket).build()
}

/// A silent AWS is given up after twenty seconds.
pub(crate) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(5))
        .operation_timeout(Duration::from_secs(20))
        .build()
}

/// Knows conflicts of transactions, which are over in a moment.
#[derive(Debug)]
pub(crate) struct Conflicts;

impl ClassifyRetry for Conflicts {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else { return RetryAction::NoActionIndicated };
        let conflict = error.as_operation_error().and_then(|error| error.downcast_ref()).is_some_and(
            |error: &TransactWriteItemsError| match error {
                TransactWriteItemsError::TransactionCanceledException(canceled) => {
                    ran_into_others(canceled.cancellation_reasons())
                }
                _ => false,
            },
        );
        if conflict || code(error) == Some("TransactionConflictException") {
            return RetryAction::transient_error();
        }
        RetryAction::NoActionIndicated
    }

    fn name(&self) -> &'static str {
        "conflicts of transactions"
    }
}

fn code(
    error: &OrchestratorError<aws_smithy_runtime_api::client::interceptors::context::Error>,
) -> Option<&str> {
    use aws_sdk_dynamodb::operation::{delete_item, put_item, update_item};
    let error = error.as_operation_error()?;
    let update = error.downcast_ref::<update_item::UpdateItemError>().map(ProvideErrorMetadata::code);
    let put = || error.downcast_ref::<put_item::PutItemError>().map(ProvideErrorMetadata::code);
    let delete = || error.downcast_ref::<delete_item::DeleteItemError>().map(ProvideErrorMetadata::code);
    update.or_else(put).or_else(delete).flatten()
}

/// Whether an answer means that nothing was done, and that it may be done in a moment.
pub(crate) fn is_passing(code: &str) -> bool {
    matches!(
        code,
        "TransactionConflictException"
            | "ProvisionedThroughputExceededException"
            | "ThrottlingException"
            | "RequestLimitExceeded"
    )
}

/// Whether a transaction was refused only for what others were doing at that moment. Where a condition
/// failed as well, repeating could not help.
fn ran_into_others(reasons: &[CancellationReason]) -> bool {
    let passing = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
    let mut codes =
        reasons.iter().filter_map(CancellationReason::code).filter(|code| *code != "None").peekable();
    codes.peek().is_some() && codes.all(|code| passing.contains(&code))
}

/// Pauses between attempts at what is left of a batch.
#[derive(Debug, Default)]
pub(crate) struct Pauses {
    taken: u32,
}

impl Pauses {
    /// Waits, longer each time; answers `false` when it has waited often enough.
    pub(crate) async fn pause(&mut self) -> bool {
        self.taken += 1;
        if self.taken >= ATTEMPTS {
            return false;
        }
        let longest = (FIRST_PAUSE * 2u32.pow(self.taken - 1)).min(LONGEST_PAUSE);
        let mut random = [0; 2];
        // Without randomness it waits its full time.
        let share = SystemRandom::new().fill(&mut random).map_or(u16::MAX, |()| u16::from_be_bytes(random));
        wait(longest.mul_f64(f64::from(share) / f64::from(u16::MAX))).await;
        true
    }
}

/// Lets AWS have a moment.
#[expect(clippy::disallowed_methods, reason = "patience with AWS is no time of the product's")]
pub(crate) async fn wait(pause: Duration) {
    tokio::time::sleep(pause).await;
}
