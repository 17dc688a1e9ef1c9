//! Plugins inspected without serving them, for `lamplighter plugin`.

use std::{io, path::Path, sync::Arc};

use anyhow::Context as _;
use hue_bridge::Bridge;

use crate::{
    app::Host,
    config::{Config, is_plugin_name},
    plugin::{ComponentSource, Plugin, PluginCandidate, PluginError},
    registry::{
        self,
        folder::{self, FileError},
    },
    storage::{Storage, StorageError},
};

/// A host whose loader does not run: plugins are loaded one by one.
pub(crate) struct Inspector {
    pub(crate) host: Host,
}

/// A file of the plugins folder, loaded as far as it goes.
pub(crate) struct Installed {
    pub(crate) name: Arc<str>,
    /// The plugin, or why it cannot be served.
    pub(crate) plugin: anyhow::Result<Arc<Plugin>>,
}

impl Inspector {
    /// Makes an inspector with the configuration's folders. Without `storage`, plugins cannot store anything.
    pub(crate) fn open(config: Config, bridge: Option<Bridge>, storage: Option<Storage>) -> anyhow::Result<Self> {
        let unavailable = || StorageError::Unavailable("nothing is stored while a plugin is only inspected".to_owned());
        let storage = storage.ok_or_else(unavailable);
        Ok(Self { host: Host::assemble(config, bridge, storage)? })
    }

    /// Compiles, links, describes and checks a plugin, as the host does before it serves one.
    pub(crate) async fn load(&self, name: &str, bytes: Arc<[u8]>) -> Result<Arc<Plugin>, PluginError> {
        let loader = &self.host.loader;
        let candidate = PluginCandidate {
            name: name.into(),
            source: ComponentSource::from_bytes(bytes),
            config: Arc::new(loader.config.plugin(name)),
            services: loader.services.clone(),
        };
        candidate.load(&loader.engine).await.map(Arc::new)
    }

    /// As [`Inspector::load`], and compiles even if there is machine code already, to measure how long that takes.
    pub(crate) async fn recompile(&self, name: &str, bytes: Arc<[u8]>) -> Result<Arc<Plugin>, PluginError> {
        self.host.loader.engine.remove_code(blake3::hash(&bytes));
        self.load(name, bytes).await
    }

    /// Loads all files of the plugins folder, in the order in which the host admits them at start.
    pub(crate) async fn installed(&self) -> anyhow::Result<Vec<Installed>> {
        let dir = &self.host.loader.dir;
        let found = match folder::list_files(dir) {
            // The host makes the folder when it first serves from it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            listed => listed.with_context(|| format!("cannot read the plugins folder {}", dir.display()))?,
        };
        let mut installed = Vec::new();
        for (name, file) in found {
            let plugin = match file.stamp.map_err(anyhow::Error::from).and_then(|_| read(&file.path)) {
                Ok(bytes) => self.load(&name, bytes).await.map_err(anyhow::Error::from),
                Err(error) => Err(error),
            };
            installed.push(Installed { name, plugin });
        }
        installed.sort_by_key(|file| registry::admission_rank(&file.name));
        Ok(installed)
    }
}

/// Reads a component's file.
pub(crate) fn read(file: &Path) -> anyhow::Result<Arc<[u8]>> {
    match folder::read_file(file) {
        Err(FileError::Changing) => anyhow::bail!("{} is being written: try again", file.display()),
        Err(FileError::Gone) => anyhow::bail!("there is no file {}", file.display()),
        read => read.with_context(|| file.display().to_string()),
    }
}

/// Returns the name that a file would be served under. Cargo writes `_` for the `-` of a plugin's name.
pub(crate) fn plugin_name_for(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = stem.replace('_', "-");
    if is_plugin_name(&name) { name } else { stem }
}
