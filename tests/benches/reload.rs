//! Measures the time from a file being in place to its tools being served, beside the time its compilation takes.
//!
//! Both are measured in one run, because machines differ. Run it with `cargo bench -p lamplighter-tests --bench reload`.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use lamplighter_tests::{Era, Setup, first_party, guest, stamped};

/// The replacements that are measured per component.
const REPLACEMENT_COUNT: u64 = 20;

/// Holds the measured times of one component, in milliseconds.
struct Figures {
    served: Vec<f64>,
    compiled: Vec<f64>,
}

fn main() -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    println!("milliseconds from rename to list_changed; of these, compiling; ratio of the medians");
    for (name, component) in [("swap_v1 (small)", guest("swap_v1")?), ("lights", first_party("lights")?)] {
        let figures = runtime.block_on(measure(&component))?;
        report(name, component.len(), figures);
    }
    Ok(())
}

/// Replaces a plugin again and again in a running session, each time with bytes that the host has not seen.
async fn measure(component: &[u8]) -> Result<Figures> {
    let (server, client) = Setup::new().plugin("lights", stamped(component, 0)).connect(Era::Legacy).await?;
    client.tools().await?;
    let mut figures = Figures { served: Vec::new(), compiled: Vec::new() };
    for stamp in 1..=REPLACEMENT_COUNT {
        let bytes = stamped(component, stamp);
        let (told, logged) = (client.mark(), server.log.mark());
        let began = Instant::now();
        server.plugins.put("lights", &bytes)?;
        client.notification("notifications/tools/list_changed", told).await?;
        figures.served.push(milliseconds(began.elapsed()));
        let entry = server.log.wait("the plugin to be loaded", logged, |e| e.says("plugin loaded", "lights")).await?;
        figures.compiled.push(entry.value("compile_ms").as_f64().context("the log says how long it compiled")?);
    }
    Ok(figures)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn report(name: &str, bytes: usize, mut figures: Figures) {
    let (served, compiled) = (spread(&mut figures.served), spread(&mut figures.compiled));
    println!(
        "{name}, {bytes} bytes: served {:.0} (min {:.0}, max {:.0}), compiled {:.0}, ratio {:.2}",
        served.median,
        served.minimum,
        served.maximum,
        compiled.median,
        served.median / compiled.median.max(1.0)
    );
}

struct Spread {
    minimum: f64,
    median: f64,
    maximum: f64,
}

fn spread(values: &mut [f64]) -> Spread {
    values.sort_by(f64::total_cmp);
    let at = |index: usize| values.get(index).copied().unwrap_or_default();
    Spread { minimum: at(0), median: at(values.len() / 2), maximum: at(values.len().saturating_sub(1)) }
}
