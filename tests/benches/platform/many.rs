//! A hundred plugins with a thousand tools: how soon after its start a server has listed them all, and its memory then.

use anyhow::{Context, Result, ensure};
use lamplighter_tests::{Home, binary, guest};

use crate::process::{self, Memory, User};
use crate::table::{Figure, Measured, Unit, median};

const PLUGIN_COUNT: usize = 100;
const TOOL_COUNT: usize = 1_000;
/// The starts that are measured, after the one that compiles.
const MEASURED_STARTS: usize = 11;

const START_TARGET_MS: f64 = 500.0;
const MEMORY_TARGET_MIB: f64 = 150.0;

/// The text in the component's bytes before the digits that its tools are named by.
const NUMBER_PREFIX: &[u8] = b"ten-tools-of-number-";
const NUMBER_DIGITS: usize = 4;

pub(crate) fn measure() -> Result<Vec<Figure>> {
    eprintln!("measuring {PLUGIN_COUNT} plugins with {TOOL_COUNT} tools: compiling them first");
    let runtime = tokio::runtime::Runtime::new()?;
    let home = runtime.block_on(Home::start())?;
    let component = guest("ten_tools")?;
    let plugins: Result<Vec<_>> =
        (0..PLUGIN_COUNT).map(|number| Ok((format!("plugin-{number}"), with_number(&component, number)?))).collect();
    let user = User::new(&plugins?, Some(&home))?;
    let program = binary()?;
    process::compile(&user, &program, TOOL_COUNT)?;
    let mut starts = process::warm_starts(&user, &program, MEASURED_STARTS, TOOL_COUNT)?;
    let took = median(&mut starts.iter().map(|(took, _)| *took).collect::<Vec<_>>());
    starts.sort_by(|(_, one), (_, other)| one.peak.total_cmp(&other.peak));
    let (_, Memory { resident, peak }) = starts[MEASURED_STARTS / 2];
    let start = format!("{PLUGIN_COUNT} plugins of {} kB; median of {MEASURED_STARTS} starts", component.len() / 1000);
    Ok(vec![
        Figure {
            name: "100 plugins, 1,000 tools: warm start to full list",
            unit: Unit::Milliseconds,
            target: Some(START_TARGET_MS),
            measured: Measured::Value(took, start),
        },
        Figure {
            name: "100 plugins, 1,000 tools: memory",
            unit: Unit::Mebibytes,
            target: Some(MEMORY_TARGET_MIB),
            measured: Measured::Value(peak, format!("VmHWM after the list; VmRSS {resident:.0} MiB")),
        },
    ])
}

/// Returns the component with another number in its tools' names.
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
