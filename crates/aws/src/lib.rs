#![doc = include_str!("../README.md")]

mod aws;
mod failure;
mod http;
mod kms;
mod parameter;
mod retry;
mod sqs;
mod store;
#[cfg(feature = "testing")]
pub mod testing;

pub use aws::Aws;
pub use kms::KmsKeyWrap;
pub use parameter::ParameterError;
pub use sqs::SqsQueue;
pub use store::{DynamoStore, Units};
