//! Reprise: sql.
