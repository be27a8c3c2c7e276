//! Dying on purpose: `REPRISE_TEST_KILL=archive.planned:3` ends the process with SIGKILL at the third
//! pass of that place, `*:50:7` at one pass in fifty, drawn with seed 7. `stall:archive.planned:3` says
//! `stalled at archive.planned` on standard error and stands still there, until somebody kills it.

use std::io::Write;
use std::sync::Mutex;

use super::settings::BadSetting;
use crate::failpoint;

enum Plan {
    At { name: String, passes_left: u64 },
    OneIn { chance: u64, random: u64 },
}

/// Arms the failpoints as the setting says.
pub fn arm(setting: &str) -> Result<(), BadSetting> {
    let (stalls, rest) = match setting.strip_prefix("stall:") {
        Some(rest) => (true, rest),
        None => (false, setting),
    };
    let bad = |why| BadSetting::new(format!("REPRISE_TEST_KILL is {setting:?}: {why}"));
    let plan = Mutex::new(parse(rest).map_err(bad)?);
    failpoint::install(move |name| {
        let dies = plan.lock().is_ok_and(|mut plan| plan.dies_at(name));
        if dies && stalls {
            stall(name);
        }
        if dies {
            // SIGKILL: no destructor runs, nothing is flushed.
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        }
    });
    Ok(())
}

/// Never returns, as a machine that has stopped.
fn stall(name: &str) {
    let _ = writeln!(std::io::stderr().lock(), "stalled at {name}");
    loop {
        std::thread::park();
    }
}

fn parse(setting: &str) -> Result<Plan, String> {
    let mut parts = setting.split(':');
    let name = parts.next().unwrap_or_default();
    let mut number =
        |default: u64| parts.next().map_or(Ok(default), str::parse).map_err(|_| "not a number".to_owned());
    if name == "*" {
        return Ok(Plan::OneIn { chance: number(100)?.max(1), random: number(1)? | 1 });
    }
    if !failpoint::all().any(|known| known == name) {
        let known: Vec<&str> = failpoint::all().collect();
        return Err(format!("no such place; there are: {}", known.join(", ")));
    }
    Ok(Plan::At { name: name.to_owned(), passes_left: number(1)? })
}

impl Plan {
    fn dies_at(&mut self, name: &str) -> bool {
        match self {
            Self::At { name: wanted, passes_left } if wanted == name => {
                *passes_left = passes_left.saturating_sub(1);
                *passes_left == 0
            }
            Self::At { .. } => false,
            Self::OneIn { chance, random } => {
                // xorshift: the same seed dies at the same passes.
                *random ^= *random << 13;
                *random ^= *random >> 7;
                *random ^= *random << 17;
                (*random).is_multiple_of(*chance)
            }
        }
    }
}
