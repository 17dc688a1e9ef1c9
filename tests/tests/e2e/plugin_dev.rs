//! `lamplighter plugin dev` rebuilds and serves a plugin whenever its author saves.
//!
//! The project's build is a shell script that copies a component, so that the tests need no toolchain.

use std::path::PathBuf;

use anyhow::{Context, Result};
use lamplighter_tests::{Client, Era, RunningCommand, Terminal, first_party, guest};
use serde_json::json;

/// An author with a project whose build is a script, and an empty folder of other plugins.
struct Author {
    terminal: Terminal,
}

impl Author {
    /// Makes a project whose script copies this component.
    fn new(component: &[u8]) -> Result<Self> {
        let author = Self { terminal: Terminal::new()? };
        for folder in ["project", "others", "components"] {
            std::fs::create_dir(author.terminal.home().join(folder))?;
        }
        author.save(component)?;
        Ok(author)
    }

    /// Saves a script that copies this component.
    fn save(&self, component: &[u8]) -> Result<()> {
        let name = lamplighter_tests::digest(component);
        let file = self.terminal.home().join("components").join(name);
        std::fs::write(&file, component)?;
        self.save_script(&format!("cp {} blinker.wasm", file.display()))
    }

    fn save_script(&self, script: &str) -> Result<()> {
        // Like most editors, it writes a file beside the old one and renames it.
        let aside = self.project().join(".build.sh.new");
        std::fs::write(&aside, script)?;
        std::fs::rename(aside, self.project().join("build.sh")).context("cannot save")
    }

    fn project(&self) -> PathBuf {
        self.terminal.home().join("project")
    }

    fn arguments(&self, more: &[&str]) -> Vec<String> {
        let folder = |name: &str| self.terminal.home().join(name).display().to_string();
        let dev = ["plugin", "dev", &folder("project"), "--plugins", &folder("others"), "--build", "sh build.sh"];
        dev.iter().chain(more).map(|&argument| argument.to_owned()).collect()
    }

