//! Uses all there is in the contract: what is built of this today must load and work for ever.

use std::fmt::Display;

use lamplighter_plugin::control::ApplyOptions;
use lamplighter_plugin::home::Kinds;
use lamplighter_plugin::log::Level;
use lamplighter_plugin::prelude::*;
use lamplighter_plugin::scenes::{NewScene, SceneChanges, Source};
use lamplighter_plugin::{clip, scenes, status};

/// What each function of the contract answered: `ok`, or its error.
#[derive(Serialize, JsonSchema)]
struct Answers {
    answers: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Of {
    what: String,
}

fn said<T, E: Display>(result: Result<T, E>) -> String {
    result.map_or_else(|error| error.to_string(), |_| "ok".to_owned())
}

fn use_everything(_: NoArguments) -> Json<Answers> {
    let all = call_functions().into_iter().chain(home_functions()).chain(control_functions()).chain(others());
    Json(Answers { answers: all.map(|(name, answer)| (name.to_owned(), answer)).collect() })
}

fn call_functions() -> Vec<(&'static str, String)> {
    call::progress(1.0, Some(2.0), Some("half"));
    log::write(Level::Info, "everything is used", &[("by", "everything".into())]);
    let ok = |is_ok: bool| if is_ok { "ok" } else { "wrong" }.to_owned();
    vec![
        ("call.id", ok(!call::id().is_empty())),
        ("call.is-cancelled", ok(!call::is_cancelled())),
        ("call.time-left-ms", ok(!call::time_left().is_zero())),
        ("call.sleep", ok(call::sleep(1))),
    ]
}

fn home_functions() -> Vec<(&'static str, String)> {
    vec![
        ("home.lights", said(home::lights())),
        ("home.groups", said(home::groups())),
        ("home.scenes", said(home::scenes())),
        ("home.devices", said(home::devices())),
        ("home.sensors", said(home::sensors())),
        ("home.bridge", said(home::bridge())),
        ("home.how-fresh", said(home::how_fresh())),
        ("home.find", said(home::find("all", Kinds::HOME, None).map_err(|error| format!("{error:?}")))),
        ("home.refresh", said(home::refresh())),
    ]
}

fn control_functions() -> Vec<(&'static str, String)> {
    let lights = home::lights().unwrap_or_default();
    let commands: Vec<_> = lights.iter().take(1).map(|light| Command::light(&light.id, Change::on())).collect();
    let options = ApplyOptions { confirm_within_ms: Some(0), meta: None };
    vec![
        ("control.plan", said(control::plan(&commands))),
        ("control.apply", said(control::apply_with(&commands, &options))),
    ]
}

fn others() -> Vec<(&'static str, String)> {
    let words = |error: ToolError| format!("{error:?}");
    let group = home::groups().unwrap_or_default().into_iter().map(|group| group.id).next().unwrap_or_default();
    let made = scenes::create(&NewScene { name: "Everything".to_owned(), group, lights: Source::Current });
    let scene = made.clone().unwrap_or_default();
    let changes = SceneChanges { name: Some("All of it".to_owned()), lights: None };
    vec![
        ("scenes.create", said(made)),
        ("scenes.update", said(scenes::update(&scene, &changes))),
        ("scenes.delete", said(scenes::delete(&scene))),
        ("settings.get", said(settings::raw())),
        ("status.health", said(status::health())),
        ("status.metrics", said(status::metrics())),
        ("storage.set", said(storage::set("key", "value").map_err(words))),
        ("storage.get", said(storage::get::<String>("key").map_err(words))),
        ("storage.compare-and-swap", said(storage::compare_and_swap("other", None, Some(b"1")).map_err(debug))),
        ("storage.keys", said(storage::keys("").map_err(words))),
        ("storage.delete", said(storage::delete("key").map_err(words))),
        ("storage.usage", said(storage::usage().map_err(words))),
        ("clip.send", said(clip::get("light"))),
    ]
}

fn debug(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}

fn about(Of { what }: Of) -> String {
    format!("This is {what}.")
}

fn start() -> Result<(), String> {
    println!("everything starts");
    settings::raw().map(drop).map_err(|error| error.to_string())
}

fn stop() {
    println!("everything stops");
}

export_plugin! {
    tools: [Tool::new("everything", "Calls every function of the contract once.", use_everything)],
    prompts: [Prompt::new("begin", "Begins with everything.", |_: NoArguments| "Use everything.")],
    resources: [Resource::new("about/{what}", "About", about)],
    start: start,
    stop: stop,
}
