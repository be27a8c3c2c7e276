//! The Spotify client: the Web API, the accounts service, and the gate every call passes.
//!
//! Both dialects of the Web API (before and since February 2026) are read, the new one is sent.
//! Nothing here decides when to call or what to do about an answer; errors name the caller's next
//! moves, and no byte sequence that a server can send makes it panic.
//!
//! - [`http`], [`secrets`], [`scopes`]: the shared HTTP client, secrets, permissions
//! - [`accounts`], [`grant`]: consent, exchange and refresh
//! - [`api`]: the Web API, by area [`me`], [`playlists`], [`edits`], [`player`], [`library`], [`catalogue`]
//! - [`endpoint`], [`gate`]: what is sent, and the budget's say in it
//! - [`error`], [`failure`]: the errors, and how they are recognised
//! - [`dialect`]: bodies into values, leniently

pub mod accounts;
pub mod api;
pub mod catalogue;
pub mod dialect;
pub mod edits;
pub mod endpoint;
pub mod error;
pub mod failure;
pub mod gate;
pub mod grant;
pub mod http;
pub mod library;
pub mod me;
pub mod player;
pub mod playlists;
mod request;
mod retry_after;
pub mod scopes;
pub mod secrets;

pub use accounts::Accounts;
pub use api::Api;
pub use catalogue::TrackItem;
pub use edits::{NewPlaylist, PlaylistDetails};
pub use endpoint::Endpoint;
pub use error::{AccountsError, Effect, ForbiddenWhy, SpotifyError};
pub use gate::{Bucket, Call, CallGate, CallOutcome, Purpose};
pub use grant::{Granted, Refreshed};
pub use me::Profile;
pub use player::{Device, Media, PlayContext, Played, PlayerState, PlayingKind, RecentPage};
pub use playlists::{Entry, ItemsPage, Page, PlaylistHead, PlaylistSummary};
pub use secrets::{AccessToken, AuthorizationCode, ClientSecret, RefreshToken};
