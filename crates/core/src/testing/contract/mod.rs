//! What every store must do, clause by clause.
