//! The child's side of a compilation: `lamplighter compile-component PARENT`, a component on stdin, machine code on stdout.

use std::{
    io::{self, Read as _, Write as _},
    process::ExitCode,
};

use crate::plugin::engine;

/// The hidden command that makes this program the compiler; its argument is the parent's process id.
pub(crate) const COMMAND: &str = "compile-component";
/// Exit code: the bytes are no component; the reason is on stderr.
pub(super) const INVALID: i32 = 3;
/// Exit code: the limits could not be set, so nothing was compiled.
pub(super) const UNLIMITED: i32 = 4;
/// Address space. The compiler takes 600 MB for 18 MB of Python.
pub(super) const MEMORY: u64 = 2 << 30;
/// Processor time, of all threads together.
pub(super) const CPU_SECONDS: u64 = 120;

/// Compiles stdin to stdout.
pub(crate) fn run(parent: u32) -> ExitCode {
    if let Err(error) = limit(parent) {
        return end(UNLIMITED, &format!("the compiler's limits cannot be set: {error}"));
    }
    match compile_stdin() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => end(INVALID, &reason),
    }
}

fn compile_stdin() -> Result<(), String> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    io::stdout().lock().write_all(&compile(&bytes)?).map_err(|error| error.to_string())
}

/// Returns the machine code of a component.
pub(super) fn compile(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let engine = engine::compiling().map_err(|error| format!("{error:#}"))?;
    engine.precompile_component(bytes).map_err(|error| format!("{error:#}"))
}

fn end(code: i32, words: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "{words}");
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// Bounds this process before it looks at a byte.
#[cfg(unix)]
fn limit(parent: u32) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};

    let at_most = |limit: u64| Rlimit { current: Some(limit), maximum: Some(limit) };
    setrlimit(Resource::As, at_most(MEMORY))?;
    setrlimit(Resource::Cpu, at_most(CPU_SECONDS))?;
    // A core file would hold the plugin, and fill the disk.
    setrlimit(Resource::Core, at_most(0))?;
    close_inherited();
    // Serving comes first. No reason to fail if the system does not let us step back.
    let _ = rustix::process::nice(5);
    die_with(parent)
}

#[cfg(not(unix))]
fn limit(_: u32) -> io::Result<()> {
    Ok(())
}

/// The kernel ends this process when the thread of the parent that made it ends: one that lives as long as the parent.
#[cfg(target_os = "linux")]
fn die_with(parent: u32) -> io::Result<()> {
    use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

    set_parent_process_death_signal(Some(Signal::KILL))?;
    // It may have ended a moment before.
    if getppid().map(Pid::as_raw_nonzero).is_none_or(|now| now.get().cast_unsigned() != parent) {
        return Err(io::Error::other("the host is gone"));
    }
    Ok(())
}

#[cfg(all(unix, not(target_os = "linux")))]
fn die_with(_: u32) -> io::Result<()> {
    Ok(())
}

/// Whatever the host's own parent left open. The host opens everything for itself alone.
#[cfg(unix)]
fn close_inherited() {
    use std::os::fd::BorrowedFd;

    let Ok(open) = std::fs::read_dir("/dev/fd") else { return };
    let numbers: Vec<i32> =
        open.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).filter(|number| *number > 2).collect();
    for number in numbers {
        // SAFETY: this process has one thread and has opened nothing yet, so nobody uses what is closed here. The
        // descriptor of the listing itself is closed already, which the question finds out.
        unsafe {
            if rustix::io::fcntl_getfd(BorrowedFd::borrow_raw(number)).is_ok() {
                rustix::io::close(number);
            }
        }
    }
}
