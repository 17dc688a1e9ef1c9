//! The harness of the end-to-end tests: the real binary, real pipes, a real HTTPS bridge, real components.
//!
//! It knows nothing of the host's code. `cargo xtask build` builds what it needs: the binary next to the test
//! executables, the first-party plugins in `target/plugins`, the plugins of the tests in `target/guests`. The command
//! `cargo xtask test --only examples` builds the examples in `target/examples`.
//!
//! Tests wait for states, never for time. Every wait searches all that has happened so far, so that it misses nothing,
//! and fails after [`WAIT_TIMEOUT`] with what it had seen.
//!
//! ```no_run
//! # async fn story() -> anyhow::Result<()> {
//! use lamplighter_tests::{Era, Setup, guest};
//! use serde_json::json;
//!
//! let (server, client) = Setup::new().guest("echo")?.connect(Era::Modern).await?;
//! client.call("echo", json!({"text": "hello", "count": 1})).await?;
//! server.plugins.put("swap", &guest("swap_v1")?)?;
//! server.loaded("swap").await?;
//! # Ok(()) }
//! ```

mod artifacts;
mod client;
pub mod figures;
mod home;
mod journal;
mod log;
mod plugins;
pub mod raw;
mod server;
mod setup;
mod terminal;
mod vitals;

pub use artifacts::{binary, built_example, example, example_project, first_party, guest, stamped};
pub use client::{Client, Era, RpcError, wait_for_response};
pub use home::Home;
pub use journal::Journal;
pub use log::{Entry, Log};
pub use plugins::{Plugins, digest};
pub use raw::RawPlugin;
pub use server::{PausedCompiler, Server};
pub use setup::Setup;
pub use terminal::{CommandOutput, RunningCommand, Terminal};
pub use vitals::Vitals;

use std::time::Duration;

/// The longest wait for a state that must come: long enough for a machine that is busy with everything else.
pub const WAIT_TIMEOUT: Duration = Duration::from_secs(90);

/// The pause that [`poll_until`] makes between two looks.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Waits for a state that sends no event, by polling until `look` returns a value.
pub async fn poll_until<T>(what: &str, look: impl Fn() -> Option<T>) -> anyhow::Result<T> {
    let found = async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    };
    tokio::time::timeout(WAIT_TIMEOUT, found).await.map_err(|_| anyhow::anyhow!("waited {WAIT_TIMEOUT:?} for {what}"))
}
