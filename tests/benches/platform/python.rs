//! One plugin in Python, of which 18 MB are the interpreter: the server's peak memory while a child compiles it, and the
//! time to load it once it is compiled.

use anyhow::Result;
use lamplighter_tests::{Home, binary, built_example};

use crate::process::{self, User};
use crate::table::{Figure, Measured, Unit, median};

const MEASURED_STARTS: usize = 15;
const TOOL_COUNT: usize = 1;

const COLD_TARGET_MIB: f64 = 100.0;
const WARM_TARGET_MS: f64 = 100.0;

const COLD_NAME: &str = "Python plugin: server's peak memory, cold load";
const WARM_NAME: &str = "Python plugin: warm start to full list";

pub(crate) fn measure() -> Result<Vec<Figure>> {
    let [cold, warm] = match built_example("sunset-python")? {
        Ok(component) => measured(component)?,
        Err(reason) => [Measured::Missing(reason.clone()), Measured::Missing(reason)],
    };
    Ok(vec![
        Figure { name: COLD_NAME, unit: Unit::Mebibytes, target: Some(COLD_TARGET_MIB), measured: cold },
        Figure { name: WARM_NAME, unit: Unit::Milliseconds, target: Some(WARM_TARGET_MS), measured: warm },
    ])
}

/// Measures the cold start, then the warm ones.
fn measured(component: Vec<u8>) -> Result<[Measured; 2]> {
    eprintln!("measuring a Python plugin: compiling it first");
    let runtime = tokio::runtime::Runtime::new()?;
    let home = runtime.block_on(Home::start())?;
    let size = format!("sunset-python, {} MB", component.len() / 1_000_000);
    let user = User::new(&[("sunset-python".to_owned(), component)], Some(&home))?;
    let program = binary()?;
    let cold = process::compile(&user, &program, TOOL_COUNT)?;
    let starts = process::warm_starts(&user, &program, MEASURED_STARTS, TOOL_COUNT)?;
    let took = median(&mut starts.iter().map(|(took, _)| *took).collect::<Vec<_>>());
    let peak = median(&mut starts.iter().map(|(_, memory)| memory.peak).collect::<Vec<_>>());
    let cold_remark = format!("{size}; VmHWM of the serving process (VmRSS then {:.0} MiB)", cold.resident);
    let warm_remark = format!("{size}; median of {MEASURED_STARTS} starts (VmHWM {peak:.0} MiB)");
    Ok([Measured::Value(cold.peak, cold_remark), Measured::Value(took, warm_remark)])
}
