//! The stops of the tour. Each says what it shows, shows it and checks it.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use hue_bridge_sim::Simulator;
use serde_json::{Value, json};

use super::super::scratch::Scratch;
use super::lamps::{self, brightness, comes_true, is_on, name, state};
use super::page::TourPage;
use super::session::DemoSession;

/// The tools that the tour calls.
const NEEDED_TOOLS: [&str; 4] = ["hue_list_lights", "hue_control_light", "hue_control_room", "hue_activate_scene"];

/// The tour and what it works with.
pub(super) struct Tour<'a> {
    pub(super) page: TourPage,
    pub(super) bridge: &'a Simulator,
    pub(super) session: DemoSession,
    pub(super) scratch: &'a Scratch,
    /// The component that replaces its namesake, if one was given.
    pub(super) swap: Option<&'a Path>,
}

impl Tour<'_> {
    pub(super) async fn show(&mut self) -> Result<()> {
        self.home()?;
        self.tools().await?;
        self.changes().await?;
        match self.swap {
            Some(swap) => self.swap(swap).await,
            None => self.take_out_and_put_back().await,
        }
    }

    fn home(&mut self) -> Result<()> {
        let rooms = lamps::rooms(self.bridge);
        let count = self.bridge.resources("light").len();
        self.page.stop("The home")?;
        self.page.say("A Hue bridge in software, spoken to over HTTPS as a real one would be.")?;
        self.page
            .say(format_args!("It has {count} lamps; this is what it says of those in its {} rooms:", rooms.len()))?;
        for room in &rooms {
            let lamps: Vec<_> = room.lamps.iter().map(|lamp| format!("{} ({})", name(lamp), state(lamp))).collect();
            self.page.detail(format_args!("{:12} {}", room.name, lamps.join(" · ")))?;
        }
        ensure!(count > 0 && !rooms.is_empty(), "expected a home with rooms and lamps");
        Ok(())
    }

    async fn tools(&mut self) -> Result<()> {
        self.page.stop("What an assistant can do here")?;
        let files = self.scratch.plugins().read_dir().map_or(0, Iterator::count);
        self.session.subscribe().await?;
        let tools = self.all_tools(files).await?;
        self.page.say(format_args!(
            "The server is a process of its own. It found {files} plugins, and offers their {} tools over MCP:",
            tools.len()
        ))?;
        for tool in &tools {
            let about = in_short(tool["description"].as_str().unwrap_or_default());
            self.page.detail(format_args!("{:20} {about}", name_of(tool)))?;
        }
        Ok(())
    }

    /// Waits until every plugin is served, since a slow machine may still compile some, and returns all tools.
    async fn all_tools(&mut self, files: usize) -> Result<Vec<Value>> {
        let wanted = format!("all {files} plugins to be served");
        self.tools_once(&wanted, |tools| has(tools, "hue_check_health")).await?;
        while self.count_loaded().await? < files {
            self.session.tools_changed().await.with_context(|| format!("expected {wanted}"))?;
        }
        let needed = |tools: &[Value]| NEEDED_TOOLS.iter().all(|needed| has(tools, needed));
        self.tools_once(&format!("the tools {}", NEEDED_TOOLS.join(", ")), needed).await
    }

    /// Returns the number of plugins that the server says it has loaded.
    async fn count_loaded(&mut self) -> Result<usize> {
        let health = self.session.call("hue_check_health", &json!({})).await?;
        let plugins = health["structuredContent"]["data"]["plugins"].as_array();
        let plugins = plugins.with_context(|| format!("expected the plugins in {}", text(&health)))?;
        Ok(plugins.iter().filter(|plugin| plugin["state"] == "loaded").count())
    }

    /// Returns the tools as soon as `holds`; the server notifies of changes.
    async fn tools_once(&mut self, wanted: &str, holds: impl Fn(&[Value]) -> bool) -> Result<Vec<Value>> {
        loop {
            let tools = self.session.tools().await?;
            if holds(&tools) {
                return Ok(tools);
            }
            self.session.tools_changed().await.with_context(|| format!("expected {wanted}"))?;
        }
    }

    async fn changes(&mut self) -> Result<()> {
        self.page.stop("Three changes, by name")?;
        self.page.say("What an assistant sends, and what became of the lamps, as the bridge itself has it.")?;

        let arguments = json!({"light": "desk lamp", "action": "on", "brightness_pct": 40, "color_temp_kelvin": 2700});
        let desk = |bridge: &Simulator| bridge.light("Desk lamp").into_iter().collect::<Vec<_>>();
        let warm = |lamps: &[Value]| all(lamps, |lamp| is_on(lamp) && near(brightness(lamp), 40.0));
        self.change("Make the desk lamp warm and dim it to 40 %", "hue_control_light", &arguments, desk, warm).await?;

        let arguments = json!({"room": "kitchen", "action": "off"});
        let kitchen = |bridge: &Simulator| lamps::room(bridge, "Kitchen");
        let dark = |lamps: &[Value]| all(lamps, |lamp| !is_on(lamp));
        self.change("Everything off in the kitchen", "hue_control_room", &arguments, kitchen, dark).await?;

        let arguments = json!({"scene": "movie", "room": "living room"});
        let living = |bridge: &Simulator| lamps::room(bridge, "Living room");
        let movie = |lamps: &[Value]| all(lamps, |lamp| is_on(lamp) && near(brightness(lamp), 22.0));
        self.change("Movie time in the living room", "hue_activate_scene", &arguments, living, movie).await
    }

    /// Calls a tool, shows the lamps before and after, and checks that they became as wanted.
    async fn change(
        &mut self,
        request: &str,
        tool: &str,
        arguments: &Value,
        lamps: impl Fn(&Simulator) -> Vec<Value>,
        wanted: impl Fn(&[Value]) -> bool,
    ) -> Result<()> {
        self.page.quote(request)?;
        self.page.detail(format_args!("{tool} {arguments}"))?;
        let before = lamps(self.bridge);
        let answer = self.session.call(tool, arguments).await?;
        let holds = comes_true(|| wanted(&lamps(self.bridge))).await;
        for (before, after) in before.iter().zip(lamps(self.bridge)) {
            self.page.detail(format_args!("{:16} {:24} → {}", name(before), state(before), state(&after)))?;
        }
        ensure!(answer["isError"] != true, "expected {tool} to do it, but it answered {}", text(&answer));
        ensure!(holds, "expected the lamps to follow \u{201c}{request}\u{201d}; {tool} answered {}", text(&answer));
        Ok(())
    }

    /// Replaces a plugin while the session goes on, and calls a tool that is new.
    async fn swap(&mut self, swap: &Path) -> Result<()> {
        let file = swap.file_name().with_context(|| format!("{} is no file", swap.display()))?;
        self.page.stop("A plugin is replaced while the session goes on")?;
        let before = self.session.tools().await?;
        self.page.say(format_args!("A new version of {} is put in the place of the old.", file.to_string_lossy()))?;
        self.scratch.copy_plugin(swap)?;
        let is_new = |tool: &&Value| !has(&before, name_of(tool));
        let after =
            self.tools_once("the new version to bring a tool", |tools| tools.iter().any(|tool| is_new(&tool))).await?;
        let tool = after.iter().find(is_new).context("expected the new version to bring a tool")?;
        self.page.say("The server says that its tools changed. New is")?;
        self.page.detail(format_args!("{}: {}", name_of(tool), tool["description"].as_str().unwrap_or_default()))?;
        self.use_new(name_of(tool)).await
    }

    /// Calls a tool that has just been added.
    async fn use_new(&mut self, tool: &str) -> Result<()> {
        let lit = |bridge: &Simulator| bridge.resources("light").iter().filter(|lamp| is_on(lamp)).count();
        let before = lit(self.bridge);
        self.page.say("It is called at once, in the same session:")?;
        let answer = self.session.call(tool, &json!({})).await?;
        ensure!(answer["isError"] != true, "expected {tool} to work, but it answered {}", text(&answer));
        self.page.detail(format_args!("{tool} answers: {}", text(&answer)))?;
        let after = lit(self.bridge);
        if before != after {
            self.page.detail(format_args!("Lamps that are on: {before} before, {after} after"))?;
        }
        Ok(())
    }

    /// Removes a plugin and puts it back, if no component was given to replace one.
    async fn take_out_and_put_back(&mut self) -> Result<()> {
        let file = self.scratch.plugins().join("scenes.wasm");
        let aside = self.scratch.file("scenes.wasm");
        self.page.stop("A plugin goes and comes while the session goes on")?;
        for (from, to, there) in [(&file, &aside, false), (&aside, &file, true)] {
            std::fs::rename(from, to).context("cannot move scenes.wasm")?;
            let what = if there { "put back" } else { "taken out" };
            let wanted = format!("the tools of scenes to be {what}");
            let tools = self.tools_once(&wanted, |tools| has(tools, "hue_list_scenes") == there).await?;
            self.page.say(format_args!("scenes.wasm is {what}: the server now offers {} tools.", tools.len()))?;
        }
        self.use_new("hue_list_scenes").await
    }
}

