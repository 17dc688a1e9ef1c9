//! A bump allocator for the memory of a plugin. An instance lives for one call, so the first allocations come from one
//! arena and are never reused, which costs next to nothing. Further allocations go to the standard allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, UnsafeCell};
use std::mem::MaybeUninit;

#[cfg(target_feature = "atomics")]
compile_error!("the arena allocator is for one thread: build without the feature `arena`");

/// The size of the arena in bytes, enough for most calls. Only the used part costs anything.
#[cfg(target_arch = "wasm32")]
const ARENA_SIZE: usize = 256 * 1024;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static GLOBAL_ARENA: Arena<ARENA_SIZE> = Arena::new();

/// An arena of `BYTE_COUNT` bytes, which are taken from the front.
struct Arena<const BYTE_COUNT: usize> {
    bytes: UnsafeCell<Bytes<BYTE_COUNT>>,
    used: Cell<usize>,
}

#[repr(align(16))]
struct Bytes<const BYTE_COUNT: usize>([MaybeUninit<u8>; BYTE_COUNT]);

// SAFETY: a component has one thread.
unsafe impl<const BYTE_COUNT: usize> Sync for Arena<BYTE_COUNT> {}

impl<const BYTE_COUNT: usize> Arena<BYTE_COUNT> {
    const fn new() -> Self {
        Self { bytes: UnsafeCell::new(Bytes([MaybeUninit::uninit(); BYTE_COUNT])), used: Cell::new(0) }
    }

    fn start(&self) -> *mut u8 {
        self.bytes.get().cast()
    }

    /// Returns where an allocation begins within the arena, if it is from the arena.
    fn offset(&self, piece: *mut u8) -> Option<usize> {
        let offset = piece.addr().wrapping_sub(self.start().addr());
        (offset < BYTE_COUNT).then_some(offset)
    }

    /// Takes the next free bytes with that size and alignment, if they fit.
    fn take(&self, layout: Layout) -> Option<*mut u8> {
        let from = self.start().addr().checked_add(self.used.get())?.checked_next_multiple_of(layout.align())?;
        let offset = from - self.start().addr();
        self.grow_to(offset.checked_add(layout.size())?)?;
        // SAFETY: `grow_to` found that all of it lies in the arena.
        Some(unsafe { self.start().add(offset) })
    }

    fn grow_to(&self, end: usize) -> Option<()> {
        (end <= BYTE_COUNT).then(|| self.used.set(end))
    }
}

// SAFETY: an allocation is aligned, lies in the arena or is the standard allocator's, and overlaps no other: `used` is
// behind all allocations of the arena, and goes back only over the last one when that is freed.
unsafe impl<const BYTE_COUNT: usize> GlobalAlloc for Arena<BYTE_COUNT> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is passed on.
        self.take(layout).unwrap_or_else(|| unsafe { System.alloc(layout) })
    }

    #[inline]
    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        match self.offset(piece) {
            Some(offset) if offset + layout.size() == self.used.get() => self.used.set(offset),
            Some(_) => {}
            // SAFETY: an allocation outside the arena is the standard allocator's.
            None => unsafe { System.dealloc(piece, layout) },
        }
    }

    #[inline]
    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Some(offset) = self.offset(piece) else {
            // SAFETY: an allocation outside the arena is the standard allocator's.
            return unsafe { System.realloc(piece, layout, size) };
        };
        let is_last = offset + layout.size() == self.used.get();
        if is_last && self.grow_to(offset + size).is_some() {
            return piece;
        }
        if size <= layout.size() {
            return piece;
        }
        // SAFETY: the caller promises that the size is not zero and does not overflow with this alignment.
        let new = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !new.is_null() {
            // SAFETY: both are of that size at least, and the new one overlaps no other.
            unsafe { new.copy_from_nonoverlapping(piece, layout.size()) };
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).expect("a layout")
    }

    #[test]
    fn pieces_are_aligned_and_apart() {
        let arena = Arena::<1024>::new();
        let mut end = arena.start().addr();
        for (size, align) in [(1, 1), (8, 8), (3, 1), (16, 16), (5, 2), (4, 4)] {
            // SAFETY: the size is not zero.
            let piece = unsafe { arena.alloc(layout(size, align)) };
            assert!(piece.addr() >= end && piece.addr().is_multiple_of(align), "{size} {align}");
            end = piece.addr() + size;
        }
    }

    #[test]
    fn what_does_not_fit_is_the_usual_allocators_and_goes_back_to_it() {
        let arena = Arena::<64>::new();
        // SAFETY: pieces are given back with the layout they were asked for with, and not used after that.
        unsafe {
            let large = arena.alloc(layout(65, 1));
            assert_eq!(arena.offset(large), None);
            let larger = arena.realloc(large, layout(65, 1), 100);
            arena.dealloc(larger, layout(100, 1));
            assert_eq!(arena.offset(arena.alloc(layout(64, 1))), Some(0));
        }
    }

    #[test]
    fn the_last_piece_grows_where_it_is_and_gives_its_place_back() {
        let arena = Arena::<64>::new();
        // SAFETY: as above.
        unsafe {
            let piece = arena.alloc(layout(8, 1));
            assert_eq!(arena.realloc(piece, layout(8, 1), 32), piece);
            assert_eq!(arena.used.get(), 32);
            arena.dealloc(piece, layout(32, 1));
            assert_eq!(arena.used.get(), 0);
        }
    }

    #[test]
    fn a_piece_that_moves_keeps_what_it_holds() {
        let arena = Arena::<64>::new();
        // SAFETY: as above; what is read was written.
        unsafe {
            let piece = arena.alloc(layout(8, 1));
            piece.write_bytes(7, 8);
            let behind = arena.alloc(layout(8, 1));
            let moved = arena.realloc(piece, layout(8, 1), 16);
            assert_ne!(moved, piece);
            let beyond = arena.realloc(moved, layout(16, 1), 500);
            assert_eq!(arena.offset(beyond), None);
            assert_eq!(std::slice::from_raw_parts(beyond, 8), [7; 8]);
            arena.dealloc(beyond, layout(500, 1));
            assert!(arena.offset(behind).is_some());
        }
    }
}
