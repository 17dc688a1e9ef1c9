//! Answers a list and a number, and takes an enumeration beside other arguments: ordinary Rust whose schemas cost clients
//! every tool unless they are mended.

use lamplighter_plugin::prelude::*;

/// The place, and how bright it is to be.
#[derive(Deserialize, JsonSchema)]
struct Dim {
    #[serde(flatten)]
    place: Place,
    /// How bright.
    #[schemars(range(min = 1, max = 100))]
    percent: u8,
}

/// A light or a room.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Place {
    /// A light.
    Light(String),
    /// A room.
    Room(String),
}

/// A lamp of the shed.
#[derive(Serialize, JsonSchema)]
struct Lamp {
    /// Name.
    name: String,
}

fn names(_: NoArguments) -> Json<Vec<Lamp>> {
    Json(vec![Lamp { name: "Desk".to_owned() }])
}

fn count(_: NoArguments) -> Json<u32> {
    Json(3)
}

fn dim(dim: Dim) -> String {
    let (kind, name) = match dim.place {
        Place::Light(name) => ("light", name),
        Place::Room(name) => ("room", name),
    };
    format!("{kind} {name} {}", dim.percent)
}

export_plugin! {
    tools: [
        Tool::new("shed_names", "Lists the lamps of the shed.", names).read_only(),
        Tool::new("shed_count", "Counts the lamps of the shed.", count).read_only(),
        Tool::new("shed_dim", "Dims a place in the shed.", dim).not_destructive(),
    ]
}
