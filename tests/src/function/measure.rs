//! What the start of a process took.

use std::time::Duration;

/// Taken when a process first asks for an event.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// From its start until it asked.
    pub init: Duration,
    /// Memory that it holds, shared pages included, in kilobytes.
    pub resident_kb: u64,
    /// Memory that it holds, with its share of shared pages, in kilobytes.
    pub proportional_kb: u64,
}

impl Measured {
    pub(super) fn of(pid: u32, init: Duration) -> Self {
        Self {
            init,
            resident_kb: field(pid, "status", "VmRSS:"),
            proportional_kb: field(pid, "smaps_rollup", "Pss:"),
        }
    }
}

/// A number that the kernel tells of a process; 0 where it does not.
pub(super) fn field(pid: u32, file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}
