//! `lamplighter bridge`: shows and manages the paired bridges.

mod migration;

use std::process::ExitCode;

use clap::Subcommand;
use hue_bridge::Identity;

use super::text;
use crate::config::{Bridges, DefaultPaths, Store, StoreError, StoredBridge};
use migration::{MoveArgs, MoveError};

/// Defines the commands of `bridge`.
#[derive(Debug, Subcommand)]
pub(crate) enum BridgeCommand {
    /// Show the stored bridges, the default marked by *
    List,
    /// Make a bridge the one that is used unless another is named
    Default {
        /// The bridge
        #[arg(value_name = "NAME-OR-ID")]
        bridge: String,
    },
    /// Follow a home that was moved to another bridge, such as a Bridge Pro
    Move(MoveArgs),
    /// Forget a bridge and its key
    ///
    /// The bridge itself still knows the key: it can be taken back only at account.meethue.com, under your apps.
    Forget {
        /// The bridge
        #[arg(value_name = "NAME-OR-ID")]
        bridge: String,
    },
}

/// Runs a command of `bridge`.
pub(crate) async fn run(command: &BridgeCommand) -> ExitCode {
    let Some(store) = DefaultPaths::of_user().bridges_file.map(Store::at) else {
        return text::report_failure("bridge", "this user has no home folder to store bridges in");
    };
    let done = match command {
        BridgeCommand::List => store.read().map(|bridges| list(&store, &bridges)).map_err(StoreError::from),
        BridgeCommand::Default { bridge } => {
            store.change(|bridges| bridges.set_default(bridge)).map(|bridge| report_default(&bridge))
        }
        BridgeCommand::Move(args) => match migration::move_home(&store, args).await {
            Err(MoveError::Store(error)) => Err(error),
            Err(error) => return text::report_failure("bridge move", error),
            Ok(()) => Ok(()),
        },
        BridgeCommand::Forget { bridge } => {
            store.change(|bridges| bridges.forget(bridge)).map(|bridge| report_forgotten(&bridge))
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error @ (StoreError::Content(_) | StoreError::Lookup { .. })) => text::report_misuse("bridge", error),
        Err(error) => text::report_failure("bridge", error),
    }
}

fn list(store: &Store, bridges: &Bridges) {
    if bridges.is_empty() {
        note!("No bridge is stored yet. Next: lamplighter pair");
        return;
    }
    let default = bridges.default_bridge().map(|bridge| bridge.id.as_str());
    let row = |bridge: &StoredBridge| {
        vec![
            if default == Some(bridge.id.as_str()) { "*" } else { "" }.to_owned(),
            text::sanitize(&bridge.name),
            bridge.id.clone(),
            bridge.host.clone(),
            if matches!(bridge.identity, Identity::Pinned(_)) { "its own, pinned" } else { "Signify" }.to_owned(),
        ]
    };
    let rows: Vec<_> = bridges.all().map(row).collect();
    text::print_table(&["", "NAME", "ID", "ADDRESS", "CERTIFICATE"], &rows);
    note!("\nStored in {}", store.path().display());
}

fn report_default(bridge: &StoredBridge) {
    note!("{} ({}) is the default bridge now.", text::sanitize(&bridge.name), bridge.id);
}

fn report_forgotten(bridge: &StoredBridge) {
    note!(
        "{} ({}) is forgotten here. The bridge still knows the key; take it back at account.meethue.com if you want to.",
        text::sanitize(&bridge.name),
        bridge.id
    );
}
