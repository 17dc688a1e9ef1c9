//! `lamplighter demo`: a guided tour with a simulated home, the real server in a process of its own, and an MCP client that
//! shows what an assistant would see.
//!
//! The tour reads the lamps from the simulator, not from the server, and checks what it claims: the first claim that does
//! not hold ends the tour with what was expected.
//!
//! - `tour`: the stops, in order
//! - `session`: an MCP client on the pipes of the server
//! - `lamps`: the home as the simulator has it
//! - `snippets`: the configuration to paste into a client
//! - `page`: the printed text

pub(super) mod lamps;
mod page;
mod session;
mod snippets;
mod tour;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use hue_bridge_sim::Simulator;

use self::page::TourPage;
use self::session::DemoSession;
use self::tour::Tour;
use super::DemoArgs;
use super::scratch::Scratch;

/// The application key that the simulated bridge accepts.
const DEMO_KEY: &str = "demo-application-key";
/// The number of lines of the server's log that are shown when the tour fails.
const LOG_TAIL_LINES: usize = 12;

/// Runs the tour; an error is the first claim that did not hold.
pub(crate) async fn run(args: &DemoArgs) -> Result<()> {
    let plugins = plugins_folder(args.plugins.as_deref())?;
    let bridge = Simulator::builder().application_key(DEMO_KEY).start().await?;
    let files = DemoFiles::new(&plugins)?;
    let binary = std::env::current_exe().context("cannot tell where this program lies")?;
    let session =
        DemoSession::start(&binary, &files.scratch.plugins(), files.log(), variables(&bridge, &files)).await?;

    let scratch = &files.scratch;
    let mut tour = Tour { page: TourPage::new(), bridge: &bridge, session, scratch, swap: args.swap.as_deref() };
    let shown = tour.show().await;
    let ended = tour.session.end().await;
    match shown.and(ended) {
        // The reader of stdout is gone, and nothing is wrong with the server.
        Err(error) if super::is_broken_pipe(&error) => return Err(error),
        Err(error) => bail!("{error:#}\n\nThe server's log ends with:\n{}", files.log_tail()),
        Ok(()) => {}
    }
    snippets::print(&mut tour.page, &binary, &plugins)?;
    bridge.shutdown().await;
    Ok(())
}

/// Returns the plugins folder beside this program, if it holds the first-party plugins.
pub(super) fn bundled_plugins() -> Option<PathBuf> {
    let binary = std::env::current_exe().ok()?;
    let folders = [binary.parent()?.join("plugins"), binary.parent()?.parent()?.join("plugins")];
    folders.into_iter().find(|folder| folder.join("lights.wasm").exists())
}

/// Returns the plugins folder that was given, or the one beside this program.
fn plugins_folder(given: Option<&Path>) -> Result<PathBuf> {
    let folder = given.map(Path::to_owned).or_else(bundled_plugins);
    let folder = folder.context("the demo needs the plugins: give their folder with --plugins DIR")?;
    ensure!(folder.join("lights.wasm").exists(), "there is no lights.wasm in {}", folder.display());
    folder.canonicalize().with_context(|| format!("cannot read {}", folder.display()))
}

/// The files of the demo's server: copies of the plugins, so that the tour can change them, a configuration and a log.
struct DemoFiles {
    scratch: Scratch,
}

impl DemoFiles {
    fn new(plugins: &Path) -> Result<Self> {
        let files = Self { scratch: Scratch::new()? };
        std::fs::write(files.config(), "")?;
        for entry in plugins.read_dir().with_context(|| format!("cannot read {}", plugins.display()))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "wasm") {
                files.scratch.copy_plugin(&path)?;
            }
        }
        Ok(files)
    }

    /// Returns the path of an empty configuration, which hides the user's own.
    fn config(&self) -> PathBuf {
        self.scratch.file("config.toml")
    }

    /// Returns the path of the server's log.
    fn log(&self) -> PathBuf {
        self.scratch.file("server.log")
    }

    /// Returns the last lines of the server's log.
    fn log_tail(&self) -> String {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n")
    }
}

/// Returns the environment variables that describe the simulated bridge to the server, as they would a real one.
fn variables(bridge: &Simulator, files: &DemoFiles) -> Vec<(&'static str, OsString)> {
    let fingerprint = hue_bridge::Fingerprint::of(bridge.certificate_der());
    vec![
        ("LAMPLIGHTER_CONFIG", files.config().into()),
        ("LAMPLIGHTER_BRIDGE_HOST", bridge.address().to_string().into()),
        ("LAMPLIGHTER_BRIDGE_ID", bridge.bridge_id().into()),
        ("LAMPLIGHTER_BRIDGE_KEY", DEMO_KEY.into()),
        ("LAMPLIGHTER_BRIDGE_CERTIFICATE", fingerprint.to_string().into()),
    ]
}