fn name_of(tool: &Value) -> &str {
    tool["name"].as_str().unwrap_or_default()
}

/// Returns the first sentence of a description, cut to fit on a line.
fn in_short(description: &str) -> String {
    let sentence = description.split(['.', ':', '(']).next().unwrap_or_default().trim_end();
    match sentence.char_indices().nth(90) {
        Some((end, _)) => {
            format!("{} …", sentence[..end].rsplit_once(' ').map_or(&sentence[..end], |(words, _)| words))
        }
        None => sentence.to_owned(),
    }
}

fn has(tools: &[Value], wanted: &str) -> bool {
    tools.iter().any(|tool| tool["name"] == wanted)
}

fn all(lamps: &[Value], holds: impl Fn(&Value) -> bool) -> bool {
    !lamps.is_empty() && lamps.iter().all(holds)
}

/// Compares brightness in percent; bridges round it to 1/254.
fn near(percent: Option<f64>, wanted: f64) -> bool {
    percent.is_none_or(|percent| (percent - wanted).abs() < 1.0)
}

/// Returns the text of a result in one line.
fn text(answer: &Value) -> String {
    let blocks = answer["content"].as_array().into_iter().flatten();
    let words = blocks.filter_map(|block| block["text"].as_str()).flat_map(str::split_whitespace);
    words.collect::<Vec<_>>().join(" ")
}
