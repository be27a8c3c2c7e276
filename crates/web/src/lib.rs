//! The web side of Reprise: pages, their parts and the embedded assets.
//!
//! A page is a pure function from a plain view model to markup. Nothing here knows a store,
//! a clock or Spotify; handlers load, call one page function and send what it returns.

#[cfg_attr(
    not(any(test, feature = "gallery")),
    expect(dead_code, reason = "the routes that show these pages are yet to come")
)]
mod assets;
#[cfg_attr(
    not(any(test, feature = "gallery")),
    expect(dead_code, reason = "the routes that show these pages are yet to come")
)]
mod pages;
mod paths;
#[cfg_attr(
    not(any(test, feature = "gallery")),
    expect(dead_code, reason = "the routes that show these pages are yet to come")
)]
mod view;

#[cfg(any(test, feature = "gallery"))]
#[doc(hidden)]
pub mod gallery;
