//! One plugin in Python, of which 18 MB are the interpreter: what compiling it costs the server that goes on serving, and
//! what loading it costs once it is compiled.

use anyhow::{Context, Result};
use lamplighter_tests::{Home, binary, built_example};

use crate::process::{self, User};
use crate::table::{Figure, Measured, Unit, median};

const STARTS: usize = 15;
/// Of the example.
const TOOLS: usize = 1;

/// The issue's.
const COLD_MIB: f64 = 100.0;
const WARM_MS: f64 = 100.0;

const COLD: &str = "Python plugin: server's peak memory, cold load";
const WARM: &str = "Python plugin: warm start to full list";

pub(crate) fn measure() -> Result<Vec<Figure>> {
    match built_example("sunset-python")? {
        Ok(component) => measured(component),
        Err(reason) => Ok([(COLD, Unit::Mebibytes, COLD_MIB), (WARM, Unit::Milliseconds, WARM_MS)]
            .map(|(name, unit, target)| Figure {
                name,
                unit,
                target: Some(target),
                measured: Measured::Missing(reason.clone()),
            })
            .into()),
    }
}

fn measured(component: Vec<u8>) -> Result<Vec<Figure>> {
    eprintln!("measuring a Python plugin: compiling it first");
    let runtime = tokio::runtime::Runtime::new()?;
    let home = runtime.block_on(Home::start())?;
    let of = format!("sunset-python, {} MB", component.len() / 1_000_000);
    let user = User::new(&[("sunset-python".to_owned(), component)], Some(&home))?;
    let program = binary()?;
    let cold = process::compile(&user, &program, TOOLS)?;
    let starts: Result<Vec<_>> =
        (0..STARTS).map(|_| process::first_list(&user, &program, TOOLS).with_context(|| user.log())).collect();
    let starts = starts?;
    let took = median(&mut starts.iter().map(|(took, _)| *took).collect::<Vec<_>>());
    let peak = median(&mut starts.iter().map(|(_, memory)| memory.peak).collect::<Vec<_>>());
    let cold_of = format!("{of}; VmHWM of the serving process (VmRSS then {:.0} MiB)", cold.resident);
    let warm_of = format!("{of}; median of {STARTS} starts (VmHWM {peak:.0} MiB)");
    Ok(vec![
        Figure {
            name: COLD,
            unit: Unit::Mebibytes,
            target: Some(COLD_MIB),
            measured: Measured::Value(cold.peak, cold_of),
        },
        Figure {
            name: WARM,
            unit: Unit::Milliseconds,
            target: Some(WARM_MS),
            measured: Measured::Value(took, warm_of),
        },
    ])
}
