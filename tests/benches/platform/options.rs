//! The options that `cargo xtask bench` passes on.

use std::path::PathBuf;

use clap::Parser;

/// The options of a run.
#[derive(Parser)]
pub(crate) struct Options {
    /// Says that cargo or xtask runs a bench
    #[arg(long, required = true)]
    bench: bool,
    /// Measures one group of figures
    #[arg(long)]
    pub(crate) only: Option<String>,
    /// The folder in which the commit of the targets is checked out and built
    #[arg(long)]
    pub(crate) today: Option<PathBuf>,
    /// A Python that has `fastmcp`
    #[arg(long)]
    pub(crate) fastmcp: Option<PathBuf>,
    /// The program hyper-mcp
    #[arg(long)]
    pub(crate) hyper_mcp: Option<PathBuf>,
    /// Says which peer is absent, and why
    #[arg(long)]
    pub(crate) absent: Vec<String>,
    /// Writes the table and the drawing into this folder
    #[arg(long)]
    pub(crate) record: Option<PathBuf>,
    /// Names the commit that is measured
    #[arg(long, default_value = "an unknown commit")]
    pub(crate) commit: String,
    /// The file of the regression bounds
    #[arg(long)]
    pub(crate) bounds: Option<PathBuf>,
    /// Judges by the regression bounds instead of the targets
    #[arg(long)]
    pub(crate) check: bool,
    /// Uses the program for this many minutes, and measures nothing else
    #[arg(long)]
    pub(crate) soak: Option<u64>,
}
