//! The example plugin behaves the same in every language, and a new project works as it is written.

use anyhow::{Context, Result, ensure};
use hue_bridge_sim::Simulator;
use lamplighter_tests::{Client, Entry, Era, Server, Setup, example};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// The lights of the living room that are on in the simulated home.
const LIT_LIGHTS: [&str; 4] = ["Sofa lamp", "Floor lamp", "Ceiling 1", "Ceiling 2"];
/// The light of the living room that is off.
const DARK_LIGHT: &str = "TV strip";
/// Three seconds, as the tool takes it.
const SUNSET_MINUTES: f64 = 0.05;
const SUNSET_STEPS: u32 = 3;

/// Starts the plugin with a simulated home. Returns `None` where the language cannot be built.
async fn evening(language: &str) -> Result<Option<(Server, Client)>> {
    let Some(component) = example(&format!("sunset-{language}"))? else { return Ok(None) };
    let server = Setup::new().plugin("sunset", component).home().await?.start().await?;
    server.loaded("sunset").await?;
    let client = server.connect(Era::Modern).await?;
    Ok(Some((server, client)))
}

async fn lists_one_tool(language: &str) -> Result<()> {
    let Some((_server, client)) = evening(language).await? else { return Ok(()) };
    let list = client.result("tools/list", json!({})).await?;
    let [tool] = list["tools"].as_array().map(Vec::as_slice).unwrap_or_default() else { panic!("{list}") };
    assert_eq!((&tool["name"], &tool["title"]), (&json!("sunset"), &json!("Sunset")));
    assert!(tool["description"].as_str().is_some_and(|text| text.contains("warm glow")), "{tool}");
    let room = "Name of a room or zone; `all` for the whole home.";
    let minutes = "How long the sunset takes. Fractions are fine.";
    let arguments = json!({
        "type": "object",
        "properties": {
            "room": {"type": "string", "minLength": 1, "maxLength": 100, "description": room},
            "minutes": {"type": "number", "exclusiveMinimum": 0, "maximum": 120, "description": minutes},
        },
        "required": ["room", "minutes"],
        "additionalProperties": false,
    });
    assert_eq!(tool["inputSchema"], arguments);
    assert_eq!(tool["outputSchema"]["required"], json!(["room", "steps", "lights_off", "not_reached"]));
    let hints = &tool["annotations"];
    assert_eq!((&hints["destructiveHint"], &hints["idempotentHint"]), (&json!(false), &json!(true)), "{hints}");
    Ok(())
}

async fn fades_a_room_and_tells_how_far_it_is(language: &str) -> Result<()> {
    let Some((server, client)) = evening(language).await? else { return Ok(()) };
    let bridge = &server.home()?.bridge;
    let dark = server.home()?.light(DARK_LIGHT)?;
    let sunset = Sunset::begin(&client, "living ROOM", SUNSET_MINUTES).await?;
    let mut levels = vec![brightness(bridge, "Ceiling 1")?];
    for step in 1..=SUNSET_STEPS {
        let told = sunset.reaches(step).await?;
        assert_eq!(told["params"]["total"].as_f64(), Some(f64::from(SUNSET_STEPS)), "{told}");
        assert!(told["params"]["message"].as_str().is_some_and(|it| it.starts_with("Living room: ")), "{told}");
        levels.push(brightness(bridge, "Ceiling 1")?);
    }
    let result = &sunset.answer.await?["result"];

    assert!(levels.windows(2).all(|pair| pair[0] >= pair[1]), "they never rise: {levels:?}");
    assert!(levels[1] < levels[0] && levels[1] > 20.0, "they begin where they were: {levels:?}");
    assert!(levels[3] < 2.0, "they end as a glow: {levels:?}");
    for light in LIT_LIGHTS {
        assert_eq!(server.home()?.light(light)?["on"]["on"], false, "{light}");
    }
    assert_eq!(server.home()?.light(DARK_LIGHT)?, dark, "what was off is left alone");
    assert_eq!(bridge.light("Sofa lamp").context("a lamp")?["color_temperature"]["mirek"], 500, "2000 K");
    assert_eq!(result["content"][0]["text"], "The sun has set in Living room.", "{result}");
    let structured = json!({"room": "Living room", "steps": SUNSET_STEPS, "lights_off": LIT_LIGHTS, "not_reached": []});
    assert_eq!(sorted(&result["structuredContent"]), sorted(&structured));
    Ok(())
}

async fn stops_where_it_is_when_it_is_cancelled(language: &str) -> Result<()> {
    let Some((server, client)) = evening(language).await? else { return Ok(()) };
    let mut sunset = Sunset::begin(&client, "Living room", 1.0).await?;
    sunset.reaches(2).await?;
    client.notify("notifications/cancelled", json!({"requestId": sunset.id, "reason": "changed my mind"})).await?;
    let over = |entry: &Entry| entry.field("tool") == "sunset" && entry.message() == "call failed";
    let ended = server.log.wait("the call to be over", 0, over).await?;
    assert_eq!(ended.field("reason"), "Stopped after step 2 of 20; the lights of Living room stay as they are.");
    for light in LIT_LIGHTS {
        assert_eq!(server.home()?.light(light)?["on"]["on"], true, "{light}");
    }
    let level = brightness(&server.home()?.bridge, "Ceiling 1")?;
    assert!((70.0..75.0).contains(&level), "80 less two steps of 4: {level}");
    assert!(sunset.answer.try_recv().is_err(), "a cancelled request gets no answer");
    Ok(())
}

