//! Rooms change in one request, so that all lamps change at the same time.

use hue_bridge::{Adjustment, Bridge, Change, Color, Command, Delivery, Outcome, StepKind, Target};
use hue_bridge_sim::{Home, Simulator};
use serde_json::{Value, json};

use crate::support::{builder, group, patient, power, puts, start};

/// Starts a bridge whose rooms have these numbers of colour lamps.
async fn rooms(sizes: &[usize]) -> (Simulator, Bridge) {
    let mut resources = vec![json!({"id": "home", "type": "bridge_home", "id_v1": "/groups/0", "children": [],
        "services": [{"rid": "grouped-home", "rtype": "grouped_light"}]})];
    resources.push(grouped_light("home", "bridge_home"));
    for (number, size) in sizes.iter().enumerate() {
        resources.extend(room(&format!("room-{number}"), *size));
    }
    start(builder().home(Home::from_json(&json!(resources).to_string()).expect("a home"))).await
}

fn room(name: &str, size: usize) -> Vec<Value> {
    let lamps: Vec<(String, String)> =
        (0..size).map(|n| (format!("{name}-lamp-{n}"), format!("{name}-device-{n}"))).collect();
    let children: Vec<Value> = lamps.iter().map(|(_, device)| json!({"rid": device, "rtype": "device"})).collect();
    let mut resources = vec![
        json!({"id": name, "type": "room", "metadata": {"name": name, "archetype": "other"}, "children": children,
            "services": [{"rid": format!("grouped-{name}"), "rtype": "grouped_light"}]}),
        grouped_light(name, "room"),
    ];
    for (lamp, device) in &lamps {
        resources.push(json!({"id": device, "type": "device", "metadata": {"name": lamp, "archetype": "sultan_bulb"},
            "services": [{"rid": lamp, "rtype": "light"}]}));
        resources.push(json!({"id": lamp, "type": "light", "owner": {"rid": device, "rtype": "device"},
            "metadata": {"name": lamp}, "on": {"on": false}, "dimming": {"brightness": 50.2},
            "color": {"xy": {"x": 0.46, "y": 0.41}, "gamut_type": "C", "gamut": {"red": {"x": 0.6915, "y": 0.3083},
                "green": {"x": 0.17, "y": 0.7}, "blue": {"x": 0.1532, "y": 0.0475}}},
            "color_temperature": {"mirek": 366, "mirek_valid": true,
                "mirek_schema": {"mirek_minimum": 153, "mirek_maximum": 500}}}));
    }
    resources
}

fn grouped_light(owner: &str, kind: &str) -> Value {
    json!({"id": format!("grouped-{owner}"), "type": "grouped_light", "owner": {"rid": owner, "rtype": kind},
        "on": {"on": false}, "dimming": {"brightness": 0.0}})
}

fn colored(color: &str) -> Change {
    Change { color: Some(Color::Text(color.to_owned())), ..power(hue_bridge::Power::On) }
}

fn confirmed(outcomes: &[Outcome]) -> usize {
    outcomes.iter().filter(|outcome| outcome.delivery == Delivery::Confirmed).count()
}

#[tokio::test]
async fn thirty_lights_of_a_room_to_one_colour_are_one_request() {
    let (sim, bridge) = rooms(&[30, 2]).await;
    let room = Target::Group(group(&bridge.view().home, "room-0"));
    let sent = sim.requests().len();
    let outcomes = bridge.apply(&[Command::Set { target: room, change: colored("orange") }], patient()).await;
    let outcomes = outcomes.expect("sent");
    assert_eq!((outcomes.len(), confirmed(&outcomes)), (30, 30), "{outcomes:?}");
    assert_eq!(sim.requests().len(), sent + 1, "{:?}", sim.requests());
    assert!(puts(&sim)[0].0.ends_with("/grouped_light/grouped-room-0"));
    let on = sim.resources("light").into_iter().filter(|light| light["on"]["on"] == true).count();
    assert_eq!(on, 30);
}

