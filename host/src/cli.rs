//! The command line. The doc comments here are the help text.
//!
//! Only flags are defined here. Environment variables and the file belong to `config`, whose errors name the place where
//! a value was written.

#![deny(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "they panic when the reader has gone; use `out!` and `note!`"
)]

#[macro_use]
mod text;

mod bridge;
mod config;
mod demo;
mod discover;
mod pair;
mod plugin;
mod scratch;
mod search;
mod serve;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use tokio::runtime::Builder;

use crate::{
    config::{Config, DefaultPaths, Flags, Loaded, environment},
    plugin::compile::worker,
};

const MAIN_HELP: &str = "\
Examples:
  lamplighter demo                         Look around without a bridge
  lamplighter serve --demo                 Serve a simulated home to an MCP client
  lamplighter pair                         Find your bridge and get a key from it
  lamplighter serve                        Serve your own home
  lamplighter serve --plugins ./plugins    Load the tools of this folder
  lamplighter plugin new blinker --lang c  Begin a plugin of your own

For an MCP client, the command is `lamplighter` with the argument `serve`.
MCP goes through stdin and stdout; the log goes to stderr.

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.";

const SERVE_HELP: &str = "\
The folder, the bridge and the log can be set in the environment and in config.toml
too. Flags win over LAMPLIGHTER_CONFIG, LAMPLIGHTER_PLUGINS, LAMPLIGHTER_BRIDGE,
LAMPLIGHTER_LOG and LAMPLIGHTER_LOG_FORMAT, and these win over the file. --demo and
--portable-schemas are flags only. Where none names a bridge, it is the default one
that `lamplighter pair` stored (see `lamplighter bridge list`).
LAMPLIGHTER_BRIDGE_HOST, LAMPLIGHTER_BRIDGE_ID, LAMPLIGHTER_BRIDGE_KEY and
LAMPLIGHTER_BRIDGE_CERTIFICATE describe a bridge that is not stored.

config.toml and bridges.toml are in ~/.config/lamplighter (on macOS, in
~/Library/Application Support/lamplighter).

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.";

/// Philips Hue for AI assistants, through tools you can add to
///
/// Lamplighter is an MCP server: an assistant such as Claude starts it and gets tools to see and change the lights of
/// a Philips Hue bridge. The tools are plugins, WebAssembly files in a folder. They are sandboxed, reach only what you
/// grant them, and can be added and replaced while the assistant is connected.
#[derive(Debug, Parser)]
#[command(name = "lamplighter", version, after_help = MAIN_HELP, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// The command to run.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Defines the commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve MCP on stdin and stdout until the client closes it
    Serve(ServeArgs),
    /// Find Hue bridges: on this network, by Signify's list, or at an address
    Discover(discover::DiscoverArgs),
    /// Get a key from a bridge, by a press of its button, and store it
    Pair(pair::PairArgs),
    /// Show and manage the paired bridges
    #[command(subcommand)]
    Bridge(bridge::BridgeCommand),
    /// Begin, build, check and try plugins, list them, approve new bytes
    Plugin(plugin::PluginArgs),
    /// Show the settings in force, and where each was written
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Take a tour of what Lamplighter does, on a simulated bridge
    Demo(DemoArgs),
    /// Compile the component on stdin; the host starts this to compile plugins
    #[command(name = worker::COMPILE_COMMAND, hide = true)]
    CompileComponent {
        /// Process id of the host
        parent: u32,
    },
}

/// Runs a command.
pub(crate) fn run(cli: Cli) -> ExitCode {
    match cli.command {
        // The compiler limits itself before it does anything else, even before it starts threads.
        Command::CompileComponent { parent } => worker::run_worker(parent),
        Command::Serve(args) => on_this_thread(serve::run(&args)),
        Command::Discover(args) => on_runtime(discover::run(&args)),
        Command::Pair(args) => on_runtime(pair::run(&args)),
        Command::Bridge(command) => on_runtime(bridge::run(&command)),
        Command::Config(command) => config::run(&command),
        Command::Plugin(args) => on_runtime(plugin::run(args)),
        Command::Demo(args) => on_runtime(async {
            match demo::run(&args).await {
                // A reader that has gone is no failure.
                Err(error) if !is_broken_pipe(&error) => report_failure("demo", &error),
                _ => ExitCode::SUCCESS,
            }
        }),
    }
}

/// Runs a command whose tasks run on all processors.
fn on_runtime(work: impl Future<Output = ExitCode>) -> ExitCode {
    run_to_end(&mut Builder::new_multi_thread(), work)
}

