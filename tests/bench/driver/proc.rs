//! What the kernel knows of a process.

use std::time::Duration;

/// The kernel counts processor time in hundredths of a second.
const TICK_MS: f64 = 10.0;

/// A field of `/proc/…/status` in kilobytes, such as `VmRSS` (now) and `VmHWM` (at most so far).
pub(crate) fn memory_kb(pid: u32, field: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(f64::NAN)
}

/// Processor time used so far by all its threads, in milliseconds.
pub(crate) fn cpu_ms(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name may hold spaces; what follows its closing parenthesis does not.
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks = fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u32>().ok());
    TICK_MS * f64::from(ticks.sum::<u32>())
}

/// The first value of a key in a file of `key : value` lines.
pub(crate) fn told(file: &str, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Waits until the process has been quiet for a while, at most ten seconds.
pub(crate) fn settle(pid: u32) {
    let mut last = cpu_ms(pid);
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(500));
        let now = cpu_ms(pid);
        if now <= last {
            return;
        }
        last = now;
    }
}
