//! Who and what the simulated Spotify knows: the settings a test chooses.

mod client;
mod settings;
mod user;

pub use client::{Client, ErrorStyle, Refusal, Rotation, World};
pub use settings::{Lag, Limits, RetryAfter, Settings};
pub use user::{LateTurn, Oddities, User, Variant, Weekly};
