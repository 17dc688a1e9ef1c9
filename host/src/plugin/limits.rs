//! Limits the memory and the processor time that one instance may use.

use std::time::Duration;

use wasmtime::ResourceLimiter;

/// The bytes that a table element counts for.
const TABLE_ELEMENT_BYTES: usize = 16;

/// Bounds the sum of all memories and tables of a store.
///
/// `wasmtime::StoreLimits::memory_size` bounds each memory by itself: a component with forty of them would get forty times
/// as much.
#[derive(Debug)]
pub(super) struct MemoryLimit {
    limit: usize,
    used: usize,
    refused: bool,
}

impl MemoryLimit {
    /// Makes a limit in bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, used: 0, refused: false }
    }

    /// Returns whether growth was ever refused. Most guests trap right after that, and this is the cause.
    pub(super) fn was_refused(&self) -> bool {
        self.refused
    }

    /// Returns the limit in MiB, for messages.
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
        Ok(self.grow(current.saturating_mul(TABLE_ELEMENT_BYTES), desired.saturating_mul(TABLE_ELEMENT_BYTES)))
    }

    /// A Python component has some dozens of core instances.
    fn instances(&self) -> usize {
        256
    }

    fn tables(&self) -> usize {
        64
    }

    /// Each memory reserves address space, whatever its size.
    fn memories(&self) -> usize {
        64
    }
}

/// Bounds the time that a guest computes. It counts the epoch's ticks that find the guest computing, so that waiting in the
/// host is free.
#[derive(Debug)]
pub(super) struct CpuLimit {
    limit: Duration,
    spent: Duration,
}

/// The error of a guest that computed for longer than it may.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("out of processor time")]
pub(super) struct CpuTimeExceeded;

impl CpuLimit {
    /// Makes a limit.
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, spent: Duration::ZERO }
    }

    /// Returns the limit.
    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    /// Returns the time that was counted.
    pub(super) fn spent(&self) -> Duration {
        self.spent
    }

    /// Counts processor time.
    ///
    /// # Errors
    /// The guest has computed for longer than its limit.
    pub(super) fn spend(&mut self, time: Duration) -> Result<(), CpuTimeExceeded> {
        self.spent += time;
        if self.spent > self.limit { Err(CpuTimeExceeded) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE_BYTES: usize = 65_536;

    #[test]
    fn the_sum_of_all_memories_is_bounded() {
        let mut limit = MemoryLimit::new(4 * PAGE_BYTES);
        assert!(limit.grow(0, 2 * PAGE_BYTES));
        assert!(limit.grow(0, 2 * PAGE_BYTES));
        assert!(!limit.grow(0, PAGE_BYTES));
        assert!(limit.was_refused());
    }

    #[test]
    fn tables_count_against_the_same_limit() {
        let mut limit = MemoryLimit::new(PAGE_BYTES);
        assert!(limit.table_growing(0, PAGE_BYTES / TABLE_ELEMENT_BYTES, None).unwrap());
        assert!(!limit.memory_growing(0, PAGE_BYTES, None).unwrap());
    }

    #[test]
    fn growth_within_the_limit_counts_only_the_difference() {
        let mut limit = MemoryLimit::new(4 * PAGE_BYTES);
        assert!(limit.grow(0, 3 * PAGE_BYTES));
        assert!(limit.grow(3 * PAGE_BYTES, 4 * PAGE_BYTES));
        assert!(!limit.was_refused());
    }
}
