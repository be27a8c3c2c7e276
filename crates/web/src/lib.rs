//! The web side of Reprise: routes, pages, their parts and the embedded assets.
//!
//! A handler loads what it needs through [`reprise_core`], calls one use case, and shows one page; a
//! page is a pure function from a plain view model to markup. Nothing here knows a store.

mod answer;
mod assets;
mod cookies;
mod csrf;
mod headers;
mod pages;
mod paths;
mod request;
mod routes;
mod state;
mod view;

#[cfg(any(test, feature = "gallery"))]
#[doc(hidden)]
pub mod gallery;

pub use routes::router;
pub use state::{Demo, Setup, Site};
