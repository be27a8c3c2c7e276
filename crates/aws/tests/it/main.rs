//! The store on DynamoDB, and KMS, SQS and the parameter store behind doubles that are as unkind as
//! the real ones.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod contract;
mod double;
mod erasure;
mod faults;
mod kms;
mod parameter;
mod queue;
mod units;
mod unkind;
