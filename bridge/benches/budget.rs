//! What twenty greedy callers get through the budget, against the limits: in real time, through the real client, to the
//! simulator with a real bridge's limits. A minute for each mix. Run with `cargo bench -p hue-bridge`.

#[path = "../tests/simulator/greedy.rs"]
mod greedy;

use std::time::Duration;

use greedy::{CALLERS, End, Mix, Told, all_at_once, home};

/// After the burst that a full budget allows.
const WARM_UP: Duration = Duration::from_secs(5);
const MEASURED: Duration = Duration::from_mins(1);
const LASTS: Duration = WARM_UP.saturating_add(MEASURED);
/// Tokens per second: requests, lights, groups.
const LIMITS: [f64; 3] = [10.0, 10.0, 1.0];

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    println!("{CALLERS} greedy callers, per second; waits in seconds, of what was sent");
    for mix in [Mix::OneAttribute, Mix::ThreeAttributes, Mix::Groups] {
        runtime.block_on(measure(mix));
    }
}

async fn measure(mix: Mix) {
    let (sim, bridge) = home().await;
    let told = all_at_once(&bridge, mix, LASTS).await;
    let throttled = sim.requests().iter().filter(|request| request.status == 429).count();
    let sent: Vec<&Told> = told.iter().filter(|it| it.end == End::Sent && (WARM_UP..LASTS).contains(&it.at)).collect();
    let rates: [f64; 3] =
        std::array::from_fn(|limit| sent.iter().map(|it| it.tokens[limit]).sum::<f64>() / MEASURED.as_secs_f64());
    let tightest = rates.iter().zip(LIMITS).map(|(rate, limit)| rate / limit).fold(0.0, f64::max);
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
        told.iter().filter(|it| it.end == End::Refused).count(),
        sim.radio_traffic().lost,
    );
    bridge.shutdown().await;
    sim.shutdown().await;
}

/// Of requests.
fn slowest(sent: &[&Told]) -> f64 {
    let mut shares = [0.0; CALLERS];
    for it in sent {
        shares[it.caller] += 1.0;
    }
    shares.iter().copied().fold(f64::INFINITY, f64::min) * 20.0 / shares.iter().sum::<f64>()
}

fn wait(sent: &[&Told], percent: usize) -> f64 {
    let mut waits: Vec<_> = sent.iter().map(|it| it.took.as_secs_f64()).collect();
    waits.sort_by(f64::total_cmp);
    waits.get(waits.len() * percent / 100).copied().unwrap_or_default()
}
