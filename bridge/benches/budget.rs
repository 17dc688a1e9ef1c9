//! Measures what twenty greedy callers get through the budget: in real time, through the real client, to the simulator
//! with a real bridge's limits. Each mix takes a minute. Run it with `cargo bench -p hue-bridge`.

#[path = "../tests/simulator/greedy.rs"]
mod greedy;

use std::time::Duration;

use greedy::{CALLER_COUNT, CommandResult, End, Mix, all_at_once, home};

/// The time that the burst of a full budget takes; it is not measured.
const WARM_UP_TIME: Duration = Duration::from_secs(5);
const MEASURED_TIME: Duration = Duration::from_mins(1);
const TOTAL_TIME: Duration = WARM_UP_TIME.saturating_add(MEASURED_TIME);
/// The tokens that come back per second: requests, lights, groups.
const TOKENS_PER_SECOND: [f64; 3] = [10.0, 10.0, 1.0];

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    println!("{CALLER_COUNT} greedy callers, per second; waits in seconds, of what was sent");
    for mix in [Mix::OneAttribute, Mix::ThreeAttributes, Mix::Groups] {
        runtime.block_on(measure(mix));
    }
}

async fn measure(mix: Mix) {
    let (sim, bridge) = home().await;
    let results = all_at_once(&bridge, mix, TOTAL_TIME).await;
    let throttled = sim.requests().iter().filter(|request| request.status == 429).count();
    let sent: Vec<&CommandResult> =
        results.iter().filter(|it| it.end == End::Sent && (WARM_UP_TIME..TOTAL_TIME).contains(&it.at)).collect();
    let rates: [f64; 3] =
        std::array::from_fn(|limit| sent.iter().map(|it| it.tokens[limit]).sum::<f64>() / MEASURED_TIME.as_secs_f64());
    let tightest = rates.iter().zip(TOKENS_PER_SECOND).map(|(rate, limit)| rate / limit).fold(0.0, f64::max);
    println!(
        "{mix:?}: requests {:.2}, light tokens {:.2}, groups {:.2}: {tightest:.3} of the tightest limit; \
         the slowest caller has {:.2} of an equal share; waits p50 {:.2}, p90 {:.2}, p99 {:.2}; \
         refused in time {}, 429 {throttled}, lost on the radio {}",
        rates[0],
        rates[1],
        rates[2],
        slowest(&sent),
        wait(&sent, 50),
        wait(&sent, 90),
        wait(&sent, 99),
        results.iter().filter(|it| it.end == End::Refused).count(),
        sim.radio_traffic().lost,
    );
    bridge.shutdown().await;
    sim.shutdown().await;
}

/// Returns the slowest caller's part of an equal share of the requests.
fn slowest(sent: &[&CommandResult]) -> f64 {
    let mut shares = [0.0; CALLER_COUNT];
    for it in sent {
        shares[it.caller] += 1.0;
    }
    shares.iter().copied().fold(f64::INFINITY, f64::min) * 20.0 / shares.iter().sum::<f64>()
}

fn wait(sent: &[&CommandResult], percent: usize) -> f64 {
    let mut waits: Vec<_> = sent.iter().map(|it| it.took.as_secs_f64()).collect();
    waits.sort_by(f64::total_cmp);
    waits.get(waits.len() * percent / 100).copied().unwrap_or_default()
}
