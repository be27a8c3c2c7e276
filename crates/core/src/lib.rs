//! Reprise: core.
