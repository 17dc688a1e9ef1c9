//! Uses the draft of the contract: its tools set a light within any number of milliseconds, make a scene, and select parts
//! of the home; its prompt, its resource and its start are there too.
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "nothing is exported"))]

#[allow(clippy::all, clippy::pedantic, reason = "it is generated")]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit-draft",
        inline: "
            package lamplighter:draft-guest;

            world draft {
                include lamplighter:plugin/everything@0.2.0;
                include lamplighter:plugin/with-lifecycle@0.2.0;
                include lamplighter:plugin/with-prompts@0.2.0;
                include lamplighter:plugin/with-resources@0.2.0;
            }
        ",
        world: "draft",
        generate_all,
    });
}

use bindings::exports::lamplighter::plugin::{lifecycle, prompts, resources, tools};
use bindings::lamplighter::plugin::content::{
    ContentBlock, Hints, Prompt, PromptMessage, PromptOutput, ResourceContents, ResourceInfo, ResourceOutput,
    ResourcePart, Role, Tool, ToolOutput,
};
use bindings::lamplighter::plugin::control::{ApplyOptions, Change, Color, Command, Set};
use bindings::lamplighter::plugin::outcomes::{Delivery, Power, Target};
use bindings::lamplighter::plugin::scenes::{NewScene, SceneLight, Source};
use bindings::lamplighter::plugin::selection::{
    GroupFields, GroupFilter, LightFields, LightFilter, SceneFields, SceneFilter,
};
use bindings::lamplighter::plugin::types::{Error, ToolError};
use bindings::lamplighter::plugin::{control, home, log, scenes, selection};
use serde_json::{Value, json};

struct Draft;

impl lifecycle::Guest for Draft {
    fn start() -> Result<(), String> {
        log::write(log::Level::Info, "draft starts", &[]);
        Ok(())
    }

    fn stop() {}
}

impl tools::Guest for Draft {
    fn list_tools() -> Vec<Tool> {
        vec![tool("draft_set"), tool("draft_scene"), tool("draft_select")]
    }

    fn call_tool(name: String, arguments: String) -> Result<ToolOutput, ToolError> {
        let arguments: Value = serde_json::from_str(&arguments).expect("the host has checked it");
        let told = match name.as_str() {
            "draft_set" => set(&arguments),
            "draft_scene" => make_scene(&arguments),
            _ => select(&arguments),
        };
        Ok(ToolOutput { content: vec![ContentBlock::Text(told)], structured: None, is_error: false, meta: None })
    }
}

/// Sets a light to a temperature within some milliseconds, and waits some milliseconds for its confirmation.
fn set(arguments: &Value) -> String {
    let number = |name: &str| arguments[name].as_u64();
    let command = Command::Set(Set { target: Target::Light(light(arguments)), change: change(arguments) });
    let options = ApplyOptions { confirm_within_ms: number("confirm_within_ms"), meta: None };
    match control::apply(&[command], &options) {
        Ok(outcomes) if matches!(outcomes[0].delivery, Delivery::Confirmed) => "confirmed".to_owned(),
        other => format!("{other:?}"),
    }
}

/// Makes a scene of one light.
fn make_scene(arguments: &Value) -> String {
    let lights = vec![SceneLight { light: light(arguments), change: change(arguments) }];
    let group = home::groups().expect("the home is there").into_iter().find(|group| group.name == "Office");
    let group = group.expect("there is an office").id;
    let scene = NewScene { name: "Draft".to_owned(), group, lights: Source::Given(lights) };
    scenes::create(&scene).map_or_else(|error| format!("{error:?}"), |_| "made".to_owned())
}

/// Selects the lights of a group that are on, with two fields; the group, with its lights; and the group's scenes.
fn select(arguments: &Value) -> String {
    let group = arguments["light"].as_str().unwrap_or_default();
    let group = home::find(group, home::Kinds::ROOM, None).map_or_else(|_| group.to_owned(), |found| found.id);
    selected(&group).unwrap_or_else(|error| format!("{error:?}"))
}

