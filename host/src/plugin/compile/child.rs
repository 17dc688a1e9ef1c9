//! The parent's side of a compilation: it passes the bytes to a child, and ends the child in any case.

use std::{
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    process::{ChildStdin, Command},
    time::timeout,
};

use super::{super::disk_cache::CacheWriter, PluginError, cannot_compile, worker};
use crate::contract::Invalid;

/// The wall time of one compilation. The child limits its own processor time.
const COMPILE_TIMEOUT: Duration = Duration::from_mins(5);
/// The most bytes of machine code. That of an 18 MB Python component has 35 MB.
pub(super) const MAX_CODE_BYTES: u64 = 512 << 20;
/// The most bytes of the compiler's messages that are kept.
const MAX_MESSAGE_BYTES: u64 = 8 * 1024;
const BUFFER_BYTES: usize = 64 * 1024;

/// Returns the path of this program's own file, also after an update has replaced it.
pub(in crate::plugin) fn own_program() -> std::io::Result<PathBuf> {
    let own = Path::new("/proc/self/exe");
    if own.exists() { Ok(own.to_owned()) } else { std::env::current_exe() }
}

/// Compiles in a child that has only the bytes: no environment, where the bridge's key may be, and no open files.
pub(super) async fn compile(
    program: &Path,
    bytes: Arc<[u8]>,
    mut writer: CacheWriter,
) -> Result<CacheWriter, PluginError> {
    if cfg!(test) {
        // The program of a unit test is not the host: it cannot be started as the compiler.
        let code = worker::compile(&bytes).map_err(|message| Invalid::new(explain_message(&message)))?;
        return writer.write(&code).map(|()| writer).map_err(cannot_compile);
    }
    let mut child = Command::new(program)
        .args([worker::COMPILE_COMMAND, &std::process::id().to_string()])
        .env_clear()
        // Each thread takes address space, which is limited.
        .env("RAYON_NUM_THREADS", "2")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(cannot_compile)?;
    let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(cannot_compile("the compiler has no pipes"));
    };
    let work = async {
        let ((), code, message) =
            tokio::join!(write_component(stdin, &bytes), copy_code(stdout, &mut writer), read_message(stderr));
        code?;
        let status = child.wait().await.map_err(cannot_compile)?;
        check_status(status, message)
    };
    match timeout(COMPILE_TIMEOUT, work).await {
        Ok(checked) => checked.map(|()| writer),
        Err(_) => Err(too_much(format!("compiling it takes more than {} s", COMPILE_TIMEOUT.as_secs()))),
    }
}

/// Writes the bytes to the child. A child that has seen enough closes the pipe; then its message counts, not the error.
async fn write_component(mut stdin: ChildStdin, bytes: &[u8]) {
    if let Err(error) = stdin.write_all(bytes).await {
        tracing::debug!(%error, "the compiler did not read all bytes");
    }
}

async fn copy_code(mut stdout: impl AsyncRead + Unpin, writer: &mut CacheWriter) -> Result<(), PluginError> {
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut total = 0;
    loop {
        let read = stdout.read(&mut buffer).await.map_err(cannot_compile)?;
        if read == 0 {
            return Ok(());
        }
        total += read as u64;
        if total > MAX_CODE_BYTES {
            return Err(too_much(format!("its machine code has more than {} MiB", MAX_CODE_BYTES >> 20)));
        }
        // A few kilobytes into the page cache: not worth a thread.
        writer.write(&buffer[..read]).map_err(cannot_compile)?;
    }
}

async fn read_message(stderr: impl AsyncRead + Unpin) -> String {
    let mut message = Vec::new();
    let mut kept = stderr.take(MAX_MESSAGE_BYTES);
    let _ = kept.read_to_end(&mut message).await;
    // The rest is read and dropped: otherwise the child would block on a full pipe.
    let _ = tokio::io::copy(&mut kept.into_inner(), &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&message).trim().to_owned()
}

fn check_status(status: ExitStatus, message: String) -> Result<(), PluginError> {
    match status.code() {
        Some(0) => Ok(()),
        Some(worker::EXIT_INVALID) => Err(Invalid::new(explain_message(&message)).into()),
        Some(worker::EXIT_UNLIMITED) => Err(cannot_compile(message)),
        _ => {
            tracing::warn!(%status, message, "the compiler crashed or reached a limit");
            Err(too_much(format!(
                "compiling it needs more than {} MiB of memory or {} s of processor time, or crashes the compiler ({status})",
                worker::MAX_MEMORY_BYTES >> 20,
                worker::MAX_CPU_SECONDS,
            )))
        }
    }
}

/// Adds the meaning for a plugin's author to the compiler's message. The child can only pass on wasmtime's prose.
fn explain_message(message: &str) -> String {
    // A section that is longer than the rest of the file.
    let is_cut =
        message.contains("unexpected end") || (message.contains("section range") && message.contains("out of bounds"));
    let meaning = if is_cut {
        "the file is cut off: copy it again"
    } else if message.contains("the component model async feature") {
        "it uses async functions of the component model, as components for WASI 0.3 do, which this host does not have: \
         build it for WASI 0.2, in Rust with --target wasm32-wasip2"
    } else {
        "it is not a valid component"
    };
    format!("{meaning} ({message})")
}

fn too_much(rule: String) -> PluginError {
    Invalid::new(rule).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compilers_message_is_told_with_its_meaning() {
        let cut = explain_message("failed to parse WebAssembly module: unexpected end-of-file (at offset 0xae3)");
        assert!(cut.starts_with("the file is cut off") && cut.contains("0xae3"), "{cut}");
        assert!(explain_message("type mismatch").starts_with("it is not a valid component"));
    }

    #[test]
    fn a_component_for_wasi_0_3_is_told_what_to_build_for() {
        let text = r#"(component (import "wasi:cli/run@0.3.0" (instance (export "run" (func async)))))"#;
        let message = worker::compile(&wat::parse_str(text).unwrap()).unwrap_err();
        let explained = explain_message(&message);
        assert!(explained.contains("WASI 0.3") && explained.contains("--target wasm32-wasip2"), "{explained}");
    }
}
