//! `reprise export --all` and `reprise import --all`: a whole installation in one sealed file.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use indicatif::ProgressBar;
use reprise_core::moving::{self, Counts, Packed, Unpacked};
use reprise_core::ports::Standing;
use serde_json::json;

use crate::house::House;
use crate::out::Out;
use crate::passphrase;
use crate::settings::Settings;

/// Writes everything into `file`, which must not be there yet.
pub(crate) async fn export(
    file: &Path,
    disable: bool,
    passphrase_file: Option<&Path>,
    settings: &Settings,
    out: Out,
) -> anyhow::Result<()> {
    arm(settings)?;
    anyhow::ensure!(
        !file.exists(),
        "{} is there already; name another file, or remove it first",
        file.display()
    );
    let house = House::open(settings).await?;
    let passphrase = passphrase::new(passphrase_file, settings)?;
    if disable {
        let wait = moving::UNDER_WAY.as_secs();
        out.note(format!("This installation stops working now; what is under way may take {wait} s to end."));
    }
    let part = Part::create(file)?;
    let mut to = BufWriter::new(&part.file);
    let bar = out.counter("records written");
    let mut watch = |counts: &Counts| follow(&bar, counts);
    let packed = moving::export(&house.core, &passphrase, moving::ROUNDS, disable, &mut to, &mut watch).await;
    let packed = packed.with_context(|| {
        let closed = if disable { "; this installation does nothing until you do" } else { "" };
        format!("{} was not written: see to it and run the same command again{closed}", file.display())
    })?;
    to.flush().context("the file cannot be written")?;
    drop(to);
    part.finish()?;
    bar.finish_and_clear();
    let Packed { counts, left, without_token } = packed;
    summary(out, &counts);
    for user in &without_token {
        out.note(format!(
            "The stored tokens of listener {user} do not open: they must connect Spotify again."
        ));
    }
    let words = if left {
        "This installation does nothing for its listeners any more. Bring the file in at the new one with `reprise import --all`; only if you do not, take this one back with `reprise import --open --yes`."
    } else {
        "This installation goes on working, so the file is a copy: one made of it waits until you open it. To move, export again with --disable."
    };
    out.say(
        format!("{} holds everything. {words}", file.display()),
        &json!({ "file": file, "counts": counts, "left": left, "without_token": without_token }),
    );
    house.close().await;
    Ok(())
}

/// Brings everything in `file` in.
pub(crate) async fn import(
    file: &Path,
    passphrase_file: Option<&Path>,
    settings: &Settings,
    out: Out,
) -> anyhow::Result<()> {
    arm(settings)?;
    let from = File::open(file).with_context(|| format!("{} cannot be opened", file.display()))?;
    let house = House::open(settings).await?;
    let passphrase = passphrase::known(passphrase_file, settings)?;
    let bar = out.counter("records read");
    let mut from = BufReader::new(from);
    let brought =
        moving::import(&house.core, &passphrase, &mut from, &mut |counts| follow(&bar, counts)).await;
    let brought = brought.with_context(|| format!("{} was not brought in", file.display()))?;
    bar.finish_and_clear();
    let Unpacked { begin, counts, already, before, standing } = brought;
    summary(out, &counts);
    let how = match (before, already) {
        (true, _) => "all of it was brought in before, and nothing was changed".to_owned(),
        (false, 0) => "all of it is new here".to_owned(),
        (false, already) => format!("{already} of these were here already, the same"),
    };
    let words = match &standing {
        Standing::Open { .. } if house.is_local() => format!(
            "This installation works for them from now on: start `reprise serve`. Register exactly this redirect URI in Spotify's developer dashboard: {}",
            house.core.config.redirect_uri()
        ),
        Standing::Open { .. } => "This installation works for them from now on: its functions begin by themselves.".to_owned(),
        _ => "The file is a copy: its original was not closed and may still be at work, so this one waits. When the original is gone for good, run `reprise import --open --yes`.".to_owned(),
    };
    out.say(
        format!(
            "{}, of {} and {}: {how}. {words}",
            file.display(),
            begin.deployment,
            begin.at.strftime("%-d %B %Y")
        ),
        &json!({
            "file": file, "counts": counts, "already": already, "before": before, "from": begin,
            "open": standing.is_open(),
        }),
    );
    house.close().await;
    Ok(())
}

/// Lets the installation work (again).
pub(crate) async fn open(yes: bool, settings: &Settings, out: Out) -> anyhow::Result<()> {
    let house = House::open(settings).await?;
    if !yes && !moving::is_open(&house.core).await? {
        anyhow::bail!(
            "this lets the installation work for its listeners. If another one does so as well, tracks are added twice and tokens may be lost; if none does, say so with --yes"
        );
    }
    moving::open(&house.core).await?;
    out.say("this installation works", &json!({ "open": true }));
    house.close().await;
    Ok(())
}

fn arm(settings: &Settings) -> anyhow::Result<()> {
    match &settings.test.kill {
        Some(setting) => Ok(reprise_core::machine::arm(setting)?),
        None => Ok(()),
    }
}

fn follow(bar: &ProgressBar, counts: &Counts) {
    bar.set_position(counts.total());
}

fn summary(out: Out, counts: &Counts) {
    for (kind, count) in counts.words() {
        out.note(format!("{count:>8}  {kind}"));
    }
}

/// A file that has its name only when it is whole.
struct Part {
    file: File,
    path: PathBuf,
    whole: PathBuf,
    done: bool,
}

impl Part {
    /// Creates it beside its later name, for its owner only.
    fn create(whole: &Path) -> anyhow::Result<Self> {
        let mut path = whole.as_os_str().to_owned();
        path.push(".part");
        let path = PathBuf::from(path);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        // Left by an export that was killed.
        let _ = std::fs::remove_file(&path);
        let file = options.open(&path).with_context(|| {
            format!("{} cannot be created; name a file in a folder that you may write to", path.display())
        })?;
        Ok(Self { file, path, whole: whole.to_owned(), done: false })
    }

    fn finish(mut self) -> anyhow::Result<()> {
        let folder = self.whole.parent().filter(|folder| !folder.as_os_str().is_empty());
        let named = self
            .file
            .sync_all()
            .and_then(|()| std::fs::rename(&self.path, &self.whole))
            .and_then(|()| File::open(folder.unwrap_or(Path::new(".")))?.sync_all());
        named.with_context(|| format!("{} cannot be written", self.whole.display()))?;
        self.done = true;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.done {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
