//! A component that is compiled and linked, and makes an instance for each call.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use super::{
    compile::Code,
    component_source::ComponentSource,
    engine::{Engine, LinkError},
    error::PluginError,
    exports::Guest,
    instance::{Instance, Work},
    ready_component::{PoolPermit, ReadyComponent},
    warm_pool::WarmPool,
};
use crate::{capability::InstanceContext, contract::Surface};

/// A loaded component. Its instances come from the pool while it has room, and are made on demand otherwise.
pub(super) struct Component {
    engine: Engine,
    code: Code,
    /// Is linked in the pool, where there is one.
    primary: Arc<ReadyComponent>,
    /// Is linked when the pool is full for the first time.
    on_demand: OnceLock<Result<Arc<ReadyComponent>, PluginError>>,
    warm_pool: WarmPool,
}

impl Component {
    /// Links the machine code that there is, or compiles. Machine code that wasmtime refuses is made again: a former version
    /// made it, or it is for another machine.
    ///
    /// # Errors
    /// The component cannot be compiled, does not fit the contract, or the host failed.
    pub(super) async fn load(engine: Engine, source: ComponentSource) -> Result<Self, PluginError> {
        let code = engine.find_or_compile(&source).await?;
        let is_new = code.is_new;
        let mut linked = Self::link(engine.clone(), code).await?;
        if let Err(LinkError::CodeRefused(error)) = &linked
            && !is_new
        {
            let error = format!("{error:#}");
            tracing::info!(error, "machine code from another version or machine is made again");
            engine.remove_code(source.digest);
            linked = Self::link(engine.clone(), engine.find_or_compile(&source).await?).await?;
        }
        linked.map_err(PluginError::from).inspect_err(|_| engine.remove_code(source.digest))
    }

    async fn link(engine: Engine, code: Code) -> Result<Result<Self, LinkError>, PluginError> {
        let _slot = engine.load_slot().await;
        let link = move || engine.link(&code.file).map(|ready| Self::new(engine, code, ready));
        tokio::task::spawn_blocking(link).await.map_err(PluginError::host)
    }

    fn new(engine: Engine, code: Code, primary: ReadyComponent) -> Self {
        let warm_pool = WarmPool::new(engine.warm_permits());
        Self { engine, code, primary: Arc::new(primary), on_demand: OnceLock::new(), warm_pool }
    }

    /// Returns the time that the compiler took.
    pub(super) fn compile_time(&self) -> Duration {
        self.code.time
    }

    /// Returns the component's imports and exports.
    pub(super) fn surface(&self) -> &Surface {
        &self.primary.surface
    }

    /// Returns the component's types and code.
    pub(super) fn definition(&self) -> &wasmtime::component::Component {
        self.primary.pre.component()
    }

    /// Returns whether the component exports `lifecycle`.
    pub(super) fn has_lifecycle(&self) -> bool {
        self.primary.exports.has_lifecycle()
    }

    /// Returns whether the call that ended last computed through a tick of the epoch.
    pub(super) fn has_computed(&self) -> bool {
        self.warm_pool.has_computed()
    }

    /// Runs the work on an instance of its own: a warm one if there is one, a new one otherwise.
    pub(super) async fn run<T>(
        &self,
        context: InstanceContext,
        work: impl for<'s> FnOnce(Guest<'s>) -> Work<'s, T>,
    ) -> Result<T, PluginError> {
        let (mut instance, raw) = if let Some(warm) = self.warm_pool.take() {
            warm.begin_call(context)
        } else {
            let (ready, permit) = self.reserve()?;
            (Instance::new(ready, permit, context), None)
        };
        let result = instance.run(raw, work).await;
        self.warm_pool.recycle(instance);
        result
    }

    /// Chooses the allocator of the next instance, and takes its place in the pool.
    ///
    /// # Errors
    /// The component was loaded once and cannot be loaded on demand.
    fn reserve(&self) -> Result<(Arc<ReadyComponent>, PoolPermit), PluginError> {
        if let Some(permit) = self.primary.try_reserve() {
            return Ok((self.primary.clone(), permit));
        }
        let link = || self.engine.link_on_demand(&self.code.file).map(Arc::new).map_err(PluginError::from);
        let ready = self.on_demand.get_or_init(link).clone();
        ready.map(|ready| (ready, None)).map_err(PluginError::into_host_error)
    }
}

#[cfg(test)]
mod tests {
    use wasmtime::{Config, ModuleVersionStrategy};

    use super::{
        super::{bundle::BundledCode, code_settings::code_settings},
        *,
    };

    /// Compiles a plugin as the bundled ones are, with other settings if any, and returns its source and its code.
    fn bundle(change: impl FnOnce(&mut Config)) -> (Vec<u8>, &'static [BundledCode]) {
        let bytes = lamplighter_tests::guest("echo").unwrap();
        let mut settings = code_settings();
        settings.target(&format!("{}-unknown-linux-gnu", std::env::consts::ARCH)).unwrap();
        change(&mut settings);
        let code = wasmtime::Engine::new(&settings).unwrap().precompile_component(&bytes).unwrap();
        let component = blake3::hash(&bytes).to_hex().to_string().leak();
        (bytes, vec![BundledCode { component, code: code.leak() }].leak())
    }

    #[tokio::test]
    async fn bundled_code_runs_and_nothing_is_compiled() {
        let (bytes, bundle) = bundle(|_| {});
        let engine = Engine::temporary(bundle).unwrap();
        // Only a compiler reads the bytes.
        let unreadable = ComponentSource::new(blake3::hash(&bytes), || Err(anyhow::anyhow!("no bytes")));
        for _ in 0..2 {
            let component = Component::load(engine.clone(), unreadable.clone()).await.unwrap();
            assert!(!component.code.is_new);
        }
    }

    #[tokio::test]
    async fn bundled_code_of_another_version_or_machine_is_refused_and_the_component_compiled() {
        let other_version = bundle(|settings| {
            settings.module_version(ModuleVersionStrategy::Custom("another".to_owned())).unwrap();
        });
        let other_settings = bundle(|settings| {
            settings.epoch_interruption(false);
        });
        for (bytes, bundle) in [other_version, other_settings] {
            let engine = Engine::temporary(bundle).unwrap();
            for is_new in [true, false] {
                let source = ComponentSource::from_bytes(bytes.clone().into());
                let component = Component::load(engine.clone(), source).await.unwrap();
                assert_eq!(component.code.is_new, is_new);
            }
        }
    }
}
