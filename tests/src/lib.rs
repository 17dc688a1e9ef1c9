//! The harness of the end-to-end tests: the real binary, real pipes, a real HTTPS bridge, real components.
//!
//! It knows nothing of the host's code. What it needs is built by `cargo xtask build`: the binary next to the test
//! executables, the first-party plugins in `target/plugins`, the plugins of the tests in `target/guests`. The examples in
//! `target/examples` are built by `cargo xtask test --only examples`.
//!
//! Tests wait for states, never for time: every wait looks at all that has happened so far, so nothing is missed between
//! two looks, and gives up after [`PATIENCE`] with what it had seen.
//!
//! ```no_run
//! # async fn story() -> anyhow::Result<()> {
//! use lamplighter_tests::{Era, Setup, guest};
//! use serde_json::json;
//!
//! let server = Setup::new().guest("echo")?.start().await?;
//! let client = server.connect(Era::Modern).await?;
//! client.call("echo", json!({"text": "hello", "count": 1})).await?;
//! server.plugins.put("swap", &guest("swap_v1")?)?;
//! server.loaded("swap").await?;
//! # Ok(()) }
//! ```

mod artifacts;
mod client;
mod home;
mod journal;
mod log;
mod plugins;
pub mod raw;
mod server;
mod setup;
mod terminal;

pub use artifacts::{binary, built_example, example, example_project, first_party, guest, stamped};
pub use client::{Client, Era, Failure};
pub use home::Home;
pub use journal::Journal;
pub use log::{Entry, Log};
pub use plugins::{Plugins, digest};
pub use raw::Raw;
pub use server::Server;
pub use setup::Setup;
pub use terminal::{Outcome, Running, Terminal};

use std::time::Duration;

/// Waits for something outside that cannot be listened to, by looking again and again.
pub async fn until<T>(what: &str, look: impl Fn() -> Option<T>) -> anyhow::Result<T> {
    let found = async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, found).await.map_err(|_| anyhow::anyhow!("waited {PATIENCE:?} for {what}"))
}

/// How long a test waits for a state that must come: long enough for a machine that is busy with everything else.
pub const PATIENCE: Duration = Duration::from_secs(90);
