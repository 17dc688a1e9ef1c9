//! `lamplighter discover`: which bridges there are.

use std::{process::ExitCode, time::Duration};

use clap::{Args, ValueEnum};
use hue_bridge::{
    Identity,
    discover::{Discovered, Found, When},
};
use serde_json::{Value, json};

use super::{search, text};

const HELP: &str = "\
Each bridge is asked itself, over HTTPS, and shown if its certificate carries the id
that it gives. Nothing secret is sent; nothing is stored.

Exit codes: 0 at least one was found, 1 none was, 2 wrong usage.";

/// The flags of `discover`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct DiscoverArgs {
    /// Ask this address only, with a port if it is not 443
    #[arg(value_name = "ADDRESS")]
    address: Option<String>,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Listen on this network for so many seconds
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
    /// In any case
    Always,
    /// Not at all
    Never,
}

impl Cloud {
    fn when(self) -> Option<When> {
        match self {
            Self::Auto => Some(When::NothingFound),
            Self::Always => Some(When::Always),
            Self::Never => None,
        }
    }
}

/// Looks, and shows what it found.
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

fn print(bridges: &[Found]) {
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

fn row(bridge: &Found) -> Vec<String> {
    let facts = &bridge.facts;
    let ways: Vec<_> = bridge.ways.iter().map(|way| text::discovery_source(*way)).collect();
    vec![
        text::sanitize(&facts.name),
        bridge.address.clone(),
        facts.id.clone(),
        text::sanitize(&facts.model),
        text::sanitize(&facts.software),
        if facts.clip_v2 { "yes" } else { "no" }.to_owned(),
        text::certificate_issuer(facts.identity).to_owned(),
        ways.join(", "),
    ]
}

fn print_json(discovered: &Discovered) {
    let bridges: Vec<_> = discovered.bridges.iter().map(json).collect();
    let problems: Vec<_> = discovered.troubles.iter().map(ToString::to_string).collect();
    out!("{:#}", json!({"bridges": bridges, "problems": problems}));
}

fn json(bridge: &Found) -> Value {
    let facts = &bridge.facts;
    let (issuer, fingerprint) = match facts.identity {
        Identity::Signify => ("signify", None),
        Identity::Pinned(fingerprint) => ("self", Some(fingerprint.to_string())),
    };
    let ways: Vec<_> = bridge.ways.iter().map(|way| text::discovery_source(*way)).collect();
    json!({
        "id": facts.id, "name": facts.name, "address": bridge.address, "model": facts.model,
        "software": facts.software, "api_version": facts.api_version, "clip_v2": facts.clip_v2,
        "certificate": {"issuer": issuer, "sha256": fingerprint}, "found_by": ways,
    })
}
