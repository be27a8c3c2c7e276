//! What every binary puts behind the ports, and how it is told: the machine's clocks, a webhook, work in
//! the background, settings, and for tests a simulator's clock and a way to die on purpose.

mod background;
mod kill;
mod notify;
pub mod settings;
mod simulated;
mod system;

pub use background::Background;
pub use kill::arm;
pub use notify::Announcer;
pub use simulated::{NoClock, SimulatedClock};
pub use system::SystemClock;
