//! The soak: one server in mixed use for many minutes. What it holds must stay the same.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use lamplighter_tests::figures::Trend;
use lamplighter_tests::{Vitals, guest, stamped};
use serde_json::json;

use crate::process::Process;
use crate::replay::Call;
use crate::server::Server;
use crate::simulator::{DEMO_HOME, Simulator};
use crate::start::FIRST_PARTY_TOOLS;
use crate::version::Version;

/// The part of the time before the first sample that counts, in which caches fill.
const WARM_UP_SHARE: f64 = 0.2;
const SAMPLE_INTERVAL: Duration = Duration::from_secs(5);
/// The time beyond the soak after which a server that hangs is killed.
const SPARE_TIME: Duration = Duration::from_mins(10);

/// The calls of a round that are in flight at the same time.
const CALLS_IN_FLIGHT: usize = 32;
/// The faults of the bridge that strike in turn, a round each; the last one ends them.
const BRIDGE_FAULTS: [&str; 4] =
    ["status=503,on=light-writes,times=2", "drop-event-streams", "latency=50ms,times=20", ""];
/// Every how many rounds a plugin is replaced by a broken file.
const BROKEN_EVERY: u64 = 7;

/// How a count is read, and the most by which it may drift over the whole run.
struct Watch {
    name: &'static str,
    bound: f64,
    read: fn(&Vitals) -> f64,
}

#[allow(clippy::cast_precision_loss, reason = "counts are small, and bytes are rounded to MiB")]
const WATCHES: [Watch; 4] = [
    Watch { name: "anonymous memory, MiB", bound: 4.0, read: |vitals| vitals.anonymous as f64 / f64::from(1 << 20) },
    Watch { name: "descriptors", bound: 2.0, read: |vitals| vitals.descriptors as f64 },
    Watch { name: "threads", bound: 2.0, read: |vitals| vitals.threads as f64 },
    Watch { name: "mappings (instances, components)", bound: 16.0, read: |vitals| vitals.mappings as f64 },
];

/// A server in use.
struct Soak {
    server: Server,
    process: Process,
    simulator: Simulator,
    swapped: [Vec<u8>; 2],
    round: u64,
}

/// Uses a server for some minutes and prints the slope of each count. The exit code tells whether all are flat.
pub(crate) fn run(minutes: u64) -> Result<ExitCode> {
    let length = Duration::from_mins(minutes);
    let mut soak = Soak::start(length)?;
    let (began, mut samples) = (Instant::now(), Vec::new());
    while began.elapsed() < length {
        soak.run_round().with_context(|| soak.server.log())?;
        let elapsed = began.elapsed();
        if elapsed >= SAMPLE_INTERVAL * u32::try_from(samples.len())? {
            samples.push((elapsed.as_secs_f64() / 60.0, soak.process.vitals()?));
        }
    }
    println!("{} rounds in {minutes} minutes, {} samples", soak.round, samples.len());
    conclude(&samples, began.elapsed().as_secs_f64() / 60.0)
}

/// Prints each count's slope per minute, and whether its drift over the run is within its bound.
fn conclude(samples: &[(f64, Vitals)], minutes: f64) -> Result<ExitCode> {
    println!("{:34} {:>10} {:>14} {:>12} {:>8}", "count", "mean", "slope / minute", "drift", "bound");
    let mut is_flat = true;
    for watch in &WATCHES {
        let warm = samples.iter().filter(|(at, _)| *at >= minutes * WARM_UP_SHARE);
        let points: Vec<_> = warm.map(|(at, vitals)| (*at, (watch.read)(vitals))).collect();
        let trend = Trend::fit(&points).context("the run is too short")?;
        let flat = trend.is_flat(minutes, watch.bound);
        is_flat &= flat;
        let (drift, verdict) = (trend.slope * minutes, if flat { "flat" } else { "NOT FLAT" });
        let Watch { name, bound, .. } = watch;
        println!("{name:34} {:>10.1} {:>14.4} {drift:>12.2} {bound:>8}  {verdict}", trend.mean, trend.slope);
    }
    Ok(if is_flat { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Soak {
    /// Starts a server that may live as long as the soak.
    fn start(length: Duration) -> Result<Self> {
        let simulator = Simulator::start(DEMO_HOME)?;
        let version = Version::ours()?;
        let swapped = [guest("swap_v1")?, guest("swap_v2")?];
        let mut plugins = version.first_party()?;
        plugins.push(("trap".to_owned(), guest("trap")?));
        plugins.push(("swap".to_owned(), swapped[0].clone()));
        let server = Server::lamplighter(&version, &plugins, simulator.variables())?;
        let mut process = server.connect()?;
        process.allow_life(length + SPARE_TIME);
        process.wait_for_tools(&FIRST_PARTY_TOOLS).with_context(|| server.log())?;
        process.wait_for_tools(&["swap_version", "trap_now"]).with_context(|| server.log())?;
        Ok(Self { server, process, simulator, swapped, round: 0 })
    }

    /// Makes one round: a fault of the bridge, a new version of a plugin, calls of all kinds meanwhile.
    fn run_round(&mut self) -> Result<()> {
        self.round += 1;
        let turn = usize::try_from(self.round)?;
        self.simulator.set_fault(BRIDGE_FAULTS[turn % BRIDGE_FAULTS.len()])?;
        let mut component = stamped(&self.swapped[turn % 2], self.round);
        if self.round.is_multiple_of(BROKEN_EVERY) {
            component.truncate(component.len() / 2);
            component.extend(self.round.to_le_bytes());
        }
        self.server.put("swap", &component)?;
        let calls = [
            Call::new("hue_list_lights", json!({})),
            Call::new("hue_get_light", json!({"light": "Desk lamp"})),
            Call::new("hue_list_rooms", json!({})),
            Call::new("hue_list_scenes", json!({})),
            Call::new("hue_get_metrics", json!({})),
            Call::new("hue_control_light", json!({"light": "Desk lamp", "action": "toggle"})),
            Call::new("swap_version", json!({})),
            Call::new("trap_now", json!({})),
            Call::new("no_such_tool", json!({})),
        ];
        let chosen: Vec<_> = calls.iter().cycle().take(CALLS_IN_FLIGHT).collect();
        self.process.call_all(&chosen)
    }
}
