//! The `reprise` binary as a child process.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// The binary, built once.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| build(&["--package", "reprise", "--features", "aws"], "reprise"))
}

/// Builds a binary with these arguments for cargo, unless `REPRISE_BUILT` says that all are built;
/// answers where it is.
pub(crate) fn build(args: &[&str], name: &str) -> PathBuf {
    if std::env::var_os("REPRISE_BUILT").is_none() {
        let built = std::process::Command::new(env!("CARGO")).args(["build", "--quiet"]).args(args).status();
        assert!(built.expect("cargo runs").success(), "{name} does not build");
    }
    // target/debug/deps/this-test: the binary is beside `deps`.
    let mut dir = std::env::current_exe().expect("a running test has a path");
    dir.pop();
    dir.pop();
    dir.join(name)
}

/// Everything that processes have said, on either stream.
#[derive(Debug, Clone, Default)]
pub struct Said(Arc<Mutex<String>>);

impl Said {
    fn hear(&self, line: &str) {
        let mut text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        text.push_str(line);
        text.push('\n');
    }

    /// All of it.
    pub fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// No secret in it.
    ///
    /// # Panics
    ///
    /// If there is one.
    pub fn assert_no_canary(&self) {
        let said = self.text();
        for canary in ["BQsim-at-", "AQsim-rt-", "AQsim-code-", "CANARY-"] {
            assert!(!said.contains(canary), "{canary} was said");
        }
    }
}

/// A running `reprise serve`.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where it listens.
    pub url: String,
}

impl Server {
    /// Starts the binary and waits until it listens; `None` if it died before.
    pub async fn start(env: &[(String, String)], said: &Said) -> Option<Self> {
        Self::start_from(binary(), env, said).await
    }

    /// The same with a binary that was built elsewhere.
    pub async fn start_from(binary: &Path, env: &[(String, String)], said: &Said) -> Option<Self> {
        let mut child = Command::new(binary)
            .arg("serve")
            .env_clear()
            .envs(env.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        let (tell, mut lines) = mpsc::unbounded_channel();
        listen(child.stdout.take(), said.clone(), Some(tell));
        listen(child.stderr.take(), said.clone(), None);
        while let Some(line) = lines.recv().await {
            if let Some(url) = line.strip_prefix("listening on ") {
                return Some(Self { child, url: url.to_owned() });
            }
        }
        // Gone before it listened; its end is awaited, so that nothing of it is left.
        let _ = child.wait().await;
        None
    }

    /// Waits until it is gone.
    pub async fn gone(&mut self) {
        self.child.wait().await.expect("a child can be waited for");
    }

    /// Whether it has died, and by which signal.
    pub fn death(&mut self) -> Option<Option<i32>> {
        let status = self.child.try_wait().expect("a child can be waited for")?;
        Some(std::os::unix::process::ExitStatusExt::signal(&status))
    }

    /// SIGKILL, and waits until it is gone.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("a child can be killed");
    }

    /// Its number among processes, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Resident memory in kilobytes.
    pub fn resident_kb(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }
}

/// Runs a command of the binary to its end; answers its standard output, or standard error where it
/// failed.
pub async fn command(env: &[(String, String)], args: &[&str], said: &Said) -> Result<String, String> {
    let mut command = Command::new(binary());
    command.args(args).env_clear().envs(env.iter().cloned()).stdin(Stdio::null());
    let output = command.output().await.expect("the binary starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    said.hear(&stdout);
    said.hear(&stderr);
    if output.status.success() { Ok(stdout) } else { Err(stderr) }
}

/// Hears all of a stream, and tells each line; the task ends with the stream.
pub(crate) fn listen(
    stream: Option<impl AsyncRead + Unpin + Send + 'static>,
    said: Said,
    tell: Option<mpsc::UnboundedSender<String>>,
) -> Option<JoinHandle<()>> {
    let stream = stream?;
    Some(tokio::spawn(async move {
        let mut lines = BufReader::new(stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            said.hear(&line);
            if let Some(tell) = &tell {
                let _ = tell.send(line);
            }
        }
    }))
}
