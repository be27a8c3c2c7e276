//! A function as Lambda runs one: a process that asks a Runtime API for events, is frozen between them,
//! and killed when it takes too long. The next event finds a new one.
//!
//! - [`Function`]: one execution environment; two of them are two workers
//! - [`Gateway`]: a function's address, for browsers
//! - [`Stack`]: what functions need around them

mod api;
mod gateway;
mod measure;
mod stack;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

pub use gateway::Gateway;
pub use measure::Measured;
pub use stack::{Stack, batch, failures, tick};

use self::api::{Api, Heard};
use crate::process::{Said, listen};

/// The binary, built once.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| crate::process::build(&["--package", "reprise-lambda"], "reprise-lambda"))
}

/// A wall clock in milliseconds, by which functions are told their deadline.
pub type WallClock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// How a function is run.
#[derive(Clone)]
pub struct Config {
    /// The binary.
    pub binary: PathBuf,
    /// All that its environment holds, but for what Lambda adds.
    pub env: Vec<(String, String)>,
    /// How long an event may take, by the clock that the function is told.
    pub time: Duration,
    /// How long it really may; the same, but for functions on a simulated clock.
    pub patience: Duration,
    /// What tells the function the time.
    pub clock: WallClock,
}

impl Config {
    /// Our binary with this environment, on the machine's clock.
    pub fn new(env: Vec<(String, String)>, time: Duration) -> Self {
        Self { binary: binary().to_owned(), env, time, patience: time, clock: machine_clock() }
    }

    /// Sets a variable.
    pub fn set(&mut self, name: &str, value: &str) {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.to_owned(), value.to_owned()));
    }
}

/// The machine's wall clock.
#[expect(
    clippy::disallowed_methods,
    reason = "Lambda is outside of what is tested, and has a clock of its own"
)]
pub fn machine_clock() -> WallClock {
    Arc::new(|| jiff::Timestamp::now().as_millisecond())
}

/// What came of an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Answered {
    /// The function's answer.
    Answer(Value),
    /// The function said that it failed, and why.
    Error(Value),
    /// It said that it cannot begin, and why; the process is gone.
    InitError(Value),
    /// It took too long and was killed, as was everything that it had not finished.
    TimedOut,
    /// It died by itself, of this signal if of one.
    Died(Option<i32>),
}

impl Answered {
    /// The answer, where there must be one.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn answer(self) -> Value {
        match self {
            Self::Answer(answer) => answer,
            other => panic!("the function should have answered: {other:?}"),
        }
    }
}

/// One execution environment of a function.
pub struct Function {
    /// How its next process is run.
    pub config: Config,
    said: Said,
    process: Option<Process>,
    measured: Option<Measured>,
}

struct Process {
    child: Child,
    api: Api,
    /// Lines that tell that it will never answer.
    stalled: mpsc::UnboundedReceiver<String>,
    /// Whoever listens to it.
    ears: Vec<JoinHandle<()>>,
}

impl Function {
    /// A function that nobody has asked yet; `said` hears all that its processes say.
    pub fn new(config: Config, said: &Said) -> Self {
        Self { config, said: said.clone(), process: None, measured: None }
    }

    /// What the start of its last process took.
    pub fn measured(&self) -> Option<Measured> {
        self.measured
    }

    /// Whether a process waits, frozen, for the next event.
    pub fn is_warm(&self) -> bool {
        self.process.is_some()
    }

    /// The process's number while there is one.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().and_then(|process| process.child.id())
    }

    /// Ends its process, as Lambda does with one that was long not needed.
    pub async fn recycle(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill().await;
        }
    }

    /// Starts a process and lets it ask for its first event, which is measured.
    pub async fn start(&mut self) -> Option<Answered> {
        let api = Api::open().await;
        let began = Instant::now();
        let mut process = self.spawn(api);
        let ready = tokio::select! {
            // What it said before it died counts.
            biased;
            heard = process.api.heard() => heard,
            _ = process.child.wait() => return Some(process.bury().await),
        };
        if let Heard::InitError(error) = ready {
            process.bury().await;
            return Some(Answered::InitError(error));
        }
        let pid = process.child.id().expect("it runs");
        self.measured = Some(Measured::of(pid, process.api.first_asked().unwrap_or(began) - began));
        freeze(&process);
        self.process = Some(process);
        None
    }

    fn spawn(&self, api: Api) -> Process {
        let mut child = Command::new(&self.config.binary)
            .env_clear()
            .envs(self.config.env.iter().cloned())
            .env("AWS_LAMBDA_RUNTIME_API", api.address())
            .env("AWS_LAMBDA_FUNCTION_NAME", "reprise")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        let (tell, stalled) = mpsc::unbounded_channel();
        let out = listen(child.stdout.take(), self.said.clone(), None);
        let err = listen(child.stderr.take(), self.said.clone(), Some(tell));
        Process { child, api, stalled, ears: out.into_iter().chain(err).collect() }
    }

    /// Hands the function an event and waits for what comes of it, and until it asks for the next.
    pub async fn invoke(&mut self, event: &Value) -> Answered {
        if self.process.is_none()
            && let Some(failed) = self.start().await
        {
            return failed;
        }
        let mut process = self.process.take().expect("it has been started");
        thaw(&process);
        let deadline_ms =
            (self.config.clock)() + i64::try_from(self.config.time.as_millis()).expect("it is short");
        process.api.hand_out(event, deadline_ms);
        let end = Instant::now() + self.config.patience;
        let ended = timeout_at(end, process.until_it_asks_again()).await;
        match ended {
            Ok(Ok(answer)) => {
                freeze(&process);
                self.process = Some(process);
                answer
            }
            // What was answered counts, whatever became of it afterwards.
            Ok(Err(Gone::Died)) => {
                let answered = process.api.answered();
                let died = process.bury().await;
                answered.unwrap_or(died)
            }
            Ok(Err(Gone::Stalled)) | Err(_) => {
                let answered = process.api.answered();
                process.kill().await;
                answered.unwrap_or(Answered::TimedOut)
            }
        }
    }
}

/// Why nothing more will come.
enum Gone {
    Died,
    Stalled,
}

impl Process {
    /// Waits until it is gone and all that it said is heard; answers how it died.
    async fn bury(mut self) -> Answered {
        let status = self.child.wait().await.expect("a child can be waited for");
        for ear in self.ears {
            let _ = ear.await;
        }
        Answered::Died(std::os::unix::process::ExitStatusExt::signal(&status))
    }

    async fn kill(mut self) {
        self.child.start_kill().expect("a child can be killed");
        self.bury().await;
    }

    async fn until_it_asks_again(&mut self) -> Result<Answered, Gone> {
        loop {
            tokio::select! {
                biased;
                heard = self.api.heard() => match heard {
                    Heard::Asked => {
                        if let Some(answer) = self.api.answered() {
                            return Ok(answer);
                        }
                    }
                    Heard::InitError(_) => return Err(Gone::Died),
                },
                _ = self.child.wait() => return Err(Gone::Died),
                Some(line) = self.stalled.recv() => {
                    if line.starts_with("stalled at ") {
                        return Err(Gone::Stalled);
                    }
                }
            }
        }
    }
}

/// Between events nothing of a function runs.
fn freeze(process: &Process) {
    signal(process, Signal::STOP);
}

fn thaw(process: &Process) {
    signal(process, Signal::CONT);
}

fn signal(process: &Process, signal: Signal) {
    let pid = process.child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
    if let Some(pid) = pid {
        // One that has just died is noticed by whoever waits for it.
        let _ = kill_process(pid, signal);
    }
}
