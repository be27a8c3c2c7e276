//! Where AWS is and who asks: one configuration, and clients made when first used.

use std::fmt;
use std::sync::{Arc, OnceLock};

use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};

use crate::http::Http;
use crate::retry::{Conflicts, patience, retries, timeouts};
use crate::{DynamoStore, KmsKeyWrap, SqsQueue};

/// The way to AWS; clones share everything.
#[derive(Clone)]
pub struct Aws {
    inner: Arc<Inner>,
}

struct Inner {
    config: SdkConfig,
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    kms: OnceLock<aws_sdk_kms::Client>,
    sqs: OnceLock<aws_sdk_sqs::Client>,
    ssm: OnceLock<aws_sdk_ssm::Client>,
}

impl Aws {
    /// Region, credentials and `AWS_ENDPOINT_URL` as every AWS tool finds them: in the environment, or
    /// in the profile that it names.
    ///
    /// Nothing is asked of AWS here; what is missing is said by the first request.
    pub async fn from_env() -> Self {
        Self::load(aws_config::defaults(BehaviorVersion::v2026_01_12())).await
    }

    /// An emulator or a double at `url`, with credentials that are worth nothing elsewhere.
    pub fn at_endpoint(url: &str) -> Self {
        let credentials = Credentials::new("test", "test", None, None, "reprise");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-central-1"))
            .endpoint_url(url)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(Http::default())
            .retry_config(retries())
            .timeout_config(timeouts())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        Self::new(config)
    }

    async fn load(loader: ConfigLoader) -> Self {
        // Bodies are small and whole, so nothing watches them for stalling.
        let config = loader
            .http_client(Http::default())
            .retry_config(retries())
            .timeout_config(timeouts())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .load()
            .await;
        Self::new(config)
    }

    fn new(config: SdkConfig) -> Self {
        let inner = Inner {
            config,
            dynamodb: OnceLock::new(),
            kms: OnceLock::new(),
            sqs: OnceLock::new(),
            ssm: OnceLock::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The store in `table`; work that is due is spread over `due_partitions` parts of its index.
    ///
    /// That number may grow from one deployment to the next; a smaller one leaves the parts in use as
    /// they are.
    pub fn store(&self, table: &str, due_partitions: u16) -> DynamoStore {
        let client = self.inner.dynamodb.get_or_init(|| {
            let config = aws_sdk_dynamodb::config::Builder::from(&self.inner.config);
            let config = config.retry_classifier(Conflicts).retry_partition(patience());
            aws_sdk_dynamodb::Client::from_conf(config.build())
        });
        DynamoStore::new(client.clone(), table, due_partitions)
    }

    /// The wrapping key `key_id` (an id, ARN or alias) in KMS, for `deployment` only.
    pub fn key_wrap(&self, key_id: &str, deployment: &str) -> KmsKeyWrap {
        let client = self.inner.kms.get_or_init(|| aws_sdk_kms::Client::new(&self.inner.config));
        KmsKeyWrap::new(client.clone(), key_id, deployment)
    }

    /// The queue of claimed work.
    pub fn queue(&self, queue_url: &str) -> SqsQueue {
        let client = self.inner.sqs.get_or_init(|| aws_sdk_sqs::Client::new(&self.inner.config));
        SqsQueue::new(client.clone(), queue_url)
    }

    pub(crate) fn ssm(&self) -> &aws_sdk_ssm::Client {
        self.inner.ssm.get_or_init(|| aws_sdk_ssm::Client::new(&self.inner.config))
    }
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aws").field("region", &self.inner.config.region()).finish_non_exhaustive()
    }
}
