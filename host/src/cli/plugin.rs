//! `lamplighter plugin`: the commands that authors and operators of plugins use.

mod approve;
mod call;
mod check;
mod dev;
mod home;
mod list;
mod new;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand, ValueEnum};

use super::text;
use crate::{
    config::{Flags, Pin},
    logging,
};

const PLUGIN_HELP: &str = "\
From nothing to a plugin that is served:
  lamplighter plugin new blinker --lang python   Write a project, with a README of three commands
  lamplighter plugin dev blinker                 Build it whenever you save, on a simulated home
  lamplighter plugin check blinker.wasm          See what it needs, and what is wrong with it
  cp blinker.wasm ~/.local/share/lamplighter/plugins/
  lamplighter plugin list                        See whether it is served

Exit codes: 0 done, 1 failed or something to fix, 2 wrong usage or configuration.";

const DEV_HELP: &str = "\
A project with a Cargo.toml, a package.json, a plugin.py or a Makefile is built as its README says. Give --build
for any other project. The plugins of the plugins folder are served beside it. What the plugin stores is deleted
at the end.

Examples:
  lamplighter plugin dev blinker
  lamplighter plugin dev blinker --call blinker_blink '{\"light\": \"Desk lamp\"}'
  lamplighter plugin dev blinker --serve       As the command of your MCP client: each version at once
  lamplighter plugin dev . --build 'zig build' --component zig-out/bin/blinker.wasm";

/// Defines the arguments of `plugin`.
#[derive(Debug, Args)]
#[command(after_help = PLUGIN_HELP)]
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
    /// Begin a plugin: write a project that builds
    New(new::NewArgs),
    #[command(flatten)]
    Configured(ConfiguredCommand),
}

/// Defines the commands that read the configuration.
#[derive(Debug, Subcommand)]
enum ConfiguredCommand {
    /// Report what a file offers, which grants it needs, and what is wrong with it
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
    /// Build a project whenever a file of it is saved, and serve it on a simulated home
    #[command(after_help = DEV_HELP)]
    Dev(dev::DevArgs),
    /// Show which plugins of the folder would be served, held or refused
    List {
        /// Write JSON for programs
        #[arg(long)]
        json: bool,
    },
    /// Approve the present bytes of a plugin; from then on, new bytes wait for approval
    Approve {
        /// The plugin's name: its file's name without .wasm
        name: String,
        /// Which new bytes wait: all of them, or those with other tools or imports
        #[arg(long, value_enum, default_value_t = PinArg::Surface)]
        pin: PinArg,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Withdraw an approval, so that new bytes are served at once again
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

/// Runs a command of `plugin`.
pub(crate) async fn run(args: PluginArgs) -> ExitCode {
    let done = match args.command {
        PluginCommand::New(new) => new::run(new),
        PluginCommand::Configured(command) => {
            let flags = Flags { config: args.config, plugins: args.plugins, ..Flags::default() };
            return Box::pin(configured(command, &flags)).await;
        }
    };
    done.unwrap_or_else(|error| super::report_failure("plugin", &error))
}

async fn configured(command: ConfiguredCommand, flags: &Flags) -> ExitCode {
    let config = match super::load_config("plugin", flags) {
        Ok(loaded) => loaded.config,
        Err(code) => return code,
    };
    // An author reads what plugins log; the other commands log warnings only.
    let started = match &command {
        ConfiguredCommand::Dev(_) => logging::init_for_an_author(&config.log),
        _ => logging::init_for_a_command(&config.log),
    };
    if let Err(error) = started {
        return text::report_misuse("plugin", error);
    }
    let done = match command {
        ConfiguredCommand::Check { file, json } => check::run(config, &file, json).await,
        ConfiguredCommand::Call { file, tool, arguments, json } => {
            call::run(config, &file, &tool, &arguments, json).await
        }
        ConfiguredCommand::Dev(args) => Box::pin(dev::run(config, args)).await,
        ConfiguredCommand::List { json } => list::run(config, json).await,
        ConfiguredCommand::Approve { name, pin, yes } => approve::run(config, &name, pin.into(), yes).await,
        ConfiguredCommand::Unpin { name } => approve::withdraw(&config, &name),
    };
    done.unwrap_or_else(|error| super::report_failure("plugin", &error))
}

impl From<PinArg> for Pin {
    fn from(pin: PinArg) -> Self {
        match pin {
            PinArg::Digest => Self::Digest,
            PinArg::Surface => Self::Surface,
        }
    }
}
