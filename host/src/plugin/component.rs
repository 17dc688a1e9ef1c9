//! A component that is compiled, linked and exports what it must: ready to be instantiated.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use wasmtime::component::InstancePre;

use super::{
    compile::{Artifact, CompileError},
    contract::Surface,
    engine::{Engine, Linked, Room},
    instance::State,
    load::LoadError,
    wit::{lifecycle, prompts, resources, tools},
};

/// What is instantiated for each call: from the pool while it has room, on demand otherwise.
pub(super) struct Component {
    engine: Engine,
    artifact: Artifact,
    pooled: Option<Ready>,
    /// Loaded when it is needed for the first time; at once where there is no pool.
    on_demand: OnceLock<Result<Ready, String>>,
    has_lifecycle: bool,
    surface: Surface,
}

/// A component on one engine. wasmtime binds export indices to the engine's copy of the component.
pub(super) struct Ready {
    linked: Linked,
    pub(super) exports: Exports,
}

/// Where its exports are. WIT has no optional exports, so each is probed.
pub(super) struct Exports {
    pub(super) tools: tools::GuestIndices,
    pub(super) lifecycle: Option<lifecycle::GuestIndices>,
    pub(super) prompts: Option<prompts::GuestIndices>,
    pub(super) resources: Option<resources::GuestIndices>,
}

impl Component {
    /// Compiles, unless that was done before; and how long it took.
    pub(super) async fn compile(
        engine: &Engine,
        digest: blake3::Hash,
        bytes: Arc<[u8]>,
    ) -> Result<(Artifact, Duration), LoadError> {
        sniff(&bytes)?;
        Ok(engine.compile(digest, bytes).await?)
    }

    /// Links what was compiled.
    pub(super) async fn new(engine: &Engine, digest: blake3::Hash, artifact: Artifact) -> Result<Self, LoadError> {
        let engine = engine.clone();
        let linked = tokio::task::spawn_blocking(move || {
            Self::link(engine.clone(), artifact).inspect_err(|_| engine.forget(digest))
        });
        linked.await.map_err(|error| LoadError::Host(error.to_string()))?
    }

    fn link(engine: Engine, artifact: Artifact) -> Result<Self, LoadError> {
        let on_demand = OnceLock::new();
        let pooled = engine.link_pooled(&artifact).transpose().map_err(LoadError::Contract)?;
        let pooled = pooled.map(Ready::new).transpose()?;
        let known = |ready: &Ready| (ready.exports.lifecycle.is_some(), ready.linked.surface.clone());
        let (has_lifecycle, surface) = if let Some(ready) = &pooled {
            known(ready)
        } else {
            let ready = Ready::new(engine.link_on_demand(&artifact).map_err(LoadError::Contract)?)?;
            let known = known(&ready);
            let _ = on_demand.set(Ok(ready));
            known
        };
        Ok(Self { engine, artifact, pooled, on_demand, has_lifecycle, surface })
    }

    /// What it imports and exports.
    pub(super) fn surface(&self) -> &Surface {
        &self.surface
    }

    pub(super) fn has_lifecycle(&self) -> bool {
        self.has_lifecycle
    }

    /// What the next instance is made of, and the room it takes.
    ///
    /// # Errors
    /// The component loaded once and does not load again.
    pub(super) fn ready(&self) -> Result<(&Ready, Room), String> {
        if let Some(ready) = &self.pooled
            && let Some(room) = ready.linked.room()
        {
            return Ok((ready, room));
        }
        let load = || {
            let linked = self.engine.link_on_demand(&self.artifact)?;
            Ready::new(linked).map_err(|error| error.to_string())
        };
        self.on_demand.get_or_init(load).as_ref().map(|ready| (ready, None)).map_err(Clone::clone)
    }
}

impl Ready {
    fn new(linked: Linked) -> Result<Self, LoadError> {
        let tools = tools::GuestIndices::new(&linked.pre)
            .map_err(|error| LoadError::Contract(linked.surface.without_tools(&format!("{error:#}"))))?;
        let exports = Exports {
            tools,
            lifecycle: lifecycle::GuestIndices::new(&linked.pre).ok(),
            prompts: prompts::GuestIndices::new(&linked.pre).ok(),
            resources: resources::GuestIndices::new(&linked.pre).ok(),
        };
        Ok(Self { linked, exports })
    }

    pub(super) fn pre(&self) -> &InstancePre<State> {
        &self.linked.pre
    }
}

impl From<CompileError> for LoadError {
    fn from(error: CompileError) -> Self {
        match &error {
            CompileError::Invalid(words) => Self::Contract(in_the_authors_terms(words)),
            CompileError::TooMuch(_) => Self::Contract(error.to_string()),
            CompileError::Host(_) => Self::Host(error.to_string()),
        }
    }
}

/// What the compiler says of a component that it does not take, and what that means.
fn in_the_authors_terms(words: &str) -> String {
    // A section that is longer than what is left of the file.
    let is_cut =
        words.contains("unexpected end") || (words.contains("section range") && words.contains("out of bounds"));
    let meaning = if is_cut {
        "the file is cut off: copy it again"
    } else if words.contains("requires the component model async feature") {
        "it uses async functions of the component model, which this host does not have: build it without them"
    } else {
        "it is not a valid component"
    };
    format!("{meaning} ({words})")
}

/// Says what bytes are that are not a component: what an author did wrong is mostly visible in the first eight.
fn sniff(bytes: &[u8]) -> Result<(), LoadError> {
    let reason = match bytes {
        [] => "the file is empty",
        [b'\0', b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => return Ok(()),
        [b'\0', b'a', b's', b'm', 1, 0, 0, 0, ..] => {
            "this is a core module, not a component: build it with --target wasm32-wasip2 (Rust), or turn it into one \
             with `wasm-tools component new` (C)"
        }
        [b'\0', b'a', b's', b'm', ..] if bytes.len() < 8 => "the file is cut off in its header",
        [b'\0', b'a', b's', b'm', ..] => "this is WebAssembly of a version that is not understood",
        _ => "this is not WebAssembly",
    };
    Err(LoadError::NotAComponent(reason.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(bytes: &[u8]) -> String {
        sniff(bytes).unwrap_err().to_string()
    }

    #[test]
    fn what_the_compiler_says_is_told_with_what_it_means() {
        let cut = in_the_authors_terms("failed to parse WebAssembly module: unexpected end-of-file (at offset 0xae3)");
        assert!(cut.starts_with("the file is cut off") && cut.contains("0xae3"), "{cut}");
        assert!(in_the_authors_terms("type mismatch").starts_with("it is not a valid component"));
    }

    #[test]
    fn a_file_that_is_no_component_is_refused_in_the_authors_terms() {
        assert!(reason(b"").contains("empty"));
        assert!(reason(b"\0asm\x01\0\0\0rest").contains("--target wasm32-wasip2"));
        assert!(reason(b"\0asm").contains("cut off"));
        assert!(reason(b"#!/bin/sh").contains("not WebAssembly"));
        assert!(sniff(b"\0asm\x0d\0\x01\0rest").is_ok());
    }
}
