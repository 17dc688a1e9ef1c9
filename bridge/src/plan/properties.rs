//! Properties that every plan has, for any home and any commands.

use std::collections::{BTreeSet, HashSet};

use proptest::{prelude::*, sample::select};

use super::*;
use crate::{
    change::{Brightness, Color, Note, Power, RecallMode, Target},
    color::{Gamut, Xy},
    home::{
        Capabilities, Group, GroupKind, Reachability, Scene, SceneState,
        samples::{self, group},
    },
    testing::cases,
};

const GAMUT_C: Gamut =
    Gamut { red: Xy { x: 0.6915, y: 0.3083 }, green: Xy { x: 0.17, y: 0.7 }, blue: Xy { x: 0.1532, y: 0.0475 } };
/// The most lights of a home here; ids go from `l0`.
const MAX_LIGHTS: usize = 14;

fn any_lamp() -> impl Strategy<Value = Light> {
    let can = (0..5_u8, any::<bool>()).prop_map(|(kind, dynamic)| Capabilities {
        dimming: kind > 0,
        color: kind > 2,
        gamut: (kind > 2).then_some(GAMUT_C),
        mirek: (kind > 1).then_some(if dynamic { (153, 500) } else { (222, 454) }),
        gradient_points: if kind > 3 { 5 } else { 0 },
        effects: if kind > 2 { vec!["candle".to_owned()] } else { Vec::new() },
        effects_v2: dynamic,
        dynamic,
        ..Capabilities::default()
    });
    let state = (any::<bool>(), 0.0..=100.0, 153..=500_u16, any::<bool>());
    (can, state, 0..6_u8).prop_map(|(can, (on, brightness, mirek, colored), reach)| Light {
        reachability: if reach == 0 { Reachability::Unreachable("lost".to_owned()) } else { Reachability::Connected },
        state: LightState {
            on,
            brightness: can.dimming.then_some(brightness),
            mirek: can.mirek.is_some().then_some(mirek).filter(|_| !(colored && can.color)),
            xy: can.color.then_some(Xy { x: 0.4, y: 0.4 }),
            ..LightState::default()
        },
        can,
        ..samples::light("l")
    })
}

/// Lights in rooms `r0`.. of any sizes, a zone `z` of any of them, the home `h`, and a scene `s` of the first room.
fn any_home() -> impl Strategy<Value = Home> {
    let lamps = prop::collection::vec((any_lamp(), 0..3_usize, any::<bool>()), 1..=MAX_LIGHTS);
    (lamps, any::<bool>()).prop_map(|(lamps, auto_dynamic)| {
        let id = |n: usize| Id::new(format!("l{n}"));
        let lights = lamps.iter().enumerate().map(|(n, (lamp, ..))| Light { id: id(n), ..lamp.clone() }).collect();
        let those = |pick: &dyn Fn(&(Light, usize, bool)) -> bool| -> Vec<Id> {
            (0..lamps.len()).filter(|n| pick(&lamps[*n])).map(id).collect()
        };
        let mut groups: Vec<Group> =
            (0..3).map(|room| group(&format!("r{room}"), GroupKind::Room, those(&|it| it.1 == room))).collect();
        groups.push(group("z", GroupKind::Zone, those(&|it| it.2)));
        groups.push(group("h", GroupKind::Home, those(&|_| true)));
        let given = SceneState { on: Some(true), brightness: Some(60.0), mirek: Some(300), ..SceneState::default() };
        let actions = groups[0].lights.iter().map(|light| (light.clone(), given.clone())).collect();
        let scene = Scene { auto_dynamic, actions, ..samples::scene("s", &groups[0]) };
        let light_index = (0..lamps.len()).map(|n| (id(n), n)).collect();
        Home { lights, groups, scenes: vec![scene], light_index, ..Home::default() }
    })
}

fn any_target() -> impl Strategy<Value = Target> {
    prop_oneof![
        (0..MAX_LIGHTS + 1).prop_map(|n| Target::Light(Id::new(format!("l{n}")))),
        select(vec!["r0", "r1", "r2", "z", "h"]).prop_map(|name| Target::Group(Id::new(name))),
    ]
}

