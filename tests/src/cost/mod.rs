//! What a deployment on AWS costs: counted use, times published prices.
//!
//! - [`prices`]: prices, limits and assumptions, each with its source, in one file
//! - [`counts`]: what the benchmark counted, as it wrote it down
//! - [`template`]: what the template makes of it, by default
//! - [`bill`]: the use of a month, and its price
//! - [`drain`]: how long many who are due at once take, by published limits
//! - [`page`]: the bill as the figures of a document
//! - [`speed`]: starts, ticks and how they drain, likewise

pub mod bill;
pub mod counts;
pub mod drain;
pub mod page;
pub mod prices;
pub mod speed;
pub mod template;
