//! The simulation as its callers meet it: over HTTP.

fn main() {}