/// The tasks that run between two looks at timers, files and pipes where tasks share a thread. tokio's own number lets
/// sixty calls run before a plugin's file, a child or the bridge is looked at.
const EVENT_INTERVAL: u32 = 8;

/// Runs a command whose tasks share this thread, because a thread that is woken costs a call more than the work it does.
fn on_this_thread(work: impl Future<Output = ExitCode>) -> ExitCode {
    run_to_end(Builder::new_current_thread().event_interval(EVENT_INTERVAL), work)
}

fn run_to_end(runtime: &mut Builder, work: impl Future<Output = ExitCode>) -> ExitCode {
    let runtime = match runtime.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report_failure("start", &error.into()),
    };
    let code = runtime.block_on(work);
    // A thread that reads stdin cannot be woken: waiting for it would wait for the client.
    runtime.shutdown_background();
    code
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
    error.downcast_ref::<std::io::Error>().is_some_and(broken)
}

/// Loads the configuration, or reports what is wrong with it.
fn load_config(command: &str, flags: &Flags) -> Result<Loaded, ExitCode> {
    let loaded = Config::load(flags, &environment(), &DefaultPaths::of_user());
    loaded.map_err(|error| text::report_misuse(command, error))
}

/// Reports a failure with its causes, which may quote a plugin; exit code 1.
fn report_failure(command: &str, error: &anyhow::Error) -> ExitCode {
    text::report_failure(command, text::escape_deceptive(&format!("{error:#}")))
}

/// Defines the flags of `serve`.
#[derive(Debug, Args)]
#[command(after_help = SERVE_HELP)]
pub(crate) struct ServeArgs {
    /// Use a simulated bridge, started inside this process, instead of a real one
    #[arg(long, conflicts_with = "bridge")]
    pub(crate) demo: bool,
    /// Rewrite the argument schemas that some model interfaces refuse; leave out tools that cannot be rewritten
    #[arg(long)]
    pub(crate) portable_schemas: bool,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
}

impl ServeArgs {
    /// Returns the flags as `config` takes them.
    pub(crate) fn flags(&self) -> Flags {
        Flags { portable_schemas: self.portable_schemas, ..self.settings.flags() }
    }
}

/// Defines the flags that are settings.
#[derive(Debug, Args)]
pub(crate) struct SettingArgs {
    /// Use this one of the paired bridges
    #[arg(long, value_name = "NAME-OR-ID")]
    pub(crate) bridge: Option<String>,
    /// Load the plugins (*.wasm) of this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) plugins: Option<PathBuf>,
    /// Read this configuration file, which must exist, instead of your own
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Log from this level on: off, error, warn, info, debug, trace, or directives such as info,lamplighter=debug
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log: Option<String>,
    /// Write the log for people (human) or for programs (json)
    #[arg(long, value_name = "FORMAT", value_parser = ["human", "json"])]
    pub(crate) log_format: Option<String>,
}

impl SettingArgs {
    /// Returns the flags as `config` takes them.
    pub(crate) fn flags(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            bridge: self.bridge.clone(),
            plugins: self.plugins.clone(),
            log: self.log.clone(),
            log_format: self.log_format.clone(),
            ..Flags::default()
        }
    }
}

/// Defines the flags of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Load the plugins (*.wasm) of this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) plugins: Option<PathBuf>,
    /// Swap this plugin in while the session goes on
    #[arg(long, value_name = "FILE")]
    pub(crate) swap: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::{Cli, Command};

    #[test]
    fn the_definitions_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_for_a_newcomer_has_examples_and_exit_codes() {
        let help = Cli::command().render_long_help().to_string();
        assert!(help.contains("lamplighter serve --demo") && help.contains("2 wrong usage or configuration"), "{help}");
    }

    #[test]
    fn serve_hands_its_flags_to_the_configuration() {
        let words = "lamplighter serve --demo --plugins p --log-format json --portable-schemas";
        let cli = Cli::try_parse_from(words.split(' '));
        let Ok(Cli { command: Command::Serve(serve) }) = cli else { panic!("serve was not understood") };
        let flags = serve.flags();
        assert!(serve.demo && flags.config.is_none() && flags.portable_schemas);
        assert_eq!((flags.plugins, flags.log_format.as_deref()), (Some("p".into()), Some("json")));
    }

    #[test]
    fn an_unknown_format_is_wrong_usage() {
        let error = Cli::try_parse_from(["lamplighter", "serve", "--log-format", "xml"]).expect_err("xml is no format");
        assert_eq!(error.exit_code(), 2);
    }
}
