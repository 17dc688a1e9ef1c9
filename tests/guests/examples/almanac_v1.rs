//! Has a tool, a prompt and resources.

use lamplighter_plugin::prelude::*;
use lamplighter_plugin::{ContentBlock, EmbeddedResource, ResourceContents, ResourceLink, Role};

#[derive(Deserialize, JsonSchema)]
struct Evening {
    /// Name of the room.
    room: String,
    /// What you are up to.
    plans: Option<String>,
}

#[derive(Deserialize)]
struct OfRoom {
    room: String,
}

fn evening(Evening { room, plans }: Evening) -> Result<Messages, ToolError> {
    // Grants hold here as they do in tools.
    let room = home::group(&room)?;
    let plans = plans.unwrap_or_else(|| "relax".to_owned());
    let about = EmbeddedResource {
        uri: "about".to_owned(),
        mime_type: Some("text/plain".to_owned()),
        contents: ResourceContents::Text("The almanac.".to_owned()),
    };
    Ok(Messages::user(format!("I want to {plans} in {}.", room.name))
        .and_assistant("I shall look at its scenes.")
        .block(Role::User, ContentBlock::Resource(about))
        .describe("An evening"))
}

fn lights_of(OfRoom { room }: OfRoom) -> Result<String, ToolError> {
    let room = home::group(&room)?;
    let lights = home::lights()?.into_iter().filter(|light| room.lights.contains(&light.id));
    Ok(lights.map(|light| light.name + "\n").collect())
}

fn look_up(_: NoArguments) -> Reply {
    let link = |uri: &str| {
        let (uri, name) = (uri.to_owned(), "About".to_owned());
        ContentBlock::ResourceLink(ResourceLink { uri, name, title: None, description: None, mime_type: None })
    };
    Reply::default().block(link("about")).block(link("https://example.org/almanac"))
}

fn broken(_: NoArguments) -> Result<String, ToolError> {
    panic!("the pages are torn")
}

export_plugin! {
    tools: [Tool::new("almanac_look_up", "Answers links to what the almanac has.", look_up).read_only()],
    prompts: [Prompt::new("evening", "Finds the light for an evening.", evening).title("An evening")],
    resources: [
        Resource::new("about", "About", |_: NoArguments| "The almanac.").mime_type("text/plain").priority(0.5),
        Resource::new("moon.bin", "Moon", |_: NoArguments| vec![0_u8, 255]).description("The moon, in bytes."),
        Resource::new("broken", "Broken", broken),
        Resource::new("rooms/{room}", "Lights of a room", lights_of).mime_type("text/plain"),
    ],
}
