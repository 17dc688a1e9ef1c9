//! Row 11: many different plugins, each of them called; none shares its bytes with another.

use std::time::Instant;

use anyhow::{Context, Result, anyhow, ensure};
use lamplighter_tests::figures::{Figure, Goal, Sample, Unit};
use lamplighter_tests::{built_example, guest, stamped};
use serde_json::{Value, json};

use crate::Bench;
use crate::server::Server;
use crate::simulator::{DEMO_HOME, Simulator};
use crate::turns::milliseconds_since;
use crate::version::{Plugin, Version};

const PLUGIN_COUNT: usize = 100;
const MEASURED_STARTS: usize = 7;

/// The plugins of an interpreted language that are measured.
const INTERPRETED_COUNT: usize = 4;
const INTERPRETED: [(&str, &str); 2] = [("sunset-python", "Python"), ("sunset-javascript", "JavaScript")];

/// The text in the data of the component `ten_tools` before the digits that its tools are named by.
const NUMBER_PREFIX: &[u8] = b"ten-tools-of-number-";
const NUMBER_DIGITS: usize = 4;

/// Measures a hundred plugins in Rust with a thousand tools: from the start to an answer of each.
pub(crate) fn measure_rust(bench: &Bench) -> Result<Vec<Figure>> {
    let component = guest("ten_tools")?;
    let plugin = |number| Ok((format!("plugin-{number}"), with_number(&component, number)?));
    let plugins = (0..PLUGIN_COUNT).map(plugin).collect::<Result<Vec<_>>>()?;
    let tools: Vec<_> = (0..PLUGIN_COUNT).map(|number| format!("p{number:0NUMBER_DIGITS$}_change_0")).collect();
    let simulator = Simulator::start(DEMO_HOME)?;
    let many = Many::start(&bench.ours, &plugins, &tools, json!({"light": "Desk lamp"}), &simulator)?;
    let starts = many.measure(MEASURED_STARTS)?;
    let sample = |part: fn(&Start) -> f64| Sample::of(&starts.iter().map(part).collect::<Vec<_>>());
    let figure = |name, unit, sample| Figure::alone("11", name, unit, sample);
    Ok(vec![
        figure("100 plugins: warm start to full list", Unit::Milliseconds, sample(|start| start.listed)?),
        figure("100 plugins: warm start to all called", Unit::Milliseconds, sample(|start| start.called)?)
            .aims_at(Goal::AtMost(1_000.0)),
        figure("100 plugins, all called: anonymous memory", Unit::Mebibytes, sample(|start| start.anonymous)?),
        figure("100 plugins, all called: peak memory (VmHWM)", Unit::Mebibytes, sample(|start| start.peak)?)
            .aims_at(Goal::AtMost(200.0)),
    ])
}

/// Measures a plugin that holds the interpreter of its language.
pub(crate) fn measure_interpreted(bench: &Bench) -> Result<Vec<Figure>> {
    let simulator = Simulator::start(DEMO_HOME)?;
    let mut figures = Vec::new();
    for (example, language) in INTERPRETED {
        let component = built_example(example)?.map_err(|reason| anyhow!("no example in {language}: {reason}"))?;
        figures.extend(measure_language(bench, language, &component, &simulator)?);
    }
    Ok(figures)
}

/// Measures plugins of a language with a digest of their own. They have the same tool, so each is alone in its server.
fn measure_language(bench: &Bench, language: &str, component: &[u8], simulator: &Simulator) -> Result<Vec<Figure>> {
    let (mut starts, tools) = (Vec::new(), ["sunset".to_owned()]);
    for stamp in 0..INTERPRETED_COUNT {
        let plugin = ("sunset".to_owned(), stamped(component, u64::try_from(stamp)?));
        let arguments = json!({"room": "Bedroom", "minutes": 1});
        let one = Many::start(&bench.ours, &[plugin], &tools, arguments, simulator)?;
        starts.extend(one.measure(1)?);
    }
    let sample = |part: fn(&Start) -> f64| Sample::of(&starts.iter().map(part).collect::<Vec<_>>());
    let megabytes = component.len() / 1_000_000;
    let figure =
        |what: &str, unit, sample| Figure::alone("11", format!("{language}, {megabytes} MB: {what}"), unit, sample);
    Ok(vec![
        figure("warm start to called", Unit::Milliseconds, sample(|start| start.called)?),
        figure("anonymous memory, called", Unit::Mebibytes, sample(|start| start.anonymous)?),
        figure("peak memory (VmHWM), called", Unit::Mebibytes, sample(|start| start.peak)?),
    ])
}

/// A server with many plugins that it has compiled before.
struct Many<'a> {
    server: Server,
    tools: &'a [String],
    arguments: Value,
}

/// The figures of one start: milliseconds and MiB.
struct Start {
    listed: f64,
    called: f64,
    anonymous: f64,
    peak: f64,
}

impl<'a> Many<'a> {
    /// Compiles the plugins in a server that then ends.
    fn start(
        version: &Version,
        plugins: &[Plugin],
        tools: &'a [String],
        arguments: Value,
        simulator: &Simulator,
    ) -> Result<Self> {
        let server = Server::lamplighter(version, plugins, simulator.variables())?;
        let mut process = server.connect()?;
        process.wait_for_tools(tools).with_context(|| server.log())?;
        process.wait_for_children()?;
        Ok(Self { server, tools, arguments })
    }

    fn measure(&self, starts: usize) -> Result<Vec<Start>> {
        (0..starts).map(|_| self.start_and_call().with_context(|| self.server.log())).collect()
    }

    fn start_and_call(&self) -> Result<Start> {
        let began = Instant::now();
        let mut process = self.server.connect()?;
        let names = process.names()?;
        let listed = milliseconds_since(began);
        ensure!(self.tools.iter().all(|tool| names.contains(tool)), "the first list lacks tools: {names:?}");
        for tool in self.tools {
            process.call(tool, &self.arguments)?;
        }
        let called = milliseconds_since(began);
        let memory = process.memory()?;
        Ok(Start { listed, called, anonymous: memory.anonymous, peak: memory.peak })
    }
}

/// Returns the component with another number in its data, which changes its tools' names too.
fn with_number(component: &[u8], number: usize) -> Result<Vec<u8>> {
    let windows = component.windows(NUMBER_PREFIX.len()).enumerate();
    let mut places = windows.filter(|(_, bytes)| *bytes == NUMBER_PREFIX);
    let (place, _) = places.next().context("the component lacks the prefix of its number")?;
    ensure!(places.next().is_none(), "the component has several prefixes of a number");
    let mut bytes = component.to_vec();
    let digits = place + NUMBER_PREFIX.len();
    bytes[digits..digits + NUMBER_DIGITS].copy_from_slice(format!("{number:0NUMBER_DIGITS$}").as_bytes());
    Ok(bytes)
}
