//! Where time comes from: the machine, or a simulator in tests and in the demo.

#[cfg(feature = "demo")]
mod embedded;
mod simulated;
mod system;

#[cfg(feature = "demo")]
pub(crate) use embedded::EmbeddedClock;
pub(crate) use simulated::SimulatedClock;
pub(crate) use system::SystemClock;
