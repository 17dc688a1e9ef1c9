//! The parent's side of a compilation: bytes in, machine code out, and an end in any case.

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

use super::{CompileError, cache::Sink, worker};

/// Wall time of one compilation; its processor time is limited by the child itself.
const WITHIN: Duration = Duration::from_mins(5);
/// Machine code of an 18 MB Python component has 35 MB.
const MOST_CODE: usize = 512 << 20;
/// What is kept of the compiler's complaints.
const MOST_WORDS: u64 = 8 * 1024;
const BUFFER: usize = 64 * 1024;

/// This program's own file, also after it was replaced by an update.
pub(in crate::plugin) fn program() -> std::io::Result<PathBuf> {
    let own = Path::new("/proc/self/exe");
    if own.exists() { Ok(own.to_owned()) } else { std::env::current_exe() }
}

/// Compiles in a child that has nothing but the bytes: no environment, where the bridge's key may be, no open files.
pub(super) async fn compile(program: &Path, bytes: Arc<[u8]>, mut sink: Sink) -> Result<Sink, CompileError> {
    if cfg!(test) {
        // The program of a unit test is not the host: it cannot be started as the compiler.
        let code = worker::compile(&bytes).map_err(CompileError::Invalid)?;
        return sink.write(&code).map(|()| sink).map_err(|error| host(&error));
    }
    let mut child = Command::new(program)
        .args([worker::COMMAND, &std::process::id().to_string()])
        .env_clear()
        // Each thread takes address space, which is limited.
        .env("RAYON_NUM_THREADS", "2")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| host(&error))?;
    let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(CompileError::Host("the compiler has no pipes".to_owned()));
    };
    let work = async {
        let ((), code, words) = tokio::join!(feed(stdin, &bytes), drain(stdout, &mut sink), words(stderr));
        code?;
        let status = child.wait().await.map_err(|error| host(&error))?;
        judge(status, words)
    };
    match timeout(WITHIN, work).await {
        Ok(judged) => judged.map(|()| sink),
        Err(_) => Err(CompileError::TooMuch(format!("compiling it takes more than {} s", WITHIN.as_secs()))),
    }
}

/// A child that has seen enough closes its end; what it says then counts, not the broken pipe.
async fn feed(mut stdin: ChildStdin, bytes: &[u8]) {
    if let Err(error) = stdin.write_all(bytes).await {
        tracing::debug!(%error, "the compiler did not want all bytes");
    }
}

async fn drain(mut stdout: impl AsyncRead + Unpin, sink: &mut Sink) -> Result<(), CompileError> {
    let mut buffer = vec![0; BUFFER];
    let mut total = 0;
    loop {
        let read = stdout.read(&mut buffer).await.map_err(|error| host(&error))?;
        if read == 0 {
            return Ok(());
        }
        total += read;
        if total > MOST_CODE {
            return Err(CompileError::TooMuch(format!("its machine code has more than {} MiB", MOST_CODE >> 20)));
        }
        // A few kilobytes into the page cache: not worth a thread.
        sink.write(&buffer[..read]).map_err(|error| host(&error))?;
    }
}

async fn words(stderr: impl AsyncRead + Unpin) -> String {
    let mut words = Vec::new();
    let mut kept = stderr.take(MOST_WORDS);
    let _ = kept.read_to_end(&mut words).await;
    // The rest is read too, or the child would wait for somebody to read it.
    let _ = tokio::io::copy(&mut kept.into_inner(), &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&words).trim().to_owned()
}

fn judge(status: ExitStatus, words: String) -> Result<(), CompileError> {
    match status.code() {
        Some(0) => Ok(()),
        Some(worker::INVALID) => Err(CompileError::Invalid(words)),
        Some(worker::UNLIMITED) => Err(CompileError::Host(words)),
        _ => {
            tracing::warn!(%status, words, "the compiler did not survive a component");
            Err(CompileError::TooMuch(format!(
                "compiling it needs more than {} MiB of memory or {} s of processor time, or crashes the compiler ({status})",
                worker::MEMORY >> 20,
                worker::CPU_SECONDS,
            )))
        }
    }
}

fn host(error: &std::io::Error) -> CompileError {
    CompileError::Host(error.to_string())
}
