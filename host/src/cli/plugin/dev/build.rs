//! The project's own command, under way: what it says, and its end in any case.

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

/// What is kept of each pipe, from its end.
const MOST: usize = 256 * 1024;
/// What was begun in the background may hold the pipes open for ever.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// A command that is asked to end may take this long to clean up.
const GRACE: Duration = Duration::from_secs(2);

/// A command.
pub(super) struct Build {
    program: OsString,
    args: Vec<OsString>,
    /// As its author would type it.
    pub(super) shown: String,
}

/// What a command said.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// How a command ended.
#[derive(Debug)]
pub(super) enum Ended {
    Well(Output),
    Badly(ExitStatus, Output),
    /// It was stopped, with everything it had begun.
    Stopped,
}

impl Build {
    pub(super) fn program(program: OsString, args: &[&str], shown: &str) -> Self {
        Self { program, args: args.iter().map(Into::into).collect(), shown: shown.to_owned() }
    }

    /// A line as it is typed into a shell.
    pub(super) fn shell(line: String) -> Self {
        let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
        Self { program: shell.into(), args: vec![option.into(), line.clone().into()], shown: line }
    }
}

/// Runs it in the folder. A group of its own: a Ctrl-C at the terminal is ours to hand on, and reaches all of it.
pub(super) async fn run(build: &Build, folder: &Path, stop: &CancellationToken) -> io::Result<Ended> {
    let mut command = Command::new(&build.program);
    command.args(&build.args).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn()?;
    let group = Group::of(&child);
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let status = {
        let said = pin!(async { tokio::join!(keep(stdout, &mut output), keep(stderr, &mut errors)) });
        tokio::select! {
            status = ended(&mut child, said) => Some(status?),
            () = stop.cancelled() => None,
        }
    };
    let Some(status) = status else {
        group.end(&mut child).await;
        return Ok(Ended::Stopped);
    };
    group.disarm();
    let output = Output { stdout: text(&output), stderr: text(&errors) };
    Ok(if status.success() { Ended::Well(output) } else { Ended::Badly(status, output) })
}

/// Waits until it has ended and said everything, or nearly.
async fn ended(child: &mut Child, mut said: Pin<&mut impl Future<Output = ((), ())>>) -> io::Result<ExitStatus> {
    let mut is_silent = false;
    let status = tokio::select! {
        status = child.wait() => status?,
        _ = said.as_mut() => {
            is_silent = true;
            child.wait().await?
        }
    };
    if !is_silent {
        // An error is a process that it left behind and that still holds its pipes: not ours to wait for.
        let _ = timeout(LAST_WORDS, said).await;
    }
    Ok(status)
}

/// Reads to the end and keeps the last of it.
async fn keep(pipe: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>) {
    let Some(mut pipe) = pipe else { return };
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = pipe.read(&mut buffer).await {
        into.extend_from_slice(&buffer[..read]);
        if into.len() > 2 * MOST {
            into.drain(..into.len() - MOST);
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The processes of a command. Dropping it kills them, unless it is disarmed.
struct Group {
    #[cfg(unix)]
    leader: std::cell::Cell<Option<rustix::process::Pid>>,
}

#[cfg(unix)]
impl Group {
    fn of(child: &Child) -> Self {
        let leader = child.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()));
        Self { leader: std::cell::Cell::new(leader) }
    }

    /// Asks all of it to end, and sees to it that it does: `make` removes what it has half written if it is asked.
    async fn end(&self, child: &mut Child) {
        self.signal(rustix::process::Signal::TERM);
        let _ = timeout(GRACE, child.wait()).await;
        self.signal(rustix::process::Signal::KILL);
        self.disarm();
    }

    fn signal(&self, signal: rustix::process::Signal) {
        if let Some(leader) = self.leader.get() {
            // An error is that there is nobody left.
            let _ = rustix::process::kill_process_group(leader, signal);
        }
    }

    fn disarm(&self) {
        self.leader.set(None);
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        self.signal(rustix::process::Signal::KILL);
    }
}

#[cfg(not(unix))]
impl Group {
    fn of(_: &Child) -> Self {
        Self {}
    }

    async fn end(&self, child: &mut Child) {
        let _ = timeout(GRACE, child.kill()).await;
    }

    fn disarm(&self) {}
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    async fn ended(line: &str) -> Ended {
        let folder = tempfile::tempdir().unwrap();
        run(&Build::shell(line.to_owned()), folder.path(), &CancellationToken::new()).await.unwrap()
    }

    #[tokio::test]
    async fn what_a_command_said_is_told_however_it_ended() {
        let Ended::Well(output) = ended("echo good; echo aside >&2").await else { panic!("it is good") };
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("good\n", "aside\n"));
        let Ended::Badly(status, output) = ended("echo bad >&2; exit 3").await else { panic!("it is bad") };
        assert_eq!((status.code(), output.stderr.as_str()), (Some(3), "bad\n"));
    }

    #[tokio::test]
    async fn of_much_output_the_end_is_kept() {
        let Ended::Well(output) = ended("yes 0123456789 | head -c 3000000; echo last").await else {
            panic!("it is good")
        };
        assert!(output.stdout.len() <= 2 * MOST + 16 * 1024 && output.stdout.ends_with("last\n"));
    }

    /// The grandchild holds the pipe: nothing of it may keep a build waiting, and stopping reaches it.
    #[tokio::test]
    async fn a_command_that_is_stopped_takes_all_it_began_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let build = Build::shell("sleep 1000 & echo $! > pid; wait".to_owned());
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
        assert!(matches!(ended, Ok(Ended::Stopped)), "{ended:?}");
        let pid = rustix::process::Pid::from_raw(pid.parse().unwrap()).unwrap();
        while rustix::process::test_kill_process(pid).is_ok() && !is_zombie(pid) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Nobody may have asked how it ended yet.
    fn is_zombie(pid: rustix::process::Pid) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
        stat.is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z')))
    }
}
