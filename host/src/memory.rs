//! The heap of this process: it is kept small, because a server that waits for a person mostly does nothing.
//!
//! Only glibc needs that; on other systems nothing is done.

/// The most arenas of the heap. glibc gives each of the first threads its own, up to eight a processor, and each keeps what
/// its busiest moment took.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const MAX_ARENAS: i32 = 2;

/// Lets all threads share a few arenas. Takes effect for threads that have not allocated yet.
pub(crate) fn limit_arenas() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: sets a number that glibc reads when a thread allocates for the first time.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, MAX_ARENAS);
    }
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use std::{
        collections::HashSet,
        env,
        process::Command,
        sync::{Arc, Barrier},
        thread,
    };

    use super::*;

    const THREADS: usize = 8;

    /// The addresses of an arena's heap, which begins at a multiple of this (glibc: `HEAP_MAX_SIZE`).
    const HEAP_BYTES: usize = 64 << 20;

    /// Is set in a process of its own, in which no other test has allocated.
    const OWN_PROCESS: &str = "LAMPLIGHTER_TEST_OWN_PROCESS";

    /// Returns the heaps in which threads that run side by side allocate.
    fn heaps() -> HashSet<usize> {
        let all_allocated = Arc::new(Barrier::new(THREADS));
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let all_allocated = all_allocated.clone();
                thread::spawn(move || {
                    let allocated = vec![0_u8; 1_000];
                    all_allocated.wait();
                    allocated.as_ptr().addr() / HEAP_BYTES
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread that ends")).collect()
    }

    #[test]
    fn threads_share_a_few_arenas() {
        if env::var_os(OWN_PROCESS).is_some() {
            limit_arenas();
            assert!(heaps().len() <= usize::try_from(MAX_ARENAS).unwrap(), "{:x?}", heaps());
            return;
        }
        let mut own_process = Command::new(env::current_exe().unwrap());
        own_process.args(["--exact", "memory::tests::threads_share_a_few_arenas", "--nocapture"]);
        let ended = own_process.env(OWN_PROCESS, "1").output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
}