    fn develops(&self, more: &[&str]) -> Result<RunningCommand> {
        let arguments = self.arguments(more);
        self.terminal.start(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    async fn serves(&self) -> Result<(RunningCommand, Client)> {
        let arguments = self.arguments(&["--serve"]);
        let (running, client) =
            self.terminal.start_server(&arguments.iter().map(String::as_str).collect::<Vec<_>>())?;
        client.open(Era::Modern).await?;
        Ok((running, client))
    }
}

#[tokio::test]
async fn what_is_saved_is_built_and_loaded() -> Result<()> {
    let author = Author::new(&guest("swap_v1")?)?;
    let dev = author.develops(&["--call", "swap_version"])?;
    let loaded = dev.prints("#1 loaded").await?;
    assert!(loaded.contains("blinker, ") && loaded.contains("1 tool"), "{loaded}");
    dev.prints("tool     swap_version()").await?;
    dev.prints("call     swap_version {}").await?;

    author.save(&guest("swap_v2")?)?;
    dev.prints("#2 build.sh changed, building").await?;
    dev.prints("#2 loaded").await?;
    // What is built is no source: after the third round nothing is built until something is saved.
    author.save(&guest("swap_v1")?)?;
    dev.prints("#3 loaded").await?;
    dev.signal("INT")?;
    let told = dev.end().await?.succeeded()?;
    assert_eq!(told.stdout.matches("building …").count(), 3, "{}", told.stdout);
    Ok(())
}

#[tokio::test]
async fn a_build_that_fails_shows_why_and_what_goes_on() -> Result<()> {
    let author = Author::new(&guest("swap_v1")?)?;
    author.save_script("echo no such word; echo in line 7 >&2; exit 3")?;
    let dev = author.develops(&[])?;
    dev.prints("#1 the build failed (exit status: 3); nothing of it is served yet").await?;
    dev.prints("| no such word").await?;
    dev.prints("| in line 7").await?;
    author.save(&guest("swap_v1")?)?;
    dev.prints("#2 loaded").await?;
    author.save_script("exit 1")?;
    dev.prints("#3 the build failed (exit status: 1); #2 goes on").await?;
    Ok(())
}

#[tokio::test]
async fn a_component_that_is_refused_is_told_with_the_reason() -> Result<()> {
    let author = Author::new(b"no component")?;
    let dev = author.develops(&[])?;
    dev.prints("#1 refused: this is not WebAssembly").await?;
    author.save(&guest("bad_schema")?)?;
    dev.prints("#2 refused: tool ").await?;
    author.save_script("rm blinker.wasm")?;
    dev.prints("#3 refused: the build ended well, but it left no .wasm file").await?;
    author.save(&guest("swap_v1")?)?;
    dev.prints("#4 loaded").await?;
    Ok(())
}

#[tokio::test]
async fn a_call_after_each_load_shows_what_it_answers_and_which_lamps_changed() -> Result<()> {
    let author = Author::new(&first_party("lights")?)?;
    let arguments = r#"{"light": "desk lamp", "action": "on", "brightness_pct": 40}"#;
    let dev = author.develops(&["--name", "lights", "--call", "hue_control_light", arguments])?;
    dev.prints("Desk lamp: on, 40 %").await?;
    let lamp = dev.prints("lamp     Desk lamp: ").await?;
    assert!(lamp.contains(" → on, 40 %"), "{lamp}");
    Ok(())
}

/// Starts a call that would take ten minutes, and returns while it runs.
async fn sleeping() -> Result<(Author, RunningCommand)> {
    let author = Author::new(&guest("sleeper")?)?;
    let dev = author.develops(&["--call", "sleep", r#"{"ms": 600000}"#])?;
    dev.says("asleep").await?;
    Ok((author, dev))
}

#[tokio::test]
async fn a_save_ends_the_call_that_is_under_way() -> Result<()> {
    let (author, dev) = sleeping().await?;
    author.save_script("exit 1")?;
    dev.prints("ended    early, after ").await?;
    dev.prints("#2 the build failed").await?;
    Ok(())
}

#[tokio::test]
async fn ctrl_c_ends_the_call_that_is_under_way() -> Result<()> {
    let (_author, dev) = sleeping().await?;
    dev.signal("INT")?;
    let told = dev.end().await?.succeeded()?;
    assert!(told.stdout.contains("ended    early, after "), "{}", told.stdout);
    Ok(())
}

#[tokio::test]
async fn a_client_that_is_connected_has_the_new_version_at_once() -> Result<()> {
    let author = Author::new(&guest("swap_v1")?)?;
    let (dev, client) = author.serves().await?;
    dev.says("#1 loaded").await?;
    let version = async || -> Result<_> {
        let answer = client.call("swap_version", json!({})).await?;
        Ok(answer["structuredContent"]["version"].clone())
    };
    assert_eq!(version().await?, 1);
    client.subscribe_to_tools().await?;
    let mark = client.mark();
    author.save(&guest("swap_v2")?)?;
    client.notification("notifications/tools/list_changed", mark).await?;
    assert_eq!(version().await?, 2);

    author.save_script("echo broken >&2; exit 1")?;
    dev.says("| broken").await?;
    assert_eq!(version().await?, 2, "what was served goes on");
    assert!(client.lines().iter().all(Result::is_ok), "stdout carries MCP and nothing else");
    client.close().await;
    dev.end().await?.succeeded()?;
    Ok(())
}

#[tokio::test]
async fn ctrl_c_ends_a_build_that_is_under_way_with_all_it_began() -> Result<()> {
    let author = Author::new(b"")?;
    let file = author.terminal.home().join("child");
    author.save_script(&format!("sleep 1000 & echo $! > {0}.new; mv {0}.new {0}; wait", file.display()))?;
    let dev = author.develops(&[])?;
    dev.prints("#1 building").await?;
    let begun = || std::fs::read_to_string(&file).ok();
    let child = lamplighter_tests::poll_until("the build to begin", begun).await?;
    let child = PathBuf::from("/proc").join(child.trim());
    assert!(child.exists());
    dev.signal("INT")?;
    dev.end().await?.succeeded()?;
    // A zombie is no process any more; who inherits it may take a moment to notice.
    let is_over = || {
        let stat = std::fs::read_to_string(child.join("stat")).unwrap_or_default();
        (stat.is_empty() || stat.contains(") Z ")).then_some(())
    };
    lamplighter_tests::poll_until("the build's own child to end", is_over).await
}

#[tokio::test]
async fn a_folder_that_is_no_project_is_wrong_usage() -> Result<()> {
    let terminal = Terminal::new()?;
    let folder = terminal.home().display().to_string();
    let told = terminal.run(&["plugin", "dev", &folder]).await?;
    assert!(told.code == Some(2) && told.stderr.contains("--build"), "{}", told.text());
    let told = terminal.run(&["plugin", "dev", &folder, "--build", "true", "--call", "x", "no json"]).await?;
    assert!(told.code == Some(2) && told.stderr.contains("JSON object"), "{}", told.text());
    Ok(())
}
