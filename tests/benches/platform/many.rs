//! A hundred plugins with a thousand tools: how soon after its start a server has listed them all, and what it takes.

use anyhow::{Context, Result, ensure};
use lamplighter_tests::{Home, binary, guest};

use crate::process::{self, Memory, User};
use crate::table::{Figure, Measured, Unit, median};

const PLUGINS: usize = 100;
const TOOLS: usize = 1_000;
/// Starts measured, after the one that compiles.
const STARTS: usize = 11;

/// The issue's.
const WITHIN_MS: f64 = 500.0;
const AT_MOST_MIB: f64 = 150.0;

/// In the component's bytes; the digits are what its tools are named by.
const MARK: &[u8] = b"ten-tools-of-number-";
const DIGITS: usize = 4;

pub(crate) fn measure() -> Result<Vec<Figure>> {
    eprintln!("measuring {PLUGINS} plugins with {TOOLS} tools: compiling them first");
    let runtime = tokio::runtime::Runtime::new()?;
    let home = runtime.block_on(Home::start())?;
    let component = guest("ten_tools")?;
    let plugins: Result<Vec<_>> =
        (0..PLUGINS).map(|number| Ok((format!("plugin-{number}"), marked(&component, number)?))).collect();
    let user = User::new(&plugins?, Some(&home))?;
    let program = binary()?;
    process::compile(&user, &program, TOOLS)?;
    let mut starts = (0..STARTS)
        .map(|_| process::first_list(&user, &program, TOOLS).with_context(|| user.log()))
        .collect::<Result<Vec<_>>>()?;
    let took = median(&mut starts.iter().map(|(took, _)| *took).collect::<Vec<_>>());
    starts.sort_by(|(_, one), (_, other)| one.peak.total_cmp(&other.peak));
    let (_, Memory { resident, peak }) = starts[STARTS / 2];
    let of = format!("{PLUGINS} plugins of {} kB; median of {STARTS} starts", component.len() / 1000);
    let figure = |name, unit, target, value| Figure {
        name,
        unit,
        target: Some(target),
        measured: Measured::Value(value, of.clone()),
    };
    Ok(vec![
        figure("100 plugins, 1,000 tools: warm start to full list", Unit::Milliseconds, WITHIN_MS, took),
        Figure {
            measured: Measured::Value(peak, format!("VmHWM after the list; VmRSS {resident:.0} MiB")),
            ..figure("100 plugins, 1,000 tools: memory", Unit::Mebibytes, AT_MOST_MIB, peak)
        },
    ])
}

/// The component with another number in its mark.
fn marked(component: &[u8], number: usize) -> Result<Vec<u8>> {
    let mut places = component.windows(MARK.len()).enumerate().filter(|(_, bytes)| *bytes == MARK);
    let (place, _) = places.next().context("the component has no mark")?;
    ensure!(places.next().is_none(), "the component has several marks");
    let mut bytes = component.to_vec();
    let digits = place + MARK.len();
    bytes[digits..digits + DIGITS].copy_from_slice(format!("{number:0DIGITS$}").as_bytes());
    Ok(bytes)
}
