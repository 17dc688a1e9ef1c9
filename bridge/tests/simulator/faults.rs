//! Faults that pass, and the limits of a bridge, as a caller sees them.

use std::time::Duration;

use hue_bridge::{ApplyOptions, Brightness, Change, Command, Connection, Delivery, Error, Power, Target};
use hue_bridge_sim::{Fault, Home};

use crate::support::{TEST_TIMEOUT, builder, in_time, pair, patient, power, puts, set_light, start};

#[tokio::test]
async fn a_moment_of_502_is_survived() {
    let (sim, bridge) = pair().await;
    sim.set_fault(Some(Fault::Status(502)));
    let command = [set_light(&bridge, "Mirror", power(Power::On))];
    let apply = bridge.apply(&command, patient());
    let heal = async {
        while puts(&sim).is_empty() {
            tokio::task::yield_now().await;
        }
        sim.set_fault(None);
    };
    let (outcomes, ()) = tokio::join!(apply, heal);
    assert_eq!(outcomes.expect("sent")[0].delivery, Delivery::Confirmed);
}

#[tokio::test]
async fn a_bridge_that_throws_requests_away_is_left_in_peace() {
    let (sim, bridge) = pair().await;
    sim.set_fault(Some(Fault::Status(429)));
    let options = ApplyOptions { deadline: std::time::Instant::now() + Duration::from_secs(3), ..patient() };
    let outcomes = bridge.apply(&[set_light(&bridge, "Mirror", power(Power::On))], options).await.expect("tried");
    assert!(matches!(outcomes[0].delivery, Delivery::Failed(Error::Throttled { status: 429, .. })), "{outcomes:?}");
    let status = bridge.status();
    assert!((1..=3).contains(&status.throttled), "{status:?}");
    assert_eq!(status.connection, Connection::Live);
}

#[tokio::test]
async fn forty_lamps_one_by_one_meet_no_429() {
    let (sim, bridge) = start(builder().home(Home::of_lights(40))).await;
    let lights = bridge.view().home.lights.clone();
    let commands: Vec<Command> = lights
        .iter()
        .zip(1_u8..)
        .map(|(light, n)| {
            let brightness = Some(Brightness::Percent(f64::from(n) + 20.0));
            Command::Set { target: Target::Light(light.id.clone()), change: Change { brightness, ..power(Power::On) } }
        })
        .collect();
    let options = ApplyOptions { confirm_within: TEST_TIMEOUT, deadline: in_time() + TEST_TIMEOUT };
    let outcomes = bridge.apply(&commands, options).await.expect("sent");
    let told: Vec<_> = outcomes.iter().filter(|it| it.delivery == Delivery::Confirmed).collect();
    let unreachable = bridge.status().unreachable_lights as usize;
    let unchanged =
        outcomes.iter().filter(|it| matches!(it.delivery, Delivery::Unchanged | Delivery::NotSent(_))).count();
    assert_eq!(told.len() + unreachable + unchanged, outcomes.len(), "{outcomes:?}");
    assert_eq!(bridge.status().throttled, 0);
    assert!(sim.requests().iter().all(|request| request.status != 429));
}
