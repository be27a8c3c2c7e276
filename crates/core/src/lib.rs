//! The shared core of Reprise: use cases, the ports they need, and the Spotify client.
//!
//! Every trigger (a timer, a button, a command, later a Lambda event) calls the same function here.
//! Core decides nothing that `reprise_domain` can decide purely, and touches nothing but its ports
//! and Spotify.
//!
//! - [`onboard`], [`session`], [`checklist`], [`archive`], [`care`],
//!   [`people`], [`moving`]: the use cases
//! - [`dispatch`]: due work through a queue, for many small workers
//! - [`grants`], [`vault`], [`budget`]: tokens, secrets, calls
//! - [`machine`]: what binaries put behind the ports that are no store's
//! - [`ports`]: what stores and keepers implement
//! - [`spotify`]: the client

mod alerting;
pub mod archive;
pub mod budget;
pub mod care;
pub mod checklist;
mod deadline;
pub mod dispatch;
pub mod failpoint;
pub mod grants;
pub mod machine;
pub mod moving;
pub mod onboard;
pub mod people;
pub mod ports;
pub mod session;
pub mod spotify;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod vault;

mod wiring;

pub use deadline::Deadline;
pub use wiring::{Config, Core, Ports, Signup, SpotifyApp};