fn color() -> impl Strategy<Value = Color> {
    prop_oneof![
        select(vec!["red", "warm white", "2700K", "#00ff88"]).prop_map(|text| Color::Text(text.to_owned())),
        (153..=500_u16).prop_map(Color::Mirek),
        (0.0..=1.0, 0.0..=1.0).prop_map(|(x, y)| Color::Xy(Xy { x, y })),
    ]
}

/// What says what a light shall be, and not by how much it shall change.
fn absolute_change() -> impl Strategy<Value = Change> {
    let power = prop::option::of(select(vec![Power::On, Power::Off]));
    let brightness = prop::option::of((0.1..=100.0).prop_map(Brightness::Percent));
    let gradient = prop_oneof![4 => Just(Vec::new()), 1 => prop::collection::vec(color(), 2..=5)];
    let transition = prop::option::of((0..8_000_000_u64).prop_map(Duration::from_millis));
    (power, brightness, prop::option::of(color()), gradient, transition).prop_map(
        |(power, brightness, color, gradient, transition)| Change {
            power,
            brightness,
            color,
            transition,
            gradient,
            ..Change::default()
        },
    )
}

fn any_change() -> impl Strategy<Value = Change> {
    let brightness = prop::option::of(prop_oneof![
        any::<f64>().prop_map(Brightness::Percent),
        (-100.0..=100.0).prop_map(Brightness::Delta)
    ]);
    let color = prop::option::of(prop_oneof![
        color(),
        any::<i16>().prop_map(Color::MirekDelta),
        any::<u32>().prop_map(Color::Kelvin),
        ".{0,8}".prop_map(Color::Text),
    ]);
    let effect = prop::option::of(select(vec!["candle".to_owned(), "no_effect".to_owned(), "nothing".to_owned()]));
    (absolute_change(), any::<bool>(), brightness, color, effect, prop::option::of(-0.5..=1.5)).prop_map(
        |(plain, toggle, brightness, color, effect, effect_speed)| Change {
            power: if toggle { Some(Power::Toggle) } else { plain.power },
            brightness: brightness.or(plain.brightness),
            color: color.or(plain.color),
            effect,
            effect_speed,
            ..plain
        },
    )
}

fn any_command() -> impl Strategy<Value = Command> {
    let mode = select(vec![RecallMode::Active, RecallMode::DynamicPalette, RecallMode::Static]);
    let recall = (mode, prop::option::of(0..9_000_u64), prop::option::of(-1.0..=101.0));
    prop_oneof![
        6 => (any_target(), any_change()).prop_map(|(target, change)| Command::Set { target, change }),
        1 => recall.prop_map(|(mode, seconds, brightness)| Command::Recall {
            scene: Id::new("s"), mode, transition: seconds.map(Duration::from_secs), brightness }),
        1 => (0..MAX_LIGHTS).prop_map(|n| Command::Identify(Id::new(format!("l{n}")))),
    ]
}

fn absolute_commands() -> impl Strategy<Value = Vec<Command>> {
    let target = select(vec!["r0", "r1", "r2", "z", "h"]).prop_map(|name| Target::Group(Id::new(name)));
    let target = prop_oneof![1 => Just(Target::Light(Id::new("l0"))), 2 => target];
    let command = (target, absolute_change()).prop_map(|(target, change)| Command::Set { target, change });
    prop::collection::vec(command, 1..5)
}

fn try_plan(home: &Home, commands: &[Command]) -> Result<Plan, Error> {
    plan(PlanContext { home, pending: &PendingView::default(), forecast: &Budget::idle_forecast }, commands)
}

/// Returns when the last lamp follows a plan.
fn end(context: &PlanContext<'_>, plan: &Plan) -> Duration {
    let (groups, lamps): (Vec<&Step>, Vec<&Step>) = plan.steps.iter().partition(|step| step.kind == StepKind::Group);
    group::end_of(context, groups.len(), &lamps.iter().map(|step| step.messages).collect::<Vec<_>>())
}

