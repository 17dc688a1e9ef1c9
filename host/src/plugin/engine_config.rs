//! Configures the engines of wasmtime.

use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

use super::code_settings::code_settings;

/// The part of a stack, in bytes, that is left for host functions: they share the stack of the guest that calls them.
const HOST_STACK_BYTES: usize = 1024 * 1024;

/// The most instances in the pool at the same time; further ones are made on demand. Each of the four memories of each
/// instance reserves 4 GiB of address space.
pub(super) const POOL_INSTANCES: u32 = 64;
const POOL_MEMORIES: u32 = 4;
const POOL_TABLES: u32 = 8;
/// As many elements as a guest's default memory limit allows, so that this limit ends its growth.
const POOL_TABLE_ELEMENTS: usize = 4 << 20;
/// A Python component has some dozens of core instances.
const POOL_CORE_INSTANCES: u32 = 64;
/// The bytes of a memory and of a table that stay mapped in the pool when an instance ends, wiped. Mapping them again
/// for the next instance would stop all threads of the process, page by page.
const POOL_RESIDENT_MEMORY_BYTES: usize = 512 * 1024;
const POOL_RESIDENT_TABLE_BYTES: usize = 64 * 1024;

/// Makes the engine of the compiler's child.
pub(super) fn compiler_engine() -> anyhow::Result<wasmtime::Engine> {
    wasmtime::Engine::new(&code_settings()).map_err(into_anyhow)
}

/// Returns the settings of an engine that makes instances on demand. Their own stack has `stack` bytes.
pub(super) fn on_demand_config(stack: usize) -> Config {
    let mut config = code_settings();
    config.max_wasm_stack(stack).async_stack_size(stack + HOST_STACK_BYTES);
    config
}

/// Returns the settings of an engine that allocates instances from a pool.
pub(super) fn pool_config(stack: usize) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(POOL_INSTANCES)
        .total_stacks(POOL_INSTANCES)
        .total_memories(POOL_INSTANCES * POOL_MEMORIES)
        .max_memories_per_component(POOL_MEMORIES)
        .total_tables(POOL_INSTANCES * POOL_TABLES)
        .max_tables_per_component(POOL_TABLES)
        .table_elements(POOL_TABLE_ELEMENTS)
        .total_core_instances(POOL_INSTANCES * POOL_CORE_INSTANCES)
        .max_core_instances_per_component(POOL_CORE_INSTANCES);
    // Linux 6.7 reports which pages were written. Without that, every resident page would be wiped each time.
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        pool.pagemap_scan(Enabled::Auto)
            .linear_memory_keep_resident(POOL_RESIDENT_MEMORY_BYTES)
            .table_keep_resident(POOL_RESIDENT_TABLE_BYTES);
    }
    let mut config = on_demand_config(stack);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

/// Converts wasmtime's error, with its causes.
#[allow(clippy::needless_pass_by_value, reason = "used as a function value in map_err")]
pub(super) fn into_anyhow(error: wasmtime::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compiles a component around a core module with one part.
    fn compile(part: &str) -> Result<Vec<u8>, String> {
        let component =
            wat::parse_str(format!("(component (core module {part}))")).map_err(|error| error.to_string())?;
        let engine = compiler_engine().map_err(|error| error.to_string())?;
        engine.precompile_component(&component).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn proposals_that_no_plugin_needs_are_refused() {
        for (part, reason) in [
            ("(memory 1 1 shared)", "threads must be enabled"),
            ("(type (struct (field i32)))", "not supported without the gc feature"),
            ("(global (ref null extern) (ref.null extern))", "gc types are disallowed"),
            ("(type $f (func)) (global (ref null $f) (ref.null $f))", "function references required"),
            ("(tag)", "exceptions proposal not enabled"),
        ] {
            let told = compile(part).expect_err(part);
            assert!(told.contains(reason), "{part}: {told}");
        }
        assert!(compile("(memory 1) (table 1 funcref) (func)").is_ok());
    }
}
