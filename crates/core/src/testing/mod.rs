//! Stateful fakes of the ports, and the contract that every store keeps.
//!
//! - [`MemoryStore`]: every store port, in memory; can be told to fail from some operation on
//! - [`TestClock`]: time that a test pushes
//! - [`TestKeyWrap`], [`RecordingNotifier`]: the two small ports
//! - [`sample`]: listeners, grants and invitations to begin with
//! - [`contract`]: one suite, run against every store
//! - [`inventory`]: everything an installation keeps, and a made-up one

mod clock;
pub mod contract;
pub mod inventory;
mod keys;
mod memory;
mod notifier;
pub mod sample;

pub use clock::TestClock;
pub use keys::TestKeyWrap;
pub use memory::MemoryStore;
pub use notifier::RecordingNotifier;
