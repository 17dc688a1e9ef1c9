//! Adds code to a component, so that the compiler takes a while.

use crate::{
    memories::with_instances,
    sections::{CORE_PREAMBLE, leb, section},
};

/// The ids of sections of a core module.
const TYPE_SECTION: u8 = 1;
const FUNCTION_SECTION: u8 = 3;
const CODE_SECTION: u8 = 10;

/// Multiplies a local by 3, and adds 7 to it if it is not 0: 17 bytes that no compiler can leave out.
const STEP_CODE: [u8; 17] = [0x20, 0, 0x41, 3, 0x6c, 0x22, 0, 0x04, 0x40, 0x20, 0, 0x41, 7, 0x6a, 0x21, 0, 0x0b];

/// Adds a core module to a component, with `functions` functions of `steps` steps each. Nothing calls them.
///
/// # Panics
/// If the bytes are not a component.
pub fn with_code(component: &[u8], functions: u32, steps: usize) -> Vec<u8> {
    with_instances(component, &module_with_code(functions, steps), 1)
}

fn module_with_code(functions: u32, steps: usize) -> Vec<u8> {
    // One type: no parameters, no results.
    let types = [1, 0x60, 0, 0];
    let declared: Vec<u8> = leb(functions).into_iter().chain((0..functions).map(|_| 0)).collect();
    // One group of one local of type i32.
    let body: Vec<u8> = [1, 1, 0x7f].into_iter().chain(STEP_CODE.repeat(steps)).chain([0x0b]).collect();
    let body = [leb(u32::try_from(body.len()).unwrap_or(u32::MAX)), body].concat();
    let bodies: Vec<u8> = leb(functions).into_iter().chain((0..functions).flat_map(|_| body.clone())).collect();
    [
        CORE_PREAMBLE.to_vec(),
        section(TYPE_SECTION, &types),
        section(FUNCTION_SECTION, &declared),
        section(CODE_SECTION, &bodies),
    ]
    .concat()
}
