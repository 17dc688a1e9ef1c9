//! `lamplighter plugin`: what an author and an operator do with a plugin's file.

mod approve;
mod call;
mod check;
mod list;
mod table;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand, ValueEnum};

use crate::{
    approval::Pin,
    config::{self, Config, Flags, Places},
    logging,
};

/// Exit code of wrong usage or configuration.
const WRONG: u8 = 2;

/// What to do with plugins.
#[derive(Debug, Args)]
pub(crate) struct PluginArgs {
    #[command(subcommand)]
    command: PluginCommand,
    /// Read this configuration file instead of your own
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Look at the plugins (*.wasm) of this folder
    #[arg(long, value_name = "DIR", global = true)]
    plugins: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum PluginCommand {
    /// Say what a file is, what it would need to be granted, and what is wrong with it
    Check {
        /// The component
        file: PathBuf,
        /// Write JSON for programs
        #[arg(long)]
        json: bool,
    },
    /// Run one tool of a file on a simulated home
    Call {
        /// The component
        file: PathBuf,
        /// The tool's name
        tool: String,
        /// Its arguments as a JSON object
        #[arg(default_value = "{}")]
        arguments: String,
        /// Write the whole result as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what of the plugins folder would be served, held or refused
    List {
        /// Write JSON for programs
        #[arg(long)]
        json: bool,
    },
    /// Approve the present bytes of a plugin: from then on, others wait until they are approved too
    Approve {
        /// The plugin's name: its file's name without .wasm
        name: String,
        /// What new bytes wait: all, or those whose tools or imports are other ones
        #[arg(long, value_enum, default_value_t = PinArg::Surface)]
        pin: PinArg,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Take an approval back, so that new bytes are served at once again
    Unpin {
        /// The plugin's name
        name: String,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PinArg {
    Digest,
    Surface,
}

/// Does it; the exit code says how it went.
pub(crate) async fn run(args: PluginArgs) -> ExitCode {
    let flags = Flags { config: args.config, plugins: args.plugins, ..Flags::default() };
    let config = match Config::load(&flags, &config::environment(), &Places::of_user()) {
        Ok(loaded) => loaded.config,
        Err(error) => {
            eprintln!("lamplighter: {error}");
            return ExitCode::from(WRONG);
        }
    };
    // What a plugin prints and why it failed is of interest here; the rest is not.
    if let Err(error) = logging::init_for_a_command(&config.log) {
        eprintln!("lamplighter: {error}");
        return ExitCode::from(WRONG);
    }
    let done = match args.command {
        PluginCommand::Check { file, json } => check::run(config, &file, json).await,
        PluginCommand::Call { file, tool, arguments, json } => call::run(config, &file, &tool, &arguments, json).await,
        PluginCommand::List { json } => list::run(config, json).await,
        PluginCommand::Approve { name, pin, yes } => approve::run(config, &name, pin.into(), yes).await,
        PluginCommand::Unpin { name } => approve::withdraw(&config, &name),
    };
    done.unwrap_or_else(|error| super::failed("plugin", &error))
}

impl From<PinArg> for Pin {
    fn from(pin: PinArg) -> Self {
        match pin {
            PinArg::Digest => Self::Digest,
            PinArg::Surface => Self::Surface,
        }
    }
}
