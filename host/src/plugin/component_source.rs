//! The source of a component's bytes: they are known by their digest, and read when they are needed.

use std::sync::Arc;

use super::error::PluginError;

type ReadBytes = dyn Fn() -> anyhow::Result<Arc<[u8]>> + Send + Sync;

/// Bytes that were hashed once and can be read again. A clone is the same source.
#[derive(Clone)]
pub(crate) struct ComponentSource {
    /// Identifies the bytes by their BLAKE3 digest.
    pub(crate) digest: blake3::Hash,
    read: Arc<ReadBytes>,
}

impl ComponentSource {
    /// Makes a source of bytes with this digest. `read` reads them again, and may wait for a disk.
    pub(crate) fn new(
        digest: blake3::Hash,
        read: impl Fn() -> anyhow::Result<Arc<[u8]>> + Send + Sync + 'static,
    ) -> Self {
        Self { digest, read: Arc::new(read) }
    }

    /// Makes a source of bytes in memory.
    pub(crate) fn from_bytes(bytes: Arc<[u8]>) -> Self {
        Self::new(blake3::hash(&bytes), move || Ok(bytes.clone()))
    }

    /// Reads the bytes.
    ///
    /// # Errors
    /// They cannot be read any more, or have changed since they were hashed.
    pub(super) async fn read(&self) -> Result<Arc<[u8]>, PluginError> {
        let (read, digest) = (self.read.clone(), self.digest);
        let bytes = tokio::task::spawn_blocking(move || {
            let bytes = read().map_err(|error| format!("{error:#}"))?;
            if blake3::hash(&bytes) == digest { Ok(bytes) } else { Err("it changed while it was loaded".to_owned()) }
        });
        bytes.await.map_err(|error| PluginError::Changed(error.to_string()))?.map_err(PluginError::Changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bytes_that_have_changed_are_not_given() {
        let seen = blake3::hash(b"seen");
        let read = ComponentSource::new(seen, || Ok((*b"seen").into())).read().await;
        assert_eq!(read.ok().as_deref(), Some(&b"seen"[..]));
        assert!(ComponentSource::new(seen, || Ok((*b"else").into())).read().await.is_err());
    }
}
