//! Measures what a large home costs: planning one command per light, and reloading all resources.
//!
//! Run it with `cargo bench -p hue-bridge --bench thousand`. Ten times the lights should take ten or twenty times as long,
//! not a hundred times, on any machine.

use std::time::{Duration, Instant};

use hue_bridge::{ApplicationKey, Bridge, Brightness, Change, Command, Config, Fingerprint, Identity, Power, Target};
use hue_bridge_sim::{Home, Limits, Simulator};

const ROUND_COUNT: u32 = 5;

#[tokio::main]
async fn main() {
    let (hundred, thousand) = (costs(100).await, costs(1000).await);
    for (what, few, many) in [("plan", hundred.0, thousand.0), ("refresh", hundred.1, thousand.1)] {
        let ratio = many.as_secs_f64() / few.as_secs_f64();
        println!("{what:<8} 100 lights {few:>10.2?}   1000 lights {many:>10.2?}   ratio {ratio:.1}");
    }
}

/// Returns the fastest of some rounds: of a plan with one command per light, and of a refresh.
async fn costs(lights: usize) -> (Duration, Duration) {
    let builder = Simulator::builder().home(Home::of_lights(lights)).application_key("key").limits(Limits::Off);
    let simulator = builder.start().await.expect("a free port");
    let identity = Identity::Pinned(Fingerprint::of(simulator.certificate_der()));
    let key = ApplicationKey::new("key");
    let config = Config::new(simulator.address().to_string(), simulator.bridge_id(), key, identity);
    let bridge = Bridge::connect(config).expect("a configuration");
    bridge.ready(Duration::from_mins(1)).await.expect("the bridge answers");
    let commands = commands(&bridge);
    let (mut plan, mut refresh) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUND_COUNT {
        let start = Instant::now();
        let planned = bridge.plan(&commands).expect("a plan");
        plan = plan.min(start.elapsed());
        assert_eq!(planned.lights.len(), lights);
        let start = Instant::now();
        bridge.refresh(Instant::now() + Duration::from_mins(1)).await.expect("the bridge answers");
        refresh = refresh.min(start.elapsed());
    }
    bridge.shutdown().await;
    (plan, refresh)
}

/// Asks for another brightness of every light, so that no two commands can be merged.
fn commands(bridge: &Bridge) -> Vec<Command> {
    let home = bridge.view().home;
    let percents = (1..=99_u8).cycle().map(|percent| Brightness::Percent(f64::from(percent)));
    let command = |(light, brightness): (&hue_bridge::Light, Brightness)| Command::Set {
        target: Target::Light(light.id.clone()),
        change: Change { power: Some(Power::On), brightness: Some(brightness), ..Change::default() },
    };
    home.lights.iter().zip(percents).map(command).collect()
}
