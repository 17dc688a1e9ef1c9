//! What a process holds: memory, descriptors, threads and mappings, as the operating system counts them.

use std::fs;

use anyhow::{Context, Result};

/// What a process holds at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vitals {
    /// Is the resident memory that is no file's, in bytes.
    pub anonymous: u64,
    /// Counts the open files, sockets and pipes.
    pub descriptors: u64,
    /// Counts the threads.
    pub threads: u64,
    /// Counts the memory mappings. Each live instance has some, and so has each loaded component.
    pub mappings: u64,
}

impl Vitals {
    /// Reads what a process holds.
    pub fn read(pid: u32) -> Result<Self> {
        let text = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).context("the process is gone");
        let entries = |folder: &str| fs::read_dir(format!("/proc/{pid}/{folder}")).context("the process is gone");
        Ok(Self {
            anonymous: kilobytes(&text("smaps_rollup")?, "Anonymous:")? * 1024,
            descriptors: u64::try_from(entries("fd")?.count())?,
            threads: u64::try_from(entries("task")?.count())?,
            mappings: u64::try_from(text("maps")?.lines().count())?,
        })
    }

    /// Tells whether each count is at most what it was in `earlier`, plus what `slack` allows.
    pub fn is_within(&self, earlier: &Self, slack: &Self) -> bool {
        self.anonymous <= earlier.anonymous + slack.anonymous
            && self.descriptors <= earlier.descriptors + slack.descriptors
            && self.threads <= earlier.threads + slack.threads
            && self.mappings <= earlier.mappings + slack.mappings
    }
}

fn kilobytes(text: &str, name: &str) -> Result<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("there is no {name}"))?;
    line.trim().trim_end_matches(" kB").parse().with_context(|| format!("{name} is no number"))
}

#[cfg(test)]
mod tests {
    use super::Vitals;

    #[test]
    fn a_process_has_memory_descriptors_threads_and_mappings() {
        let before = Vitals::read(std::process::id()).unwrap();
        let files: Vec<_> = (0..64).map(|_| std::fs::File::open("/proc/self/maps").unwrap()).collect();
        let after = Vitals::read(std::process::id()).unwrap();
        assert!(before.anonymous > 100_000 && before.threads >= 1 && before.mappings > 5, "{before:?}");
        assert!(after.descriptors >= before.descriptors + 32, "{} files: {before:?} {after:?}", files.len());
    }

    #[test]
    fn growth_of_any_count_beyond_its_slack_is_seen() {
        let earlier = Vitals { anonymous: 100, descriptors: 10, threads: 4, mappings: 50 };
        let slack = Vitals { anonymous: 10, descriptors: 1, threads: 1, mappings: 5 };
        assert!(earlier.is_within(&earlier, &slack));
        assert!(Vitals { anonymous: 110, descriptors: 11, threads: 5, mappings: 55 }.is_within(&earlier, &slack));
        let grown = [
            Vitals { anonymous: 111, ..earlier },
            Vitals { descriptors: 12, ..earlier },
            Vitals { threads: 6, ..earlier },
            Vitals { mappings: 56, ..earlier },
        ];
        assert!(grown.iter().all(|grown| !grown.is_within(&earlier, &slack)));
    }
}
