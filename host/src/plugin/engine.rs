//! One compiler, one linker and one clock for all plugins.

use std::{thread, time::Duration};

use anyhow::Context as _;
use wasmtime::{
    Config,
    component::{Component, HasData, InstancePre, Linker},
};

use super::{instance::State, wit};
use crate::capability::Reach;

/// How often a guest that computes is asked to let others run, and its deadline is looked at.
const TICK: Duration = Duration::from_millis(10);

/// Stack of a guest's own frames.
const WASM_STACK: usize = 512 * 1024;

/// Compiles components and links them to everything the contract and WASI have.
#[derive(Clone)]
pub(crate) struct Engine {
    engine: wasmtime::Engine,
    linker: Linker<State>,
}

impl Engine {
    /// Makes the engine and starts its clock, which ends with the last clone of the engine.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let engine = wasmtime::Engine::new(&config()).map_err(into_anyhow)?;
        let linker = linker(&engine).map_err(into_anyhow).context("cannot link the contract")?;
        start_clock(&engine)?;
        Ok(Self { engine, linker })
    }

    /// Compiles a component; takes tens of milliseconds to seconds, so not for an async thread.
    ///
    /// # Errors
    /// What is wrong with the bytes, in the words of an author.
    pub(crate) fn compile(&self, bytes: &[u8]) -> Result<InstancePre<State>, String> {
        let component =
            Component::from_binary(&self.engine, bytes).map_err(|error| format!("not a valid component: {error:#}"))?;
        self.linker
            .instantiate_pre(&component)
            .map_err(|error| format!("does not fit the contract lamplighter:plugin@0.1.0: {error:#}"))
    }

    pub(super) fn raw(&self) -> &wasmtime::Engine {
        &self.engine
    }
}

fn config() -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK)
        // The guest's frames and those of the host functions it calls.
        .async_stack_size(WASM_STACK + 1024 * 1024)
        .wasm_component_model(true);
    config
}

/// What [`wit::add_to_linker`] hands to the capabilities: the part of the state that says what may be reached.
struct Reached;

impl HasData for Reached {
    type Data<'a> = &'a mut Reach;
}

/// Links every interface for every plugin: one that is not granted answers `denied` when it is called. Guests from
/// Python and JavaScript import all of their world and of WASI, used or not.
fn linker(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::<State>::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wit::add_to_linker::<_, Reached>(&mut linker, |state| &mut state.reach)?;
    Ok(linker)
}

/// An OS thread, because a task would starve on a machine with one busy core. Holds the engine weakly.
fn start_clock(engine: &wasmtime::Engine) -> anyhow::Result<()> {
    let engine = engine.weak();
    thread::Builder::new()
        .name("epoch".to_owned())
        .spawn(move || {
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                thread::sleep(TICK);
            }
        })
        .context("cannot start the thread that keeps the guests' time")?;
    Ok(())
}

#[allow(clippy::needless_pass_by_value, reason = "used as a function value in map_err")]
pub(super) fn into_anyhow(error: wasmtime::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}
