//! Plugins looked at without serving them: what `lamplighter plugin` works with.

use std::{io, path::Path, sync::Arc};

use anyhow::Context as _;
use hue_bridge::Bridge;

use crate::{
    app,
    approval::Approvals,
    capability::{Services, SharedLights},
    config::{Config, is_plugin_name},
    health::metrics::Metrics,
    plugin::{ComponentSource, Engine, Plugin, PluginCandidate, PluginError},
    registry::{
        self, Reader, StatusReporter, Writer,
        folder::{self, FileError},
    },
    storage::{Storage, StorageError},
};

/// An engine, a registry nobody serves from, and perhaps a bridge.
pub(crate) struct Inspector {
    pub(crate) config: Arc<Config>,
    pub(crate) approvals: Approvals,
    pub(crate) writer: Writer,
    pub(crate) reader: Reader,
    pub(crate) metrics: Arc<Metrics>,
    engine: Engine,
    services: Arc<Services>,
}

/// A file of the plugins folder, loaded as far as it goes.
pub(crate) struct Installed {
    pub(crate) name: Arc<str>,
    /// Or why it cannot be served.
    pub(crate) plugin: Result<Arc<Plugin>, String>,
}

impl Inspector {
    /// With the configuration's folders; what plugins store goes to `storage`, or nowhere.
    pub(crate) fn open(config: Config, bridge: Option<Bridge>, storage: Option<Storage>) -> anyhow::Result<Self> {
        let (writer, reader) = registry::new();
        let metrics = Arc::new(Metrics::new());
        let storage = storage
            .ok_or_else(|| StorageError::Unavailable("nothing is stored while a plugin is only looked at".to_owned()));
        let services = Services {
            bridge: bridge.clone(),
            status: Arc::new(StatusReporter { bridge, metrics: metrics.clone(), registry: reader.clone() }),
            lights: SharedLights::default(),
            storage,
        };
        Ok(Self {
            engine: app::engine(&config)?,
            approvals: Approvals::new(&config.state_dir),
            config: Arc::new(config),
            services: Arc::new(services),
            metrics,
            writer,
            reader,
        })
    }

    /// Compiles, links, describes and checks, as the host does before it serves.
    pub(crate) async fn load(&self, name: &str, bytes: Arc<[u8]>) -> Result<Arc<Plugin>, PluginError> {
        let candidate = PluginCandidate {
            name: name.into(),
            source: ComponentSource::from_bytes(bytes),
            config: Arc::new(self.config.plugin(name)),
            services: self.services.clone(),
        };
        candidate.load(&self.engine).await.map(Arc::new)
    }

    /// As [`Inspector::load`], and compiles whatever was done before, to say how long that takes.
    pub(crate) async fn recompile(&self, name: &str, bytes: Arc<[u8]>) -> Result<Arc<Plugin>, PluginError> {
        self.engine.remove_code(blake3::hash(&bytes));
        self.load(name, bytes).await
    }

    /// All files of the plugins folder, in the order in which they are let in at start.
    pub(crate) async fn installed(&self) -> anyhow::Result<Vec<Installed>> {
        let dir = &self.config.plugins_dir;
        let found = match folder::list(dir) {
            // It is made when something is served from it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            listed => listed.with_context(|| format!("cannot read the plugins folder {}", dir.display()))?,
        };
        let mut installed = Vec::new();
        for (name, file) in found {
            let read = file.stamp.map_err(anyhow::Error::from).and_then(|_| read(&file.path));
            let plugin = match read {
                Ok(bytes) => self.load(&name, bytes).await.map_err(|error| error.to_string()),
                Err(error) => Err(format!("{error:#}")),
            };
            installed.push(Installed { name, plugin });
        }
        installed.sort_by_key(|file| registry::rank(&file.name));
        Ok(installed)
    }
}

/// The bytes of a component's file.
pub(crate) fn read(file: &Path) -> anyhow::Result<Arc<[u8]>> {
    match folder::read(file) {
        Err(FileError::Changing) => anyhow::bail!("{} is being written: try again", file.display()),
        Err(FileError::Gone) => anyhow::bail!("there is no file {}", file.display()),
        read => read.with_context(|| file.display().to_string()),
    }
}

/// The name a file would be served under. Cargo writes `_` for the `-` of a plugin's name.
pub(crate) fn plugin_name_for(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = stem.replace('_', "-");
    if is_plugin_name(&name) { name } else { stem }
}
