//! The functions as they are deployed, against a Runtime API, a DynamoDB and a Spotify on loopback.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod functions {
    pub(crate) mod pages;
    pub(crate) mod start;
    pub(crate) mod support;
    pub(crate) mod work;
}