#[tokio::test]
async fn thirty_lights_named_one_by_one_are_one_request_too() {
    let (sim, bridge) = rooms(&[30, 2]).await;
    let home = bridge.view().home;
    let lamps = home.lights.iter().filter(|light| light.room.as_deref() == Some("room-0"));
    let commands: Vec<Command> = lamps
        .map(|light| Command::Set { target: Target::Light(light.id.clone()), change: colored("orange") })
        .collect();
    let outcomes = bridge.apply(&commands, patient()).await.expect("sent");
    assert_eq!((outcomes.len(), confirmed(&outcomes), puts(&sim).len()), (30, 30, 1));
}

#[tokio::test]
async fn equal_changes_to_all_rooms_are_one_request_to_the_home() {
    let (sim, bridge) = rooms(&[6, 4, 2]).await;
    let home = bridge.view().home;
    let commands = ["room-0", "room-1", "room-2"]
        .map(|name| Command::Set { target: Target::Group(group(&home, name)), change: colored("orange") });
    let outcomes = bridge.apply(&commands, patient()).await.expect("sent");
    assert_eq!((outcomes.len(), confirmed(&outcomes), puts(&sim).len()), (12, 12, 1));
    assert!(puts(&sim)[0].0.ends_with("/grouped_light/grouped-home"));
}

#[tokio::test]
async fn a_room_of_three_goes_lamp_by_lamp() {
    let (sim, bridge) = rooms(&[3, 4]).await;
    let room = Target::Group(group(&bridge.view().home, "room-0"));
    bridge.apply(&[Command::Set { target: room, change: colored("orange") }], patient()).await.expect("sent");
    let paths: Vec<String> = puts(&sim).into_iter().map(|(path, _)| path).collect();
    assert!(paths.len() == 3 && paths.iter().all(|path| path.contains("/light/")), "{paths:?}");
}

#[tokio::test]
async fn a_group_command_that_would_wait_too_long_gives_way_to_lamp_by_lamp() {
    let (sim, bridge) = rooms(&[4, 4, 4, 4]).await;
    let home = bridge.view().home;
    let colors = ["red", "green", "blue", "orange"];
    let commands: Vec<Command> = (0..4_usize)
        .map(|n| Command::Set { target: Target::Group(group(&home, &format!("room-{n}"))), change: colored(colors[n]) })
        .collect();
    let outcomes = bridge.apply(&commands, patient()).await.expect("sent");
    assert_eq!(confirmed(&outcomes), 16, "{outcomes:?}");
    // The group tokens are spent now: the next room would have to wait for one.
    let groups = puts(&sim).iter().filter(|(path, _)| path.contains("/grouped_light/")).count();
    assert!((1..4).contains(&groups), "{groups} group commands in a row");
}

#[tokio::test]
async fn lamps_of_all_sorts_follow_one_request_as_far_as_they_can() {
    // The third room has thirty lights of four kinds.
    let (sim, bridge) = start(builder().home(Home::of_lights(61))).await;
    let room = Target::Group(group(&bridge.view().home, "Room 3"));
    let warm = Command::Set { target: room.clone(), change: colored("warm white") };
    let outcomes = bridge.apply(&[warm], patient()).await.expect("sent");
    let unsupported =
        outcomes.iter().filter(|it| it.adjustments == [Adjustment::Unsupported("color_temperature")]).count();
    assert_eq!((outcomes.len(), puts(&sim).len()), (30, 1));
    assert!(unsupported > 0, "dimmable lamps have no shades of white");
    // A lamp that has only white gets the nearest white by a command of its own; the other lamps do not wait for it.
    let plan = bridge.plan(&[Command::Set { target: room, change: colored("red") }]).expect("a plan");
    let whites = plan.lights.iter().filter(|it| matches!(it.adjustments[..], [Adjustment::Other(_)])).count();
    let kinds: Vec<StepKind> = plan.steps.iter().map(|step| step.kind).collect();
    assert_eq!((kinds[0], kinds.len()), (StepKind::Group, whites + 1), "{plan:?}");
}
