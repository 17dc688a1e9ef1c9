//! Two tools of plugins, written as one would in a server without plugins.

use jiff::Timestamp;
use lamplighter::native::hue_bridge::{Bridge, Light, LightState, Reachability, View, color};
use lamplighter::native::{Run, Tool, Tools};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) fn tools(bridge: Option<&Bridge>) -> Tools {
    let mut tools = Tools::new();
    let run: Run = Box::new(|arguments| tool(arguments, echo));
    tools.insert("native_echo", Tool { like: "echo", run });
    if let Some(bridge) = bridge.cloned() {
        let run: Run = Box::new(move |arguments| tool(arguments, |filter| list(&bridge, &filter)));
        tools.insert("native_list_lights", Tool { like: "hue_list_lights", run });
    }
    tools
}

fn tool<A: for<'de> Deserialize<'de>>(
    arguments: Map<String, Value>,
    run: impl FnOnce(A) -> Result<(String, Value), String>,
) -> Result<(String, Value), String> {
    run(serde_json::from_value(Value::Object(arguments)).map_err(|error| error.to_string())?)
}

// === echo ===

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Echo {
    text: String,
    count: u8,
}

#[derive(Serialize)]
struct Echoed {
    said: Vec<String>,
}

fn to_value(answer: &impl Serialize) -> Result<Value, String> {
    serde_json::to_value(answer).map_err(|error| error.to_string())
}

fn echo(asked: Echo) -> Result<(String, Value), String> {
    if !(1..=5).contains(&asked.count) {
        return Err("count: 1 to 5".to_owned());
    }
    let said = to_value(&Echoed { said: vec![asked.text; usize::from(asked.count)] })?;
    Ok((said.to_string(), said))
}

// === hue_list_lights ===

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    room: Option<String>,
    on: Option<bool>,
    reachable: Option<bool>,
    query: Option<String>,
}

#[derive(Serialize)]
struct Report<'a> {
    success: bool,
    status: &'static str,
    message: &'a str,
    lights_affected: u32,
    data: Data<'a>,
    errors: [(); 0],
    timestamp: String,
}

#[derive(Serialize)]
struct Data<'a> {
    lights: Vec<Entry<'a>>,
    age: Age,
}

#[derive(Serialize)]
struct Age {
    age_seconds: u64,
    stale: bool,
}

#[derive(Serialize)]
struct Entry<'a> {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u32>,
    name: &'a str,
    room: Option<&'a str>,
    reachable: bool,
    state: State<'a>,
}

#[derive(Serialize)]
struct State<'a> {
    on: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    brightness_pct: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    color_temp: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    color_temp_kelvin: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    xy: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hex: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<&'a str>,
}

fn list(bridge: &Bridge, filter: &Filter) -> Result<(String, Value), String> {
    let View { home, freshness } = bridge.view();
    let age =
        Age { age_seconds: freshness.age.ok_or("the bridge was never reached")?.as_secs(), stale: freshness.stale };
    let room = filter.room.as_ref().map(|name| {
        let room = home.groups.iter().find(|group| group.name.eq_ignore_ascii_case(name));
        room.ok_or_else(|| format!("there is no room {name}"))
    });
    let members = room.transpose()?.map(|room| &room.lights);
    let wanted = |light: &&Light| members.is_none_or(|ids| ids.contains(&light.id)) && filter.takes(light);
    let lights: Vec<_> = home.lights.iter().filter(wanted).map(Entry::of).collect();
    let message = summary(&lights);
    let text = text(&message, &lights, &age);
    let report = Report {
        success: true,
        status: "success",
        message: &message,
        lights_affected: 0,
        data: Data { lights, age },
        errors: [],
        timestamp: Timestamp::now().to_string(),
    };
    Ok((text, to_value(&report)?))
}

impl Filter {
    fn takes(&self, light: &Light) -> bool {
        let named = |query: &String| light.name.to_lowercase().contains(&query.to_lowercase());
        self.on.is_none_or(|on| on == light.state.on)
            && self.reachable.is_none_or(|reachable| reachable == is_reachable(light))
            && self.query.as_ref().is_none_or(named)
    }
}

fn is_reachable(light: &Light) -> bool {
    !matches!(light.reachability, Reachability::Unreachable(_))
}

impl<'a> Entry<'a> {
    fn of(light: &'a Light) -> Self {
        Self {
            id: light.id.to_string(),
            number: light.number,
            name: &light.name,
            room: light.room.as_deref(),
            reachable: is_reachable(light),
            state: State::of(&light.state),
        }
    }

    fn text(&self) -> String {
        let state = if self.reachable { self.state.text() } else { "unreachable (no power?)".to_owned() };
        format!("{}: {state}", self.name)
    }
}

impl<'a> State<'a> {
    fn of(state: &'a LightState) -> Self {
        Self {
            on: state.on,
            brightness_pct: state.brightness.map(|percent| (percent * 10.0).round() / 10.0),
            color_temp: state.mirek,
            color_temp_kelvin: state.mirek.map(|mirek| kelvin(u32::from(mirek.max(1)))),
            xy: state.xy.filter(|_| state.mirek.is_none()).map(|xy| [xy.x, xy.y]),
            hex: state.mirek.map(color::hex).or_else(|| state.xy.map(color::hex)),
            effect: state.effect.as_deref(),
        }
    }

    fn text(&self) -> String {
        if !self.on {
            return "off".to_owned();
        }
        let brightness = self.brightness_pct.map(|percent| format!("{} %", percent.round().max(1.0)));
        let color = self.color_temp_kelvin.map(|kelvin| format!("{kelvin} K")).or_else(|| self.hex.clone());
        let parts = [Some("on".to_owned()), brightness, color, self.effect.map(str::to_owned)];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

fn kelvin(mirek: u32) -> u32 {
    (100_000 + mirek / 2) / mirek * 10
}

fn summary(lights: &[Entry]) -> String {
    let on = lights.iter().filter(|light| light.state.on && light.reachable).count();
    let lost = lights.iter().filter(|light| !light.reachable).count();
    match (lights.len(), lost) {
        (0, _) => "No lights match.".to_owned(),
        (all, 0) => format!("{all} lights, {on} on."),
        (all, lost) => format!("{all} lights, {on} on, {lost} unreachable."),
    }
}

/// The summary, what is to be known before the rest is believed, and a line per room.
fn text(summary: &str, lights: &[Entry], age: &Age) -> String {
    let mut lines = vec![summary.to_owned()];
    if age.stale {
        lines.push(format!("The bridge is not connected: this is how things were {} s ago.", age.age_seconds));
    }
    let mut rooms: Vec<(&str, Vec<String>)> = Vec::new();
    for light in lights {
        let room = light.room.unwrap_or("In no room");
        match rooms.iter_mut().find(|(name, _)| *name == room) {
            Some((_, texts)) => texts.push(light.text()),
            None => rooms.push((room, vec![light.text()])),
        }
    }
    lines.extend(rooms.into_iter().map(|(room, texts)| format!("{room} — {}", texts.join("; "))));
    lines.join("\n")
}