/// Returns a budget that has just sent these requests.
async fn used_budget(groups: usize, lamps: usize) -> Budget {
    let budget = Budget::new();
    let costs = std::iter::repeat_n(Cost::GROUP_COMMAND, groups).chain(std::iter::repeat_n(Cost::light(2), lamps));
    let sent = costs.map(|cost| budget.acquire(cost, tokio::time::Instant::now() + Duration::from_hours(1)));
    drop(futures::future::join_all(sent.map(async |turn| turn.await.map(drop))).await);
    budget
}

fn targets(home: &Home, command: &Command) -> Vec<Id> {
    match command {
        Command::Set { target: Target::Light(id), .. } | Command::Identify(id) => vec![id.clone()],
        Command::Set { target: Target::Group(id), .. } => home.group(id).expect("a group").lights.clone(),
        Command::Recall { .. } => home.scenes[0].actions.iter().map(|(id, _)| id.clone()).collect(),
    }
}

/// Whether all numbers of a body are such as a bridge takes.
fn is_sound(body: &Value) -> bool {
    let number = |path: &str, least: f64, most: f64| {
        body.pointer(path).is_none_or(|it| it.as_f64().is_some_and(|it| (least..=most).contains(&it)))
    };
    let duration = body["dynamics"]["duration"].as_u64().unwrap_or_default();
    number("/dimming/brightness", 0.4, 100.0)
        && number("/dimming_delta/brightness_delta", 0.0, 100.0)
        && number("/color_temperature/mirek", 50.0, 1000.0)
        && number("/color_temperature_delta/mirek_delta", 0.0, 950.0)
        && number("/color/xy/x", 0.0, 1.0)
        && number("/color/xy/y", 0.0, 1.0)
        && duration <= 6_000_000
        && duration.is_multiple_of(100)
}

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn every_plan_is_sound(home in any_home(), commands in prop::collection::vec(any_command(), 0..8)) {
        let plan = match try_plan(&home, &commands) {
            Ok(plan) => plan,
            Err(error) => {
                prop_assert!(matches!(error, Error::Invalid(_) | Error::NotFound { .. }), "{error:?}");
                return Ok(());
            }
        };
        let known: BTreeSet<&Id> = home.lights.iter().map(|light| &light.id).collect();
        let asked: BTreeSet<Id> = commands.iter().flat_map(|command| targets(&home, command)).collect();
        let told: Vec<&Id> = plan.lights.iter().map(|light| &light.light).collect();
        prop_assert_eq!(told.len(), asked.len(), "each light that is meant is there once");
        prop_assert_eq!(told.into_iter().collect::<BTreeSet<_>>(), asked.iter().collect::<BTreeSet<_>>());
        for step in &plan.steps {
            prop_assert!(step.lights.iter().all(|light| known.contains(light) && asked.contains(light)), "{step:?}");
            prop_assert!(is_sound(&step.body), "{}", step.body);
            prop_assert!(step.body.as_object().is_some_and(|body| body.keys().any(|name| name != "dynamics")));
        }
        // Nothing takes longer than the slowest that there is, one group a second.
        prop_assert!(plan.estimated <= Duration::from_secs(plan.steps.len() as u64 * 2));
    }

    #[test]
    fn every_step_is_in_one_round_and_no_round_tells_a_light_twice(
        home in any_home(), commands in prop::collection::vec(any_command(), 0..8),
    ) {
        let Ok(plan) = try_plan(&home, &commands) else { return Ok(()) };
        let rounds = send_order(&plan.steps);
        let mut all: Vec<usize> = rounds.concat();
        all.sort_unstable();
        prop_assert_eq!(all, (0..plan.steps.len()).collect::<Vec<_>>());
        for round in rounds {
            let mut seen = HashSet::new();
            let lights: Vec<&Id> = round.iter().flat_map(|at| &plan.steps[*at].lights).collect();
            prop_assert!(lights.into_iter().all(|light| seen.insert(light)));
        }
    }

    #[test]
    fn without_scenes_a_light_is_in_one_group_command_at_most_and_gets_one_of_its_own_at_most(
        home in any_home(), commands in absolute_commands(),
    ) {
        let plan = try_plan(&home, &commands).expect("a plan");
        for light in &plan.lights {
            let own = plan.steps.iter().filter(|step| step.lights.contains(&light.light));
            let kinds: Vec<StepKind> = own.map(|step| step.kind).collect();
            prop_assert!(matches!(kinds[..], [] | [_] | [StepKind::Group, StepKind::Light]), "{kinds:?}");
        }
    }

    #[test]
    fn the_last_command_wins_for_each_attribute(home in any_home(), commands in absolute_commands()) {
        let plan = try_plan(&home, &commands).expect("a plan");
        for planned in plan.lights.iter().filter(|light| !matches!(light.note, Some(Note::Unreachable))) {
            let can = &home.light(&planned.light).expect("a light").can;
            let own = commands.iter().filter(|command| targets(&home, command).contains(&planned.light));
            let changes = own.filter_map(|command| match command {
                Command::Set { change, .. } => Some(change),
                _ => None,
            });
            let (mut on, mut brightness) = (None, None);
            for change in changes {
                on = change.power.or(on);
                brightness = change.brightness.or(brightness);
            }
            if let Some(power) = on {
                prop_assert_eq!(planned.after.on, power == Power::On);
            }
            if let Some(Brightness::Percent(percent)) = brightness.filter(|_| can.dimming) {
                // Within a step of the bridge's it is no change.
                let after = planned.after.brightness.unwrap_or_default();
                prop_assert!((after - percent.max(0.4)).abs() <= 0.4, "{after} for {percent}");
            }
        }
    }

    #[test]
    fn what_is_done_needs_not_be_done_again(home in any_home(), commands in absolute_commands()) {
        let plan = try_plan(&home, &commands).expect("a plan");
        let mut done = home.clone();
        for light in &mut done.lights {
            if let Some(planned) = plan.lights.iter().find(|planned| planned.light == light.id) {
                light.state = planned.after.clone();
            }
        }
        let again = try_plan(&done, &commands).expect("a plan");
        prop_assert!(again.steps.is_empty(), "{:?}", again.steps);
    }

    #[test]
    fn what_is_planned_for_a_group_is_what_its_lamps_get_one_by_one(home in any_home(), change in absolute_change()) {
        let together = Command::Set { target: Target::Group(Id::new("h")), change: change.clone() };
        let each = |light: &Light| Command::Set { target: Target::Light(light.id.clone()), change: change.clone() };
        let one_by_one: Vec<Command> = home.lights.iter().map(each).collect();
        let (together, one_by_one) = (try_plan(&home, &[together]).expect("a plan"), try_plan(&home, &one_by_one).expect("a plan"));
        prop_assert_eq!(together, one_by_one);
    }

    #[test]
    fn no_plan_ends_much_later_than_group_commands_alone_or_lamps_alone(
        home in any_home(), commands in absolute_commands(), groups in 0..4_usize, lamps in 0..30_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a runtime").block_on(async {
            let budget = used_budget(groups, lamps).await;
            let plan_by = |forecast: &dyn Fn(&[Cost]) -> Duration| {
                plan(PlanContext { home: &home, pending: &PendingView::default(), forecast }, &commands).expect("a plan")
            };
            let real = |costs: &[Cost]| budget.forecast(costs);
            let context = PlanContext { home: &home, pending: &PendingView::default(), forecast: &real };
            let number = |costs: &[Cost]| costs.iter().filter(|cost| **cost == Cost::GROUP_COMMAND).count();
            let most_groups = plan_by(&|_| Duration::ZERO);
            let no_groups = plan_by(&|costs| Duration::from_hours(number(costs) as u64));
            let soonest = end(&context, &most_groups).min(end(&context, &no_groups));
            let chosen = end(&context, &plan_by(&real));
            prop_assert!(no_groups.steps.iter().all(|step| step.kind != StepKind::Group));
            prop_assert!(chosen <= soonest + group::MAX_GROUP_DELAY, "{:?}, not {:?}", chosen, soonest);
            Ok(())
        })?;
    }
}
