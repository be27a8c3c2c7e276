//! Reprise: domain.
