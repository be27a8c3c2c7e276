//! Whole-system stories: the real binary, a simulated Spotify, real `SQLite` files, real kills.
//!
//! - [`process`]: the binary as a child process, with all it says
//! - [`listener`]: a person with a browser, as far as HTTP goes
//! - [`cloud`]: the AWS that functions talk to, with everything counted
//! - [`function`]: a function as Lambda runs one, and its address
//! - [`cost`]: what a deployment on AWS costs, from counts and prices
//! - [`trial`]: both of them living through months in seconds, under faults and kills

pub mod cloud;
pub mod cost;
pub mod function;
pub mod listener;
pub mod process;
pub mod trial;