async fn asks_back_which_room_is_meant(language: &str) -> Result<()> {
    let Some((server, client)) = evening(language).await? else { return Ok(()) };
    for (room, code, candidates) in
        [("Kitchn", "NOT_FOUND", vec!["Kitchen"]), ("room", "AMBIGUOUS", vec!["Bedroom", "Living room"])]
    {
        let answer = client.call_any("sunset", json!({"room": room, "minutes": 1})).await?;
        assert_eq!(answer["isError"], true, "{answer}");
        let text = answer["content"][0]["text"].as_str().unwrap_or_default();
        for candidate in candidates {
            assert!(text.contains(candidate), "{code}: {text}");
        }
    }
    let text = client.call_failing("sunset", json!({"room": "Living room", "minutes": 90})).await?;
    assert!(text.contains("wall_seconds"), "the host allows 10 minutes unless it is told otherwise: {text}");
    let writes = server.home()?.bridge.requests().into_iter().filter(|request| request.method != "GET").count();
    assert_eq!(writes, 0);
    Ok(())
}

/// Calls the component that was built from what `lamplighter plugin new party-lights` writes.
async fn a_new_project_blinks_a_light(language: &str) -> Result<()> {
    let Some(component) = example(&format!("template-{language}"))? else { return Ok(()) };
    let (server, client) = Setup::new().plugin("party-lights", component).home().await?.connect(Era::Modern).await?;
    let answer = client.call("party_lights_blink", json!({"light": "desk LAMP"})).await?;
    assert_eq!(answer["content"][0]["text"], "Desk lamp blinked.");
    let writes = server.home()?.bridge.requests().into_iter().filter(|request| request.method == "PUT");
    let switched: Vec<_> = writes.filter_map(|request| request.body).map(|body| body["on"]["on"].clone()).collect();
    assert_eq!(switched, [json!(false), json!(true)]);

    let text = client.call_failing("party_lights_blink", json!({"light": "Desk lmap"})).await?;
    assert!(text.contains("Desk lamp") && !text.contains('{'), "{text}");
    Ok(())
}

async fn the_check_of_a_new_project_finds_nothing_wrong(language: &str) -> Result<()> {
    let Some(component) = example(&format!("template-{language}"))? else { return Ok(()) };
    let server = Setup::new().plugin("party-lights", component).start().await?;
    let file = server.plugins.file("party-lights").display().to_string();
    let check = server.command(&["plugin", "check", &file, "--json"]).await?.succeeded()?;
    let report: Value = serde_json::from_str(&check.stdout)?;
    assert_eq!((&report["errors"], &report["warnings"]), (&json!([]), &json!([])));
    assert_eq!(report["tools"][0]["name"], "party_lights_blink", "{report}");
    Ok(())
}

/// A call of the tool `sunset` that is under way.
struct Sunset<'a> {
    client: &'a Client,
    mark: usize,
    id: u64,
    answer: oneshot::Receiver<Value>,
}

impl<'a> Sunset<'a> {
    /// Begins a call that asks for progress.
    async fn begin(client: &'a Client, room: &str, minutes: f64) -> Result<Self> {
        let mark = client.mark();
        let arguments = json!({"room": room, "minutes": minutes});
        let params = json!({"name": "sunset", "arguments": arguments, "_meta": {"progressToken": 1}});
        let (id, answer) = client.begin("tools/call", params).await?;
        Ok(Self { client, mark, id, answer })
    }

    /// Waits until the progress of a step is reported.
    async fn reaches(&self, step: u32) -> Result<Value> {
        let is_progress = |message: &Value| message["method"] == "notifications/progress";
        let wanted = |message: &Value| {
            let step_told = message["params"]["progress"].as_f64() == Some(f64::from(step));
            (is_progress(message) && step_told) || message["id"] == self.id
        };
        let told = self.client.message(&format!("step {step}"), self.mark, wanted).await?;
        ensure!(is_progress(&told), "it ended before step {step}: {told}");
        Ok(told)
    }
}

fn brightness(bridge: &Simulator, light: &str) -> Result<f64> {
    let light = bridge.light(light).context("there is such a light")?;
    light["dimming"]["brightness"].as_f64().context("it can be dimmed")
}

/// Sorts the names of a result, whose order is open.
fn sorted(result: &Value) -> Value {
    let mut result = result.clone();
    if let Some(names) = result["lights_off"].as_array_mut() {
        names.sort_by_key(ToString::to_string);
    }
    result
}

/// Makes a module per language with a test per claim.
macro_rules! in_every_language {
    ($($language:ident),+) => {
        $(mod $language {
            claim!($language, lists_one_tool);
            claim!($language, fades_a_room_and_tells_how_far_it_is);
            claim!($language, stops_where_it_is_when_it_is_cancelled);
            claim!($language, asks_back_which_room_is_meant);
            claim!($language, a_new_project_blinks_a_light);
        })+
    };
}

macro_rules! claim {
    ($language:ident, $claim:ident) => {
        #[tokio::test]
        async fn $claim() -> anyhow::Result<()> {
            super::$claim(stringify!($language)).await
        }
    };
}

in_every_language!(rust, python, javascript, c);

/// The projects in C, compiled as C++ by clang, and as C by Zig.
mod cpp {
    claim!(cpp, the_check_of_a_new_project_finds_nothing_wrong);
    claim!(cpp, a_new_project_blinks_a_light);
    claim!(cpp, asks_back_which_room_is_meant);
}

mod zig {
    claim!(zig, the_check_of_a_new_project_finds_nothing_wrong);
    claim!(zig, a_new_project_blinks_a_light);
    claim!(zig, asks_back_which_room_is_meant);
}
