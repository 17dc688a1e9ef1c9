//! A call of a plugin's tool against a call of a bare MCP server that has the same answer in memory: two processes, in
//! turns, each over its own pipes.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use lamplighter_tests::{binary, first_party, guest};
use serde_json::{Value, json};

use crate::process::{Process, User};
use crate::table::{Figure, Measured, Unit, median};

/// The calls of each server that are measured.
const MEASURED_CALLS: usize = 3_000;
/// The calls before those, which fill the caches.
const WARM_UP_CALLS: usize = 300;

/// The calls of one server in a row, where the servers do not take turns call by call. What a server does after a call
/// then delays its own next call, and what it touched is still in the processor's caches.
const ROW_LENGTH: usize = 50;

/// The tools of the plugins `lights` and `echo`.
const TOOL_COUNT: usize = 5;

/// The two servers that are compared.
struct Servers {
    plugin: Process,
    bare: Process,
}

/// Holds a tool and the arguments of its calls.
struct Call {
    tool: &'static str,
    arguments: Value,
}

pub(crate) fn measure() -> Result<Vec<Figure>> {
    let plugins = [("lights".to_owned(), first_party("lights")?), ("echo".to_owned(), guest("echo")?)];
    let user = User::new(&plugins, None)?;
    let lights = Call { tool: "hue_list_lights", arguments: json!({}) };
    let echo = Call { tool: "echo", arguments: json!({"text": "hello", "count": 3}) };
    let mut servers = Servers::start(&user, &[&lights, &echo]).with_context(|| user.log())?;
    Ok(vec![
        figure("call: hue_list_lights, plugin / bare server", &mut servers, &lights, 1)?,
        figure("call: the same, many in a row", &mut servers, &lights, ROW_LENGTH)?,
        figure("call: echo, plugin / bare server", &mut servers, &echo, 1)?,
        figure("call: the same, many in a row", &mut servers, &echo, ROW_LENGTH)?,
    ])
}

impl Servers {
    /// Starts the host, records its answers to the calls, and starts the bare server with them.
    fn start(user: &User, calls: &[&Call]) -> Result<Self> {
        let mut plugin = user.start(&binary()?, &["--demo"])?;
        plugin.open()?;
        plugin.wait_for_tools(TOOL_COUNT)?;
        let mut results = BTreeMap::new();
        for call in calls {
            results.insert(call.tool, result(&mut plugin, call)?);
        }
        let mut bare = user.start_bare(&serde_json::to_vec(&results)?)?;
        bare.open()?;
        Ok(Self { plugin, bare })
    }
}

fn figure(name: &'static str, servers: &mut Servers, call: &Call, row: usize) -> Result<Figure> {
    eprintln!("measuring {name}");
    check_same_result(servers, call)?;
    let (mut plugin, mut bare) = (Vec::new(), Vec::new());
    for turn in 0..(WARM_UP_CALLS + MEASURED_CALLS) / row {
        for (server, times) in [(&mut servers.plugin, &mut plugin), (&mut servers.bare, &mut bare)] {
            for _ in 0..row {
                let took = time(server, call)?;
                if turn >= WARM_UP_CALLS / row {
                    times.push(took);
                }
            }
        }
    }
    let (plugin, bare) = (median(&mut plugin), median(&mut bare));
    let remark = format!("p50 of {MEASURED_CALLS} calls each, {row} in turn: {plugin:.0} µs / {bare:.0} µs");
    Ok(Figure { name, unit: Unit::Ratio, target: None, measured: Measured::Value(plugin / bare, remark) })
}

/// Returns the microseconds from writing a request to having read its answer.
fn time(server: &mut Process, call: &Call) -> Result<f64> {
    let request = server.request("tools/call", &json!({"name": call.tool, "arguments": call.arguments}));
    let began = Instant::now();
    server.send(&request)?;
    let answer = server.receive()?;
    let elapsed = began.elapsed();
    ensure!(answer.contains("\"result\""), "{} failed: {answer}", call.tool);
    Ok(elapsed.as_secs_f64() * 1e6)
}

/// Checks that both servers answer the same, except for the fields that depend on the clock.
fn check_same_result(servers: &mut Servers, call: &Call) -> Result<()> {
    let result_without_times = |server: &mut Process| -> Result<Value> {
        let mut result = result(server, call)?;
        for field in ["/structuredContent/timestamp", "/structuredContent/data/age/age_seconds"] {
            result.pointer_mut(field).map(Value::take);
        }
        Ok(result)
    };
    let (plugin, bare) = (result_without_times(&mut servers.plugin)?, result_without_times(&mut servers.bare)?);
    ensure!(plugin == bare, "{} answers\n{plugin}\nand the bare server\n{bare}", call.tool);
    Ok(())
}

fn result(server: &mut Process, call: &Call) -> Result<Value> {
    let result = server.ask("tools/call", &json!({"name": call.tool, "arguments": call.arguments}))?;
    ensure!(result["isError"] != true, "{} failed: {result}", call.tool);
    Ok(result)
}
