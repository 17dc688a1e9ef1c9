//! A call of a plugin's tool against a call of the same tool in the server itself: in one server, in turns, with answers
//! that are alike.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use lamplighter_tests::{first_party, guest};
use serde_json::{Value, json};

use crate::process::{Process, User};
use crate::table::{Figure, Measured, Unit, median};

/// Calls of each kind, after the first ones, which warm caches.
const CALLS: usize = 3_000;
const WARM_UP: usize = 300;

/// Calls of one kind in a row, where they do not take turns one by one: what a server does after a call is then paid for
/// by the next one of the same kind, and what it touched is at hand.
const ROW: usize = 50;

/// The issue's: what a plugin may cost.
const TARGET: f64 = 1.4;

/// Two tools that do the same.
struct Pair {
    plugin: &'static str,
    native: &'static str,
    arguments: Value,
}

pub(crate) fn measure() -> Result<Vec<Figure>> {
    let plugins = [("lights".to_owned(), first_party("lights")?), ("echo".to_owned(), guest("echo")?)];
    let user = User::new(&plugins, None)?;
    // This very program: with the arguments of a server it is one.
    let mut server = user.start(&std::env::current_exe()?, &["--demo"])?;
    server.open().with_context(|| user.log())?;
    server.list()?;
    let lights = Pair { plugin: "hue_list_lights", native: "native_list_lights", arguments: json!({}) };
    let echo = Pair { plugin: "echo", native: "native_echo", arguments: json!({"text": "hello", "count": 3}) };
    Ok(vec![
        figure("call: hue_list_lights, plugin / native", Some(TARGET), &mut server, &lights, 1)?,
        figure("call: the same, many in a row", None, &mut server, &lights, ROW)?,
        figure("call: echo, plugin / native", None, &mut server, &echo, 1)?,
        figure("call: the same, many in a row", None, &mut server, &echo, ROW)?,
    ])
}

fn figure(name: &'static str, target: Option<f64>, server: &mut Process, pair: &Pair, row: usize) -> Result<Figure> {
    eprintln!("measuring {name}");
    alike(server, pair)?;
    let (mut plugin, mut native) = (Vec::new(), Vec::new());
    for turn in 0..(WARM_UP + CALLS) / row {
        for (tool, times) in [(pair.plugin, &mut plugin), (pair.native, &mut native)] {
            for _ in 0..row {
                let took = time(server, tool, &pair.arguments)?;
                if turn >= WARM_UP / row {
                    times.push(took);
                }
            }
        }
    }
    let (plugin, native) = (median(&mut plugin), median(&mut native));
    let remark = format!("p50 of {CALLS} calls each, {row} in turn: {plugin:.0} µs / {native:.0} µs");
    Ok(Figure { name, unit: Unit::Ratio, target, measured: Measured::Value(plugin / native, remark) })
}

/// Microseconds from writing a request to having read its answer.
fn time(server: &mut Process, tool: &str, arguments: &Value) -> Result<f64> {
    let request = server.request("tools/call", &json!({"name": tool, "arguments": arguments}));
    let began = Instant::now();
    server.send(&request)?;
    let answer = server.receive()?;
    let elapsed = began.elapsed();
    ensure!(answer.contains("\"result\""), "{tool} failed: {answer}");
    Ok(elapsed.as_secs_f64() * 1e6)
}

/// Both must answer the same, but for what the clock says.
fn alike(server: &mut Process, pair: &Pair) -> Result<()> {
    let call = |tool: &str, server: &mut Process| -> Result<Value> {
        let mut answer = server.ask("tools/call", &json!({"name": tool, "arguments": pair.arguments}))?;
        ensure!(answer["isError"] != true, "{tool} failed: {answer}");
        for moment in ["/structuredContent/timestamp", "/structuredContent/data/age/age_seconds"] {
            answer.pointer_mut(moment).map(Value::take);
        }
        Ok(answer)
    };
    let (plugin, native) = (call(pair.plugin, server)?, call(pair.native, server)?);
    ensure!(plugin == native, "{} answers\n{plugin}\nand {}\n{native}", pair.plugin, pair.native);
    Ok(())
}
