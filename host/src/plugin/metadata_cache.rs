//! The metadata of plugins that loaded, kept between runs: a known plugin is listed before it is loaded.
//!
//! Only checked metadata is kept. The cache is private to the host, so that no plugin can forge it.

use std::{fs, io, path::PathBuf, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    catalog::RawCatalog,
    compile,
    disk_cache::{CacheOptions, DiskCache},
};
use crate::{config::PluginConfig, contract::Surface};

const CACHE_OPTIONS: CacheOptions =
    CacheOptions { extension: "json", max_file_bytes: 2 << 20, max_total_bytes: 32 << 20 };

/// Cache key: everything a plugin's catalog can depend on except time and randomness.
#[derive(Clone, Debug)]
pub(super) struct MetadataKey {
    /// Identifies the component by its digest.
    pub(super) component: blake3::Hash,
    environment: blake3::Hash,
}

/// Holds the surface and the catalog that a plugin had when it loaded.
#[derive(Serialize, Deserialize)]
pub(super) struct CachedMetadata {
    pub(super) surface: Surface,
    pub(super) has_lifecycle: bool,
    pub(super) catalog: RawCatalog,
}

/// Keeps the metadata of all plugins in a folder.
pub(super) struct MetadataCache(Arc<DiskCache>);

impl MetadataKey {
    /// Makes the key of a plugin under its name and configuration.
    ///
    /// While it lists its tools, a plugin sees its settings and nothing else of the configuration. But its limits decide
    /// whether it comes to an end, and a refusal names the plugin; so all of the configuration counts.
    pub(super) fn new(component: blake3::Hash, plugin: &str, config: &PluginConfig) -> Self {
        let environment = format!("{}\n{plugin}\n{config:?}", program_version());
        Self { component, environment: blake3::hash(environment.as_bytes()) }
    }

    fn file_key(&self) -> String {
        format!("{}-{}", self.component.to_hex(), &self.environment.to_hex()[..32])
    }
}

/// Identifies this very program: another build, even of the same version, may check a catalog by other rules.
fn program_version() -> String {
    let metadata = compile::own_program().and_then(fs::metadata);
    let stamp = metadata.and_then(|metadata| Ok((metadata.len(), metadata.modified()?)));
    format!("{} {:?}", env!("CARGO_PKG_VERSION"), stamp.ok())
}

impl MetadataCache {
    /// Opens the folder, and makes it if there is none.
    pub(super) fn open(folder: PathBuf) -> io::Result<Self> {
        DiskCache::open(folder, CACHE_OPTIONS).map(Self)
    }

    /// Returns the metadata that a key has. Waits for the disk.
    pub(super) fn get(&self, key: &MetadataKey) -> Option<CachedMetadata> {
        let cached = self.0.get(&key.file_key())?;
        serde_json::from_str(&io::read_to_string(&cached.file).ok()?).ok()
    }

    /// Keeps the metadata of a plugin for later runs, unless it is too large.
    ///
    /// # Errors
    /// It cannot be written. The plugin is served all the same.
    pub(super) fn put(&self, key: &MetadataKey, metadata: &CachedMetadata) -> io::Result<()> {
        let json = serde_json::to_vec(metadata)?;
        if json.len() as u64 > CACHE_OPTIONS.max_file_bytes {
            return Ok(());
        }
        let mut writer = self.0.begin(key.file_key())?;
        writer.write(&json)?;
        writer.commit().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn cache(dir: &Path) -> MetadataCache {
        MetadataCache::open(dir.join("described")).unwrap()
    }

    fn key(component: &[u8], plugin: &str, config: &PluginConfig) -> MetadataKey {
        MetadataKey::new(blake3::hash(component), plugin, config)
    }

    fn default_key(component: &[u8]) -> MetadataKey {
        key(component, "mine", &PluginConfig::default_for("mine"))
    }

    fn metadata() -> CachedMetadata {
        CachedMetadata { surface: Surface::default(), has_lifecycle: true, catalog: RawCatalog::default() }
    }

    #[test]
    fn metadata_belongs_to_these_bytes_under_this_name_and_configuration_alone() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        cache.put(&default_key(b"one"), &metadata()).unwrap();
        assert!(cache.get(&default_key(b"one")).is_some_and(|known| known.has_lifecycle));
        assert!(cache.get(&default_key(b"two")).is_none());

        let config = PluginConfig::default_for("mine");
        assert!(cache.get(&key(b"one", "yours", &config)).is_none());
        let settings = serde_json::Map::from_iter([("a".to_owned(), 1.into())]);
        assert!(cache.get(&key(b"one", "mine", &PluginConfig { settings, ..config.clone() })).is_none());
        let mut narrower = config;
        narrower.limits.memory_bytes -= 1;
        assert!(cache.get(&key(b"one", "mine", &narrower)).is_none());
    }

    #[test]
    fn metadata_that_has_changed_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        cache.put(&default_key(b"one"), &metadata()).unwrap();
        let path = fs::read_dir(dir.path().join("described")).unwrap().next().unwrap().unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        for torn in [text.replace("true", "false"), text[..text.len() / 2].to_owned(), String::new()] {
            fs::write(&path, torn).unwrap();
            assert!(cache.get(&default_key(b"one")).is_none());
            assert!(!path.exists());
        }
    }
}
