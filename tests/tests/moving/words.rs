//! What the commands say when something is wrong, and whom they ask for the passphrase.

use std::process::Stdio;

use reprise_tests::process::binary;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use crate::homes::{Files, PASSPHRASE, assert_same};
use crate::street::{Street, ok, refused};

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_command_or_file_says_the_way_out() {
    let street = Street::new().await;
    let (old, new) = (Files::furnished(23, 2).await, Files::new());
    let (from, to) = (street.files(&old), street.files(&new));
    let path = |name: &str| old.path(name).display().to_string();
    let file = path("house.reprise");
    ok(&from, &["export", "--all", &file]).await;
    let whole = std::fs::read(&file).unwrap();
    let spoil = |name: &str, bytes: &[u8]| {
        std::fs::write(old.path(name), bytes).unwrap();
        path(name)
    };
    let mut flipped = whole.clone();
    let middle = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(4).unwrap().0;
    flipped[middle + 9] ^= 1;
    let newer = String::from_utf8(whole.clone()).unwrap().replacen(" v1 ", " v7 ", 1);
    for (name, bytes, hint) in [
        ("cut", &whole[..whole.len() / 2], "copy the whole of it again, or export anew"),
        ("flipped", &flipped, "line 6 does not open"),
        ("newer", newer.as_bytes(), "(format v7, this one reads v1): update this one"),
        ("other", b"SQLite format 3\0", "name the file that `reprise export --all` wrote"),
    ] {
        let said = refused(&to, &["import", "--all", &spoil(name, bytes)]).await;
        assert!(said.contains(hint) && said.contains("was not brought in"), "{name}: {said}");
    }
    assert!(new.inventory().await.is_empty(), "spoiled files bring nothing");
    let mut unlike = to.clone();
    unlike.retain(|(name, _)| name != "REPRISE_EXPORT_PASSPHRASE");
    let said = refused(&unlike, &["import", "--all", &file]).await;
    assert!(said.contains("REPRISE_EXPORT_PASSPHRASE") && said.contains("--passphrase-file"), "{said}");
    let other = spoil("passphrase", b"another passphrase\n");
    let said = refused(&unlike, &["import", "--all", &file, "--passphrase-file", &other]).await;
    assert!(said.contains("this is not the file's passphrase"), "{said}");
    let short = spoil("short", b"too short");
    let said = refused(&from, &["export", "--all", &path("new"), "--passphrase-file", &short]).await;
    assert!(said.contains("at least 12"), "{said}");
    let said = refused(&from, &["export", "--all", &file]).await;
    assert!(said.contains("is there already"), "{said}");
    assert!(refused(&to, &["import"]).await.contains("--all"));
    assert!(refused(&to, &["export", "--all"]).await.contains("FILE"));
    let said = refused(&to, &["import", "--all", "/nowhere/at/all"]).await;
    assert!(said.contains("cannot be opened"), "{said}");
    // And after all that, the right one.
    let right = spoil("right", PASSPHRASE.as_bytes());
    ok(&unlike, &["import", "--all", &file, "--passphrase-file", &right]).await;
    assert_same(&old.inventory().await, &new.inventory().await);
}

/// Runs a command at a terminal of its own and types `lines` there; answers what the screen showed.
async fn at_a_terminal(env: &[(String, String)], command: &str, lines: &[&str]) -> (bool, String) {
    let command = format!("{} {command}", binary().display());
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .envs(env.iter().filter(|(name, _)| name != "REPRISE_EXPORT_PASSPHRASE").cloned())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script, of util-linux, makes a terminal");
    let (mut keyboard, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut shown = String::new();
    let mut typed = 0;
    let mut bytes = [0; 4096];
    loop {
        let count = screen.read(&mut bytes).await.unwrap();
        if count == 0 {
            break;
        }
        shown.push_str(&String::from_utf8_lossy(&bytes[..count]));
        // Each question ends so, and is answered once.
        if shown.matches("): ").count() + shown.matches("again: ").count() > typed && typed < lines.len() {
            keyboard.write_all(format!("{}\n", lines[typed]).as_bytes()).await.unwrap();
            typed += 1;
        }
    }
    (child.wait().await.unwrap().success(), shown)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passphrase_is_asked_for_twice_and_never_shown() {
    let street = Street::new().await;
    let old = Files::furnished(24, 1).await;
    let env = street.files(&old);
    let export = |name: &str| format!("export --all {}", old.path(name).display());
    let (done, shown) = at_a_terminal(&env, &export("typo"), &[PASSPHRASE, "four words are not"]).await;
    assert!(!done && shown.contains("two different passphrases"), "{shown}");
    assert!(!old.path("typo").exists());
    let (done, shown) = at_a_terminal(&env, &export("house"), &[PASSPHRASE, PASSPHRASE]).await;
    assert!(done && shown.contains("holds everything"), "{shown}");
    assert!(!shown.contains(PASSPHRASE), "{shown}");
    // What was typed opens it.
    let new = Files::new();
    let house = old.path("house").display().to_string();
    ok(&street.files(&new), &["import", "--all", &house]).await;
    assert_same(&old.inventory().await, &new.inventory().await);
}
