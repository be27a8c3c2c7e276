//! Reprise: web.
