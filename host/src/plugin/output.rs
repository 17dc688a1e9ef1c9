//! What a guest prints, as log lines: bounded, whatever it prints.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::{
    cli::{IsTerminal, StdoutStream},
    p2::{OutputStream, Pollable, StreamResult},
};

use crate::capability::Allowance;

/// A line longer than this is cut.
const LINE: usize = 2_000;

/// How much a guest may write at once; nothing of it is kept but the line it ends in.
const PERMIT: usize = 64 * 1024;

/// Lines of stderr that are kept for the operator in case the guest traps.
const LAST_LINES: usize = 10;

/// Which of the two a guest wrote to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Stdout,
    Stderr,
}

/// One of the guest's output streams: lines go to the log as fast as the plugin's gate admits; the rest is counted.
///
/// A clone is the same stream.
#[derive(Clone)]
pub(super) struct Output(Arc<Mutex<Lines>>);

struct Lines {
    stream: Stream,
    gate: Arc<Allowance>,
    partial: Vec<u8>,
    cut: bool,
    last: VecDeque<String>,
    dropped: Dropped,
}

/// What was not logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Dropped {
    pub(super) bytes: u64,
    pub(super) lines: u64,
}

impl Output {
    pub(super) fn new(stream: Stream, gate: Arc<Allowance>) -> Self {
        Self(Arc::new(Mutex::new(Lines {
            stream,
            gate,
            partial: Vec::new(),
            cut: false,
            last: VecDeque::new(),
            dropped: Dropped::default(),
        })))
    }

    /// Logs what was printed without a line end, and tells what was dropped.
    pub(super) fn finish(&self) -> Dropped {
        let mut lines = self.lines();
        if !lines.partial.is_empty() {
            lines.end_line();
        }
        lines.dropped
    }

    /// The last lines, logged or not.
    pub(super) fn last_lines(&self) -> Vec<String> {
        self.lines().last.iter().cloned().collect()
    }

    // A std Mutex: held for the length of one write, never across an await.
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn write(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            let (text, ends) = match piece.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (piece, false),
            };
            self.extend(text);
            if ends {
                self.end_line();
            }
        }
    }

    fn extend(&mut self, text: &[u8]) {
        let room = LINE.saturating_sub(self.partial.len());
        let taken = text.len().min(room);
        self.partial.extend_from_slice(&text[..taken]);
        if taken < text.len() {
            self.cut = true;
            self.dropped.bytes += (text.len() - taken) as u64;
        }
    }

    fn end_line(&mut self) {
        let mut line = String::from_utf8_lossy(&self.partial).trim_end_matches('\r').to_owned();
        if self.cut {
            line.push('…');
        }
        if self.gate.admit() {
            log(self.stream, &line);
        } else {
            self.dropped.lines += 1;
            self.dropped.bytes += self.partial.len() as u64 + 1;
        }
        self.remember(line);
        self.partial.clear();
        self.cut = false;
    }

    fn remember(&mut self, line: String) {
        if self.stream == Stream::Stderr {
            if self.last.len() == LAST_LINES {
                self.last.pop_front();
            }
            self.last.push_back(line);
        }
    }
}

fn log(stream: Stream, line: &str) {
    match stream {
        Stream::Stdout => tracing::info!(target: "lamplighter::guest", stream = "stdout", "{line}"),
        Stream::Stderr => tracing::warn!(target: "lamplighter::guest", stream = "stderr", "{line}"),
    }
}

// === WASI's view ===

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Output {
    /// Always ready: writing never blocks, since what is too much is dropped.
    async fn ready(&mut self) {}
}

impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.lines().write(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(PERMIT)
    }
}

impl AsyncWrite for Output {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.lines().write(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn output(stream: Stream, lines: u32) -> Output {
        Output::new(stream, Arc::new(Allowance::new(lines, Duration::from_secs(1))))
    }

    #[test]
    fn what_is_beyond_the_allowance_is_counted_and_not_kept() {
        let output = output(Stream::Stdout, 2);
        output.lines().write(b"one\ntwo\nthree\nfour");
        assert_eq!(output.finish(), Dropped { bytes: 11, lines: 2 });
    }

    #[test]
    fn a_line_without_end_is_bounded() {
        let output = output(Stream::Stdout, 10);
        for _ in 0..1_000 {
            output.lines().write(&[b'x'; 1_000]);
        }
        assert!(output.lines().partial.len() <= LINE);
        assert_eq!(output.finish().bytes, 1_000_000 - LINE as u64);
    }

    #[test]
    fn the_last_lines_of_stderr_are_kept_even_when_they_are_too_many_to_log() {
        let output = output(Stream::Stderr, 0);
        for number in 0..20 {
            output.lines().write(format!("line {number}\n").as_bytes());
        }
        assert_eq!(output.last_lines().first().map(String::as_str), Some("line 10"));
        assert_eq!(output.last_lines().last().map(String::as_str), Some("line 19"));
    }
}
