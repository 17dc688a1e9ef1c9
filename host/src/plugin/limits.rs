//! What one instance may use of memory and processor time.

use std::time::Duration;

use wasmtime::ResourceLimiter;

/// Bytes a table element counts for.
const TABLE_ELEMENT: usize = 16;

/// Bounds the sum of all memories and tables of a store.
///
/// `wasmtime::StoreLimits::memory_size` bounds each memory by itself, so that a component with forty of them gets forty
/// times as much.
#[derive(Debug)]
pub(super) struct MemoryLimit {
    limit: usize,
    used: usize,
    refused: bool,
}

impl MemoryLimit {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, used: 0, refused: false }
    }

    /// Whether growth was ever refused: most guests trap a moment after that, and this is why.
    pub(super) fn was_refused(&self) -> bool {
        self.refused
    }

    /// The limit in MiB, for messages.
    pub(super) fn mebibytes(&self) -> usize {
        self.limit / (1024 * 1024)
    }

    fn grow(&mut self, current: usize, desired: usize) -> bool {
        let used = self.used.saturating_add(desired.saturating_sub(current));
        if used > self.limit {
            self.refused = true;
            return false;
        }
        self.used = used;
        true
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.grow(current, desired))
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.grow(current.saturating_mul(TABLE_ELEMENT), desired.saturating_mul(TABLE_ELEMENT)))
    }

    /// A Python component has some dozens of core instances.
    fn instances(&self) -> usize {
        256
    }

    fn tables(&self) -> usize {
        64
    }

    /// Each reserves address space, whatever its size.
    fn memories(&self) -> usize {
        64
    }
}

/// Bounds the time a guest computes. Counted in ticks of the engine's clock that found it computing, so what it waits for
/// in the host is free.
#[derive(Debug)]
pub(super) struct CpuLimit {
    limit: Duration,
    spent: Duration,
}

/// A guest computed for longer than it may.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("out of processor time")]
pub(super) struct OutOfTime;

impl CpuLimit {
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, spent: Duration::ZERO }
    }

    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    pub(super) fn spend(&mut self, time: Duration) -> Result<(), OutOfTime> {
        self.spent += time;
        if self.spent > self.limit { Err(OutOfTime) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 65_536;

    #[test]
    fn the_sum_of_all_memories_is_bounded() {
        let mut limit = MemoryLimit::new(4 * PAGE);
        assert!(limit.grow(0, 2 * PAGE));
        assert!(limit.grow(0, 2 * PAGE));
        assert!(!limit.grow(0, PAGE));
        assert!(limit.was_refused());
    }

    #[test]
    fn tables_count_against_the_same_limit() {
        let mut limit = MemoryLimit::new(PAGE);
        assert!(limit.table_growing(0, PAGE / TABLE_ELEMENT, None).unwrap());
        assert!(!limit.memory_growing(0, PAGE, None).unwrap());
    }

    #[test]
    fn growth_within_the_limit_counts_only_what_is_new() {
        let mut limit = MemoryLimit::new(4 * PAGE);
        assert!(limit.grow(0, 3 * PAGE));
        assert!(limit.grow(3 * PAGE, 4 * PAGE));
        assert!(!limit.was_refused());
    }
}
