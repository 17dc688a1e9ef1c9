//! `lamplighter discover`: finds bridges.

use std::{process::ExitCode, time::Duration};

use clap::{Args, ValueEnum};
use hue_bridge::{
    Identity,
    discover::{CloudPolicy, Discoveries, FoundBridge},
};
use serde_json::{Value, json};

use super::{search, text};

const DISCOVER_HELP: &str = "\
Each bridge is asked over HTTPS, and shown if its certificate carries the id that it
gives. Nothing secret is sent, and nothing is stored.

Exit codes: 0 found at least one, 1 found none, 2 wrong usage.";

/// Defines the flags of `discover`.
#[derive(Debug, Args)]
#[command(after_help = DISCOVER_HELP)]
pub(crate) struct DiscoverArgs {
    /// Ask this address only, with a port if it is not 443
    #[arg(value_name = "ADDRESS")]
    address: Option<String>,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Listen on this network for this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=60))]
    timeout: u64,
    /// When to ask Signify's list of bridges at discovery.meethue.com, which allows it once in 15 minutes
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Cloud::Auto)]
    cloud: Cloud,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Cloud {
    /// If this network has no bridge
    Auto,
    /// Ask it in any case
    Always,
    /// Do not ask it
    Never,
}

impl Cloud {
    fn when(self) -> Option<CloudPolicy> {
        match self {
            Self::Auto => Some(CloudPolicy::WhenNothingFound),
            Self::Always => Some(CloudPolicy::Always),
            Self::Never => None,
        }
    }
}

/// Searches and shows the bridges it found.
pub(crate) async fn run(args: &DiscoverArgs) -> ExitCode {
    let discovered = match &args.address {
        Some(address) => search::at(address).await,
        None => search::everywhere(Duration::from_secs(args.timeout), args.cloud.when()).await,
    };
    if args.json {
        print_json(&discovered);
    } else {
        print(&discovered.bridges);
    }
    if discovered.bridges.is_empty() {
        search::explain_nothing();
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn print(bridges: &[FoundBridge]) {
    if bridges.is_empty() {
        return;
    }
    note!("");
    let rows: Vec<_> = bridges.iter().map(row).collect();
    text::print_table(&["NAME", "ADDRESS", "ID", "MODEL", "SOFTWARE", "CLIP V2", "CERTIFICATE", "FOUND BY"], &rows);
    note!("");
    for (bridge, problem) in bridges.iter().filter_map(|bridge| Some((bridge, search::too_old(bridge)?))) {
        note!("{}: {problem}", bridge.address);
    }
    if let Some(bridge) = bridges.iter().find(|bridge| search::too_old(bridge).is_none()) {
        note!("Next: lamplighter pair {}", bridge.address);
    }
}

fn row(bridge: &FoundBridge) -> Vec<String> {
    let config = &bridge.config;
    let methods: Vec<_> = bridge.methods.iter().map(|method| text::discovery_source(*method)).collect();
    vec![
        text::sanitize(&config.name),
        bridge.address.clone(),
        config.id.clone(),
        text::sanitize(&config.model),
        text::sanitize(&config.software),
        if config.clip_v2 { "yes" } else { "no" }.to_owned(),
        text::certificate_issuer(config.identity).to_owned(),
        methods.join(", "),
    ]
}

fn print_json(discovered: &Discoveries) {
    let bridges: Vec<_> = discovered.bridges.iter().map(json).collect();
    let problems: Vec<_> = discovered.errors.iter().map(ToString::to_string).collect();
    out!("{:#}", json!({"bridges": bridges, "problems": problems}));
}

fn json(bridge: &FoundBridge) -> Value {
    let config = &bridge.config;
    let (issuer, fingerprint) = match config.identity {
        Identity::Signify => ("signify", None),
        Identity::Pinned(fingerprint) => ("self", Some(fingerprint.to_string())),
    };
    let methods: Vec<_> = bridge.methods.iter().map(|method| text::discovery_source(*method)).collect();
    json!({
        "id": config.id, "name": config.name, "address": bridge.address, "model": config.model,
        "software": config.software, "api_version": config.api_version, "clip_v2": config.clip_v2,
        "certificate": {"issuer": issuer, "sha256": fingerprint}, "found_by": methods,
    })
}