fn selected(group: &str) -> Result<String, Error> {
    let lit = LightFilter { ids: None, group: Some(group.to_owned()), on: Some(true), reachable: None, name: None };
    let table = selection::lights(&lit, LightFields::ROOM | LightFields::CAPABILITIES)?;
    let room = |light: &selection::Light| light.room.and_then(|at| table.rooms.get(usize::try_from(at).ok()?));
    let lights: Vec<_> = table
        .lights
        .iter()
        .map(|light| json!([light.name, room(light).map(|room| &room.name), light.state.is_some()]))
        .collect();
    let groups = selection::groups(&GroupFilter { ids: Some(vec![group.to_owned()]) }, GroupFields::LIGHTS)?;
    let groups: Vec<_> = groups.iter().map(|it| json!([it.name, it.archetype, it.lights.len()])).collect();
    let scenes = SceneFilter { ids: None, group: Some(group.to_owned()) };
    let scenes = selection::scenes(&scenes, SceneFields::empty())?;
    let scenes: Vec<_> = scenes.iter().map(|it| json!([it.name, it.group, it.lights.len()])).collect();
    let told = json!({"lights": lights, "abilities": table.capabilities.len(), "groups": groups, "scenes": scenes});
    Ok(told.to_string())
}

fn change(arguments: &Value) -> Change {
    Change {
        power: Some(Power::On),
        brightness: None,
        color: arguments["kelvin"].as_f64().map(Color::Kelvin),
        transition_ms: arguments["transition_ms"].as_u64(),
        effect: None,
        effect_speed: None,
        gradient: Vec::new(),
        more: Vec::new(),
    }
}

fn light(arguments: &Value) -> String {
    let name = arguments["light"].as_str().unwrap_or_default();
    home::find(name, home::Kinds::LIGHT, None).expect("the test names a light").id
}

fn tool(name: &str) -> Tool {
    let hints = Hints { read_only: None, destructive: None, idempotent: None, open_world: None };
    let schema = json!({"type": "object", "properties": {"light": {"type": "string"}}, "required": ["light"]});
    Tool {
        name: name.to_owned(),
        title: None,
        description: "Uses the draft of the contract.".to_owned(),
        input_schema: schema.to_string(),
        output_schema: None,
        hints,
        expected_ms: None,
        icons: Vec::new(),
        meta: None,
    }
}

impl prompts::Guest for Draft {
    fn list_prompts() -> Vec<Prompt> {
        vec![Prompt {
            name: "draft_begin".to_owned(),
            title: None,
            description: "Begins.".to_owned(),
            arguments: Vec::new(),
            icons: Vec::new(),
            meta: None,
        }]
    }

    fn get_prompt(_: String, _: Vec<(String, String)>) -> Result<PromptOutput, ToolError> {
        let message = PromptMessage { role: Role::User, content: ContentBlock::Text("Begin.".to_owned()) };
        Ok(PromptOutput { description: None, messages: vec![message], meta: None })
    }
}

impl resources::Guest for Draft {
    fn list_resources() -> Vec<ResourceInfo> {
        vec![ResourceInfo {
            path: "all".to_owned(),
            name: "all".to_owned(),
            title: None,
            description: None,
            mime_type: None,
            size: None,
            icons: Vec::new(),
            annotations: None,
            meta: None,
        }]
    }

    fn read_resource(_: String, _: Vec<(String, String)>) -> Result<ResourceOutput, ToolError> {
        let contents = ResourceContents::Text("All.".to_owned());
        Ok(ResourceOutput {
            contents: vec![ResourcePart { path: None, mime_type: None, contents, meta: None }],
            meta: None,
        })
    }
}

// A native library cannot export the contract's names.
#[cfg(target_arch = "wasm32")]
bindings::export!(Draft with_types_in bindings);
