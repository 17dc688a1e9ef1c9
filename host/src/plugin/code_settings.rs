//! The settings of wasmtime on which machine code depends. `host/precompile`, which compiles the first-party plugins ahead,
//! has this file too.

use wasmtime::Config;

/// Returns the settings of the compiler and of every engine that runs its code. The allocation of instances and the stack
/// size do not matter: the code looks up the stack limit when it enters the stack.
pub(super) fn code_settings() -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        // All addresses of a memory are reserved anyway.
        .memory_may_move(false)
        .wasm_component_model(true)
        // The cargo features `gc` and `threads` are compiled in: a guest can abort the process of a build without them
        // (RUSTSEC-2026-0570 and GHSA-2674-w29h-wqvj, mended in wasmtime 48.0.9). No plugin needs what they bring.
        .gc_support(false)
        .wasm_gc(false)
        .wasm_function_references(false)
        .wasm_exceptions(false)
        .wasm_threads(false);
    config
}
