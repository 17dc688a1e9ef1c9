//! `lamplighter demo`: a guided tour. A simulated home, the real server in a process of its own, and an MCP client that
//! shows what an assistant would see.
//!
//! What it says of lamps it has from the simulator, not from the server; and what it says must hold: the first thing
//! that does not ends the tour with what was expected.
//!
//! - `tour`: the stops, in order
//! - `session`: an MCP client on the pipes of the server
//! - `lamps`: the home as the simulator has it
//! - `snippets`: what to paste into a client
//! - `page`: how it is printed

pub(super) mod lamps;
mod page;
mod session;
mod snippets;
mod tour;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use hue_bridge_sim::Simulator;
use tempfile::TempDir;

use self::page::Page;
use self::session::Session;
use self::tour::Tour;
use super::DemoArgs;

/// The key that the simulated bridge knows its one client by.
const KEY: &str = "demo-application-key";

/// Shows everything and ends well, or ends with what did not hold.
pub(crate) async fn run(args: &DemoArgs) -> Result<()> {
    let plugins = plugins(args.plugins.as_deref())?;
    let bridge = Simulator::builder().application_key(KEY).start().await?;
    let stage = Stage::new(&plugins)?;
    let binary = std::env::current_exe().context("cannot tell where this program lies")?;
    let session = Session::start(&binary, &stage.folder(), stage.log(), variables(&bridge, &stage)).await?;

    let mut tour = Tour { page: Page::new(), bridge: &bridge, session, stage: &stage, swap: args.swap.as_deref() };
    let shown = tour.show().await;
    let ended = tour.session.end().await;
    if let Err(error) = shown {
        // Nobody looks on, and nothing is wrong with the server.
        if super::is_broken_pipe(&error) {
            return Err(error);
        }
        bail!("{error:#}\n\nThe server's log ends with:\n{}", stage.last_words());
    }
    if let Err(error) = ended {
        bail!("{error:#}\n\nThe server's log ends with:\n{}", stage.last_words());
    }
    snippets::print(&mut tour.page, &binary, &plugins)?;
    bridge.shutdown().await;
    Ok(())
}

/// The folder of plugins beside this program, if it is that of the first-party ones.
pub(super) fn beside() -> Option<PathBuf> {
    let binary = std::env::current_exe().ok()?;
    let folders = [binary.parent()?.join("plugins"), binary.parent()?.parent()?.join("plugins")];
    folders.into_iter().find(|folder| folder.join("lights.wasm").exists())
}

/// The folder of plugins that was given, or the one beside this program.
fn plugins(given: Option<&Path>) -> Result<PathBuf> {
    let folder = given.map(Path::to_owned).or_else(beside);
    let folder = folder.context("the demo needs the plugins: give their folder with --plugins DIR")?;
    ensure!(folder.join("lights.wasm").exists(), "there is no lights.wasm in {}", folder.display());
    folder.canonicalize().with_context(|| format!("cannot read {}", folder.display()))
}

/// A temporary folder with copies of the plugins, so that the tour can change them.
struct Stage {
    root: TempDir,
}

impl Stage {
    fn new(plugins: &Path) -> Result<Self> {
        let root = TempDir::with_prefix("lamplighter-demo-").context("cannot make a temporary folder")?;
        let stage = Self { root };
        std::fs::create_dir(stage.folder())?;
        std::fs::write(stage.config(), "")?;
        for entry in plugins.read_dir().with_context(|| format!("cannot read {}", plugins.display()))? {
            let path = entry?.path();
            if let (Some(name), Some("wasm")) = (path.file_name(), path.extension().and_then(OsStr::to_str)) {
                stage.put(&path, name)?;
            }
        }
        Ok(stage)
    }

    /// What the server watches.
    fn folder(&self) -> PathBuf {
        self.root.path().join("plugins")
    }

    /// Moves a copy of a file into the folder, whole.
    fn put(&self, file: &Path, name: &OsStr) -> Result<()> {
        let aside = self.root.path().join("aside");
        std::fs::copy(file, &aside).with_context(|| format!("cannot copy {}", file.display()))?;
        std::fs::rename(&aside, self.folder().join(name)).context("cannot move a plugin into its folder")
    }

    /// A configuration with nothing in it, so that the user's own does not show.
    fn config(&self) -> PathBuf {
        self.root.path().join("config.toml")
    }

    /// Where the server's log goes.
    fn log(&self) -> PathBuf {
        self.root.path().join("server.log")
    }

    /// The end of the server's log.
    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }
}

/// What leads the server to the simulated bridge, as it would lead it to a real one.
fn variables(bridge: &Simulator, stage: &Stage) -> Vec<(&'static str, OsString)> {
    let fingerprint = hue_bridge::Fingerprint::of(bridge.certificate_der());
    vec![
        ("LAMPLIGHTER_CONFIG", stage.config().into()),
        ("LAMPLIGHTER_BRIDGE_HOST", bridge.address().to_string().into()),
        ("LAMPLIGHTER_BRIDGE_ID", bridge.bridge_id().into()),
        ("LAMPLIGHTER_BRIDGE_KEY", KEY.into()),
        ("LAMPLIGHTER_BRIDGE_CERTIFICATE", fingerprint.to_string().into()),
    ]
}
