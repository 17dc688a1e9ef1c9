//! Runs a project's build command: captures its output, and ends all of its processes when it is stopped.

use std::{
    ffi::OsString,
    io,
    path::Path,
    pin::{Pin, pin},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::{Child, Command},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// The number of bytes that are kept of each pipe, from its end.
const MAX_OUTPUT_BYTES: usize = 256 * 1024;
/// The time limit for reading the rest of the output after the command has ended: a background process may hold the
/// pipes open for ever.
const OUTPUT_TIMEOUT: Duration = Duration::from_millis(500);
/// The time that a command has to clean up between the request to end and the kill.
const GRACE_PERIOD: Duration = Duration::from_secs(2);

/// A command that builds a project.
pub(super) struct BuildCommand {
    program: OsString,
    args: Vec<OsString>,
    /// The command as its author would type it.
    pub(super) shown: String,
}

/// The text that a command wrote.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Says how a build ended.
#[derive(Debug)]
pub(super) enum BuildEnd {
    Succeeded(Output),
    Failed(ExitStatus, Output),
    /// The build was stopped, with every process it had started.
    Stopped,
}

impl BuildCommand {
    pub(super) fn program(program: OsString, args: &[&str], shown: &str) -> Self {
        Self { program, args: args.iter().map(Into::into).collect(), shown: shown.to_owned() }
    }

    /// Makes a command of a line as it is typed into a shell.
    pub(super) fn shell(line: String) -> Self {
        let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
        Self { program: shell.into(), args: vec![option.into(), line.clone().into()], shown: line }
    }
}

/// Runs a command in the folder until it ends or `stop` is cancelled. It gets a process group of its own: a Ctrl-C at the
/// terminal is handed on by the session, and reaches every process of the group.
pub(super) async fn run(build: &BuildCommand, folder: &Path, stop: &CancellationToken) -> io::Result<BuildEnd> {
    let mut command = Command::new(&build.program);
    command.args(&build.args).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn()?;
    let group = ProcessGroup::of(&child);
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let status = {
        let pipes = pin!(async { tokio::join!(read_tail(stdout, &mut output), read_tail(stderr, &mut errors)) });
        tokio::select! {
            status = wait(&mut child, pipes) => Some(status?),
            () = stop.cancelled() => None,
        }
    };
    let Some(status) = status else {
        group.end(&mut child).await;
        return Ok(BuildEnd::Stopped);
    };
    group.disarm();
    let output = Output { stdout: text(&output), stderr: text(&errors) };
    Ok(if status.success() { BuildEnd::Succeeded(output) } else { BuildEnd::Failed(status, output) })
}

/// Waits until the command has ended and its output is read.
async fn wait(child: &mut Child, mut pipes: Pin<&mut impl Future<Output = ((), ())>>) -> io::Result<ExitStatus> {
    let mut is_read = false;
    let status = tokio::select! {
        status = child.wait() => status?,
        _ = pipes.as_mut() => {
            is_read = true;
            child.wait().await?
        }
    };
    if !is_read {
        // An error means that a process which the command left behind still holds its pipes.
        let _ = timeout(OUTPUT_TIMEOUT, pipes).await;
    }
    Ok(status)
}

/// Reads a pipe to its end, and keeps the last part.
async fn read_tail(pipe: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>) {
    let Some(mut pipe) = pipe else { return };
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = pipe.read(&mut buffer).await {
        into.extend_from_slice(&buffer[..read]);
        if into.len() > 2 * MAX_OUTPUT_BYTES {
            into.drain(..into.len() - MAX_OUTPUT_BYTES);
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The processes of a command. Dropping it kills them, unless it is disarmed.
struct ProcessGroup {
    #[cfg(unix)]
    leader: std::cell::Cell<Option<rustix::process::Pid>>,
}

#[cfg(unix)]
impl ProcessGroup {
    fn of(child: &Child) -> Self {
        let leader = child.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()));
        Self { leader: std::cell::Cell::new(leader) }
    }

    /// Ends every process: with SIGTERM first, since `make` then removes half-written files, and with SIGKILL after the
    /// grace period.
    async fn end(&self, child: &mut Child) {
        self.signal(rustix::process::Signal::TERM);
        let _ = timeout(GRACE_PERIOD, child.wait()).await;
        self.signal(rustix::process::Signal::KILL);
        self.disarm();
    }

    fn signal(&self, signal: rustix::process::Signal) {
        if let Some(leader) = self.leader.get() {
            // An error means that no process is left.
            let _ = rustix::process::kill_process_group(leader, signal);
        }
    }

    fn disarm(&self) {
        self.leader.set(None);
    }
}

#[cfg(unix)]
impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.signal(rustix::process::Signal::KILL);
    }
}

#[cfg(not(unix))]
impl ProcessGroup {
    fn of(_: &Child) -> Self {
        Self {}
    }

    async fn end(&self, child: &mut Child) {
        let _ = timeout(GRACE_PERIOD, child.kill()).await;
    }

    fn disarm(&self) {}
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    async fn ended(line: &str) -> BuildEnd {
        let folder = tempfile::tempdir().unwrap();
        run(&BuildCommand::shell(line.to_owned()), folder.path(), &CancellationToken::new()).await.unwrap()
    }

    #[tokio::test]
    async fn what_a_command_said_is_told_however_it_ended() {
        let BuildEnd::Succeeded(output) = ended("echo good; echo aside >&2").await else { panic!("it is good") };
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("good\n", "aside\n"));
        let BuildEnd::Failed(status, output) = ended("echo bad >&2; exit 3").await else { panic!("it is bad") };
        assert_eq!((status.code(), output.stderr.as_str()), (Some(3), "bad\n"));
    }

    #[tokio::test]
    async fn of_much_output_the_end_is_kept() {
        let BuildEnd::Succeeded(output) = ended("yes 0123456789 | head -c 3000000; echo last").await else {
            panic!("it is good")
        };
        assert!(output.stdout.len() <= 2 * MAX_OUTPUT_BYTES + 16 * 1024 && output.stdout.ends_with("last\n"));
    }

    /// The grandchild holds the pipe: nothing of it may keep a build waiting, and stopping reaches it.
    #[tokio::test]
    async fn a_command_that_is_stopped_takes_all_it_began_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let build = BuildCommand::shell("sleep 1000 & echo $! > pid; wait".to_owned());
        let stop = CancellationToken::new();
        let begun = async {
            loop {
                let pid = std::fs::read_to_string(folder.path().join("pid")).unwrap_or_default();
                if pid.ends_with('\n') {
                    break pid.trim().to_owned();
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let (ended, pid) = tokio::join!(run(&build, folder.path(), &stop), async {
            let pid = begun.await;
            stop.cancel();
            pid
        });
        assert!(matches!(ended, Ok(BuildEnd::Stopped)), "{ended:?}");
        let pid = rustix::process::Pid::from_raw(pid.parse().unwrap()).unwrap();
        while rustix::process::test_kill_process(pid).is_ok() && !is_zombie(pid) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Its parent may not have collected its exit status yet.
    fn is_zombie(pid: rustix::process::Pid) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
        stat.is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z')))
    }
}
