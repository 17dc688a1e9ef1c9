//! Uses everything in the contract. A component that was built from it once must load and work for ever.

use std::fmt::Display;
use std::time::Duration;

use lamplighter_plugin::control::{ApplyOptions, Brightness, Power, Recall, RecallMode};
use lamplighter_plugin::home::Kinds;
use lamplighter_plugin::log::Level;
use lamplighter_plugin::prelude::*;
use lamplighter_plugin::scenes::{NewScene, SceneChanges, SceneLight, Source};
use lamplighter_plugin::{
    Blob, Candidate, ContentBlock, EmbeddedResource, FieldError, Icon, Kind, NoMatch, ResourceContents, ResourceLink,
    Role, Unavailable, Xy, clip, scenes, status,
};
use serde_json::json;

/// Holds the outcome of each function of the contract: `ok`, or its error.
#[derive(Serialize, JsonSchema)]
struct Answers {
    answers: Vec<(String, String)>,
}

/// Pairs the name of a function with its outcome.
type Outcome = (&'static str, String);

#[derive(Deserialize, JsonSchema)]
struct Of {
    /// Anything.
    what: String,
}

fn outcome<T, E: Display>(result: Result<T, E>) -> String {
    result.map_or_else(|error| error.to_string(), |_| "ok".to_owned())
}

fn use_everything(_: NoArguments) -> Json<Answers> {
    let parts: [fn() -> Vec<Outcome>; 6] =
        [call_functions, home_functions, control_functions, scene_functions, clip_functions, others];
    let all = parts.into_iter().flat_map(|part| part());
    Json(Answers { answers: all.map(|(name, answer)| (name.to_owned(), answer)).collect() })
}

fn call_functions() -> Vec<Outcome> {
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

fn home_functions() -> Vec<Outcome> {
    vec![
        ("home.lights", outcome(home::lights())),
        ("home.groups", outcome(home::groups())),
        ("home.scenes", outcome(home::scenes())),
        ("home.devices", outcome(home::devices())),
        ("home.sensors", outcome(home::sensors())),
        ("home.bridge", outcome(home::bridge())),
        ("home.how-fresh", outcome(home::how_fresh())),
        ("home.find", outcome(home::find("all", Kinds::HOME, None).map_err(|error| format!("{error:?}")))),
        ("home.refresh", outcome(home::refresh())),
    ]
}

fn control_functions() -> Vec<Outcome> {
    let light = home::lights().unwrap_or_default().into_iter().map(|light| light.id).next().unwrap_or_default();
    let scene = home::scenes().unwrap_or_default().into_iter().map(|scene| scene.id).next().unwrap_or_default();
    let options = ApplyOptions { confirm_within_ms: Some(0), meta: Some(json!({}).to_string()) };
    let recall =
        |mode| Command::Recall(Recall { scene: scene.clone(), mode, transition_ms: Some(0), brightness: Some(10.0) });
    let mut answers = vec![
        ("control.apply", outcome(control::apply_with(&[Command::light(&light, Change::on())], &options))),
        ("control.plan", outcome(control::plan(&[Command::scene(&scene), Command::Identify(light.clone())]))),
        ("control.plan recall", outcome(control::plan(&[RecallMode::DynamicPalette, RecallMode::Static].map(recall)))),
        ("control.plan other", outcome(control::plan(&[Command::Other(json!({}).to_string())]))),
    ];
    let of_light = |(what, change)| (what, outcome(control::plan(&[Command::light(&light, change)])));
    answers.extend(changes().into_iter().map(of_light));
    answers
}

fn changes() -> Vec<(&'static str, Change)> {
    let color = |color| Change::default().color(color);
    let everywhere = Change {
        power: Some(Power::Toggle),
        brightness: Some(Brightness::Delta(-1.0)),
        effect: Some("candle".to_owned()),
        effect_speed: Some(0.5),
        gradient: vec![Color::Text("red".to_owned()), Color::Text("blue".to_owned())],
        ..Change::default().transition_ms(100)
    };
    vec![
        ("change of all", everywhere),
        ("change of brightness", Change::off().brightness(50.0)),
        ("change of color text", color(Color::Text("#ff8800".to_owned()))),
        ("change of color mirek", color(Color::Mirek(300))),
        ("change of color kelvin", color(Color::Kelvin(2700))),
        ("change of color xy", color(Color::Xy(Xy { x: 0.3, y: 0.3 }))),
        ("change of color mirek-delta", color(Color::MirekDelta(-5))),
        ("change of more", Change { more: vec![("new".to_owned(), "1".to_owned())], ..Change::default() }),
    ]
}

fn scene_functions() -> Vec<Outcome> {
    let room = home::groups().unwrap_or_default().into_iter().find(|group| group.kind == Kind::Room);
    let (group, lights) = room.map(|room| (room.id, room.lights)).unwrap_or_default();
    let made = scenes::create(&NewScene { name: "Everything".to_owned(), group, lights: Source::Current });
    let scene = made.clone().unwrap_or_default();
    let given = lights.into_iter().map(|light| SceneLight { light, change: Change::on().brightness(30.0) });
    let changes = SceneChanges { name: Some("All of it".to_owned()), lights: Some(Source::Given(given.collect())) };
    vec![
        ("scenes.create", outcome(made)),
        ("scenes.update", outcome(scenes::update(&scene, &changes))),
        ("scenes.delete", outcome(scenes::delete(&scene))),
    ]
}

fn clip_functions() -> Vec<Outcome> {
    let light = home::lights().unwrap_or_default().into_iter().map(|light| light.id).next().unwrap_or_default();
    let zone = json!({"type": "zone", "metadata": {"name": "Everything", "archetype": "other"}, "children": []});
    let made = clip::post("zone", &zone);
    let zone = made.as_ref().ok().and_then(|made| made.first()?["rid"].as_str().map(str::to_owned)).unwrap_or_default();
    vec![
        ("clip.send get", outcome(clip::get("light"))),
        ("clip.send get one", outcome(clip::get_one("light", &light))),
        ("clip.send put", outcome(clip::put("light", &light, &json!({"on": {"on": true}})))),
        ("clip.send post", outcome(made)),
        ("clip.send delete", outcome(clip::delete("zone", &zone))),
    ]
}

fn others() -> Vec<Outcome> {
    let words = |error: ToolError| format!("{error:?}");
    vec![
        ("settings.get", outcome(settings::raw())),
        ("status.health", outcome(status::health())),
        ("status.metrics", outcome(status::metrics())),
        ("storage.set", outcome(storage::set("key", "value").map_err(words))),
        ("storage.get", outcome(storage::get::<String>("key").map_err(words))),
        ("storage.compare-and-swap", outcome(storage::compare_and_swap("other", None, Some(b"1")).map_err(debug))),
        ("storage.keys", outcome(storage::keys("").map_err(words))),
        ("storage.delete", outcome(storage::delete("key").map_err(words))),
        ("storage.usage", outcome(storage::usage().map_err(words))),
    ]
}

fn debug(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}

/// Returns one content block of each kind.
fn show(_: NoArguments) -> Reply {
    let blob = |mime_type: &str| Blob { data: vec![0, 255], mime_type: mime_type.to_owned() };
    let embedded = |contents| {
        let (uri, mime_type) = ("about/blocks".to_owned(), Some("text/plain".to_owned()));
        ContentBlock::Resource(EmbeddedResource { uri, mime_type, contents })
    };
    let link = ResourceLink {
        uri: "https://example.org/".to_owned(),
        name: "elsewhere".to_owned(),
        title: Some("Elsewhere".to_owned()),
        description: Some("Is not here.".to_owned()),
        mime_type: Some("text/html".to_owned()),
    };
    Reply::text("text")
        .block(ContentBlock::Image(blob("image/png")))
        .block(ContentBlock::Audio(blob("audio/wav")))
        .block(ContentBlock::ResourceLink(link))
        .block(embedded(ResourceContents::Text("text".to_owned())))
        .block(embedded(ResourceContents::Bytes(vec![1])))
        .block(ContentBlock::Other(json!({"type": "text", "text": "other"}).to_string()))
        .structured(json!({"shown": 7}))
        .meta(json!({"example.org/all": true}))
}

#[derive(Deserialize, JsonSchema)]
struct Failure {
    /// A case of the contract's `tool-error`.
    case: String,
}

fn fail(Failure { case }: Failure) -> Result<String, ToolError> {
    let (kind, id, name, room) = (Kind::Light, "id".to_owned(), "near".to_owned(), Some("here".to_owned()));
    let candidates = vec![Candidate { kind, id, name, room }];
    let no_match = NoMatch { message: case.clone(), candidates };
    Err(match case.as_str() {
        "invalid-arguments" => {
            ToolError::InvalidArguments(vec![FieldError { field: "/case".to_owned(), reason: case }])
        }
        "not-found" => ToolError::NotFound(no_match),
        "ambiguous" => ToolError::Ambiguous(no_match),
        "denied" => ToolError::Denied(case),
        "unavailable" => ToolError::Unavailable(Unavailable { message: case, retry_after_ms: Some(1_500) }),
        "timeout" => ToolError::Timeout(case),
        "needs-input" => ToolError::NeedsInput(json!({"message": case}).to_string()),
        "failed" => ToolError::Failed(case),
        _ => ToolError::Other(case),
    })
}

fn about(Of { what }: Of) -> String {
    format!("This is {what}.")
}

fn icon() -> Icon {
    Icon {
        src: "data:image/svg+xml,<svg/>".to_owned(),
        mime_type: Some("image/svg+xml".to_owned()),
        sizes: vec!["any".to_owned()],
    }
}

fn start() -> Result<(), String> {
    println!("everything starts");
    settings::raw().map(drop).map_err(|error| error.to_string())
}

fn stop() {
    println!("everything stops");
}

export_plugin! {
    tools: [
        Tool::new("everything", "Calls every function of the contract.", use_everything)
            .title("Everything")
            .idempotent()
            .destructive()
            .open_world()
            .expected_duration(Duration::from_secs(45))
            .icon(icon())
            .meta(json!({"example.org/of": "tool"})),
        Tool::new("show", "Shows one block of each kind.", show).read_only(),
        Tool::new("fail", "Fails in the way that is asked for.", fail),
    ],
    prompts: [
        Prompt::new("begin", "Begins with everything.", |Of { what }: Of| format!("Use {what}."))
            .title("Begin")
            .icon(icon())
            .meta(json!({"example.org/of": "prompt"})),
    ],
    resources: [
        Resource::new("about/{what}", "About", about).title("About").icon(icon()),
        Resource::new("all", "All", |_: NoArguments| "All.").mime_type("text/plain").size(4).priority(1.0).audience(&[Role::User]),
    ],
    start: start,
    stop: stop,
}
