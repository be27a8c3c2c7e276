//! Dying on purpose: `REPRISE_TEST_KILL=archive.planned:3` ends the process with SIGKILL at the third
//! pass of that place, `*:50:7` at one pass in fifty, drawn with seed 7.

use std::sync::Mutex;

use anyhow::Context;
use reprise_core::failpoint;

enum Plan {
    At { name: String, passes_left: u64 },
    OneIn { chance: u64, random: u64 },
}

/// Arms the failpoints as the setting says.
pub(crate) fn arm(setting: &str) -> anyhow::Result<()> {
    let plan = Mutex::new(parse(setting).with_context(|| format!("REPRISE_TEST_KILL is {setting:?}"))?);
    failpoint::install(move |name| {
        let dies = plan.lock().is_ok_and(|mut plan| plan.dies_at(name));
        if dies {
            // SIGKILL: no destructor runs, nothing is flushed.
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        }
    });
    Ok(())
}

fn parse(setting: &str) -> anyhow::Result<Plan> {
    let mut parts = setting.split(':');
    let name = parts.next().unwrap_or_default();
    let mut number = |default: u64| parts.next().map_or(Ok(default), str::parse).context("not a number");
    if name == "*" {
        return Ok(Plan::OneIn { chance: number(100)?.max(1), random: number(1)? | 1 });
    }
    anyhow::ensure!(
        failpoint::NAMES.contains(&name),
        "no such place; there are: {}",
        failpoint::NAMES.join(", ")
    );
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
