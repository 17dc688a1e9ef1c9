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
    source::Source,
    standby::Standby,
    wit::{lifecycle, prompts, resources, tools},
};

/// What is instantiated for each call: from the pool while it has room, on demand otherwise.
pub(super) struct Component {
    engine: Engine,
    artifact: Artifact,
    pooled: Option<Arc<Ready>>,
    /// Loaded when it is needed for the first time; at once where there is no pool.
    on_demand: OnceLock<Result<Arc<Ready>, String>>,
    standby: Standby,
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
    /// Compiles, unless that was done before, and links; and how long it took to compile.
    pub(super) async fn load(engine: &Engine, source: &Source) -> Result<(Self, Duration), LoadError> {
        let (artifact, compiled) = engine.compile(source).await?;
        let _turn = engine.turn().await;
        let (engine, digest) = (engine.clone(), source.digest);
        let linked = tokio::task::spawn_blocking(move || {
            Self::link(engine.clone(), artifact).inspect_err(|_| engine.forget(digest))
        });
        let linked = linked.await.map_err(|error| LoadError::Host(error.to_string()))??;
        Ok((linked, compiled))
    }

    fn link(engine: Engine, artifact: Artifact) -> Result<Self, LoadError> {
        let on_demand = OnceLock::new();
        let pooled = engine.link_pooled(&artifact).transpose().map_err(LoadError::Contract)?;
        let pooled = pooled.map(Ready::new).transpose()?.map(Arc::new);
        let known = |ready: &Ready| (ready.exports.lifecycle.is_some(), ready.linked.surface.clone());
        let (has_lifecycle, surface) = if let Some(ready) = &pooled {
            known(ready)
        } else {
            let ready = Ready::new(engine.link_on_demand(&artifact).map_err(LoadError::Contract)?)?;
            let known = known(&ready);
            let _ = on_demand.set(Ok(Arc::new(ready)));
            known
        };
        let standby = Standby::new(&engine);
        Ok(Self { engine, artifact, pooled, on_demand, standby, has_lifecycle, surface })
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
    pub(super) fn ready(&self) -> Result<(Arc<Ready>, Room), String> {
        if let Some(ready) = &self.pooled
            && let Some(room) = ready.room()
        {
            return Ok((ready.clone(), room));
        }
        let load = || {
            let linked = self.engine.link_on_demand(&self.artifact)?;
            Ready::new(linked).map(Arc::new).map_err(|error| error.to_string())
        };
        self.on_demand.get_or_init(load).clone().map(|ready| (ready, None))
    }

    /// Its instances that wait for calls.
    pub(super) fn standby(&self) -> &Standby {
        &self.standby
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

    /// Room for one instance; none at all if the pool is full.
    pub(super) fn room(&self) -> Option<Room> {
        self.linked.room()
    }
}

impl From<CompileError> for LoadError {
    fn from(error: CompileError) -> Self {
        match &error {
            CompileError::Gone(reason) => Self::Gone(reason.clone()),
            CompileError::NotAComponent(reason) => Self::NotAComponent(reason.clone()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_compiler_says_is_told_with_what_it_means() {
        let cut = in_the_authors_terms("failed to parse WebAssembly module: unexpected end-of-file (at offset 0xae3)");
        assert!(cut.starts_with("the file is cut off") && cut.contains("0xae3"), "{cut}");
        assert!(in_the_authors_terms("type mismatch").starts_with("it is not a valid component"));
    }
}
