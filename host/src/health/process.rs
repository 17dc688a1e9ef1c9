//! The host's process, as the operating system sees it.

/// The process at one moment. A figure that the machine does not provide is `None`; off Linux, all are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProcessMetrics {
    /// The memory that is in RAM.
    pub(crate) resident_bytes: Option<u64>,
    /// The processor time that all threads have used, in user and kernel mode, in milliseconds.
    pub(crate) cpu_ms: Option<u64>,
    /// Counts the threads, running or not.
    pub(crate) threads: Option<u32>,
    /// Counts the files and sockets that are open.
    pub(crate) file_descriptors: Option<u32>,
}

/// Reads the figures from two entries of `/proc`, which takes microseconds and waits for no disk.
#[cfg(target_os = "linux")]
pub(crate) fn sample_process() -> ProcessMetrics {
    use procfs::{WithCurrentSystemInfo, process};

    let Ok(process) = process::Process::myself() else {
        return ProcessMetrics::default();
    };
    let stat = process.stat().ok();
    let cpu_ms = |stat: &process::Stat| (stat.utime + stat.stime).saturating_mul(1000) / procfs::ticks_per_second();
    ProcessMetrics {
        resident_bytes: stat.as_ref().map(|stat| stat.rss_bytes().get()),
        cpu_ms: stat.as_ref().map(cpu_ms),
        threads: stat.as_ref().and_then(|stat| stat.num_threads.try_into().ok()),
        file_descriptors: process.fd_count().ok().and_then(|count| count.try_into().ok()),
    }
}

/// This system provides no figures.
#[cfg(not(target_os = "linux"))]
pub(crate) fn sample_process() -> ProcessMetrics {
    ProcessMetrics::default()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::sample_process;

    #[test]
    fn linux_tells_everything_about_this_process() {
        let process = sample_process();
        assert!(process.resident_bytes.is_some_and(|bytes| bytes > 100_000), "{process:?}");
        assert!(process.threads.is_some_and(|threads| threads >= 1), "{process:?}");
        assert!(process.file_descriptors.is_some_and(|open| open >= 3), "{process:?}");
        assert!(process.cpu_ms.is_some(), "{process:?}");
    }

    #[test]
    fn an_open_file_is_counted() {
        let before = sample_process().file_descriptors;
        let files: Vec<_> = (0..32).filter_map(|_| std::fs::File::open("/proc/self/stat").ok()).collect();
        assert_eq!(files.len(), 32);
        // Tests beside this one open and close a few of their own.
        assert!(sample_process().file_descriptors > before, "{before:?}");
    }
}
