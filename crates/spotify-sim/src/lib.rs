#![doc = include_str!("../README.md")]

mod accounts;
mod act;
mod api;
mod catalogue;
mod clock;
mod control;
mod fault;
mod limit;
mod lock;
mod log;
mod model;
mod player;
mod playlist;
mod random;
mod server;
mod sim;
mod state;
mod truth;
mod weekly;

pub use act::{Act, ActError, Done};
pub use catalogue::{Edition, RECORDINGS, Track};
pub use clock::{Advanced, ClockMode, Participant, Reading, SimClock, Slept, Stalled};
pub use fault::{Fault, FaultKind, Ordered, When};
pub use log::{CountBy, LogEntry};
pub use model::{
    Client, ErrorStyle, Lag, LateTurn, Limits, Oddities, Refusal, RetryAfter, Rotation, Settings, User,
    Variant, Weekly, World,
};
pub use playlist::{Actor, Change};
pub use server::SimServer;
pub use sim::{FaultDesk, Sim, SimConfig, Tokens};
pub use truth::{GeneratedTruth, GenerationTruth, PlaylistTruth, TrueEntry, Truth};
