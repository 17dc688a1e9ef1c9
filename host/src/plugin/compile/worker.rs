//! The child's side of a compilation: `lamplighter compile-component PARENT` reads a component from stdin and writes
//! machine code to stdout.

use std::{
    io::{self, Read as _, Write as _},
    process::ExitCode,
};

use crate::plugin::engine_config;

/// The hidden command that makes this program the compiler; its argument is the parent's process id.
pub(crate) const COMPILE_COMMAND: &str = "compile-component";
/// The exit code for bytes that are no valid component; the reason is on stderr.
pub(super) const EXIT_INVALID: i32 = 3;
/// The exit code for limits that could not be set, so that nothing was compiled.
pub(super) const EXIT_UNLIMITED: i32 = 4;
/// The most address space, in bytes. The compiler takes 600 MB for 18 MB of Python.
pub(super) const MAX_MEMORY_BYTES: u64 = 2 << 30;
/// The most processor time of all threads together, in seconds.
pub(super) const MAX_CPU_SECONDS: u64 = 120;

/// Compiles stdin to stdout.
pub(crate) fn run_worker(parent: u32) -> ExitCode {
    if let Err(error) = limit_process(parent) {
        return exit_with(EXIT_UNLIMITED, &format!("the compiler's limits cannot be set: {error}"));
    }
    match compile_stdin() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => exit_with(EXIT_INVALID, &reason),
    }
}

fn compile_stdin() -> Result<(), String> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    io::stdout().lock().write_all(&compile(&bytes)?).map_err(|error| error.to_string())
}

/// Returns the machine code of a component.
pub(super) fn compile(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let engine = engine_config::compiler_engine().map_err(|error| format!("{error:#}"))?;
    engine.precompile_component(bytes).map_err(|error| format!("{error:#}"))
}

fn exit_with(code: i32, message: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "{message}");
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// Limits this process before it reads a byte.
#[cfg(unix)]
fn limit_process(parent: u32) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};

    let at_most = |limit: u64| Rlimit { current: Some(limit), maximum: Some(limit) };
    setrlimit(Resource::As, at_most(MAX_MEMORY_BYTES))?;
    setrlimit(Resource::Cpu, at_most(MAX_CPU_SECONDS))?;
    // A core file would hold the plugin, and fill the disk.
    setrlimit(Resource::Core, at_most(0))?;
    close_inherited();
    // Serving comes first. A system that refuses a lower priority is no reason to fail.
    let _ = rustix::process::nice(5);
    die_with(parent)
}

#[cfg(not(unix))]
fn limit_process(_: u32) -> io::Result<()> {
    Ok(())
}

/// Makes the kernel end this process together with the parent's thread that started it. That thread lives as long as
/// the parent.
#[cfg(target_os = "linux")]
fn die_with(parent: u32) -> io::Result<()> {
    use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

    set_parent_process_death_signal(Some(Signal::KILL))?;
    // The parent may have ended a moment before.
    if getppid().map(Pid::as_raw_nonzero).is_none_or(|now| now.get().cast_unsigned() != parent) {
        return Err(io::Error::other("the host is gone"));
    }
    Ok(())
}

#[cfg(all(unix, not(target_os = "linux")))]
fn die_with(_: u32) -> io::Result<()> {
    Ok(())
}

/// Closes the files that the host's own parent left open. The host opens its files for itself alone.
#[cfg(unix)]
fn close_inherited() {
    use std::os::fd::BorrowedFd;

    let Ok(open) = std::fs::read_dir("/dev/fd") else { return };
    let numbers: Vec<i32> =
        open.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).filter(|number| *number > 2).collect();
    for number in numbers {
        // SAFETY: this process has one thread and has opened nothing yet, so no other code uses these descriptors. That
        // of the listing itself is closed already, which `fcntl_getfd` reports.
        unsafe {
            if rustix::io::fcntl_getfd(BorrowedFd::borrow_raw(number)).is_ok() {
                rustix::io::close(number);
            }
        }
    }
}
