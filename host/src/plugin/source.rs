//! Where a component's bytes come from: known by their digest, read when they are needed.

use std::{fmt, sync::Arc};

type Read = dyn Fn() -> Result<Arc<[u8]>, String> + Send + Sync;

/// Bytes that have been seen once. A clone is the same.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) digest: blake3::Hash,
    read: Arc<Read>,
}

impl Source {
    /// Bytes with this digest, read again by `read`, which may wait for a disk.
    pub(crate) fn new(
        digest: blake3::Hash,
        read: impl Fn() -> Result<Arc<[u8]>, String> + Send + Sync + 'static,
    ) -> Self {
        Self { digest, read: Arc::new(read) }
    }

    /// Bytes that are there.
    pub(crate) fn of(bytes: Arc<[u8]>) -> Self {
        Self::new(blake3::hash(&bytes), move || Ok(bytes.clone()))
    }

    /// The bytes.
    ///
    /// # Errors
    /// They cannot be had any more, or are other ones by now.
    pub(super) async fn bytes(&self) -> Result<Arc<[u8]>, String> {
        let (read, digest) = (self.read.clone(), self.digest);
        let read = tokio::task::spawn_blocking(move || {
            let bytes = read()?;
            if blake3::hash(&bytes) == digest { Ok(bytes) } else { Err("it changed while it was loaded".to_owned()) }
        });
        read.await.map_err(|error| error.to_string())?
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("digest", &self.digest).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bytes_that_are_other_ones_by_now_are_not_given() {
        let seen = blake3::hash(b"seen");
        assert_eq!(Source::new(seen, || Ok((*b"seen").into())).bytes().await.as_deref(), Ok(&b"seen"[..]));
        assert!(Source::new(seen, || Ok((*b"else").into())).bytes().await.is_err());
    }
}
