//! A simulated Spotify.
