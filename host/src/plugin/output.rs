//! The printed output of a guest as log lines, bounded whatever it prints.

mod python;

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::io::AsyncWrite;
use wasmtime_wasi::{
    cli::{IsTerminal, StdoutStream},
    p2::{OutputStream, Pollable, StreamResult},
};

use crate::capability::RateLimiter;

/// Limits the bytes of a line; the rest is cut off.
const MAX_LINE_BYTES: usize = 2_000;

/// Limits the bytes that a guest may write at once. Only the unfinished line is kept.
const MAX_WRITE_BYTES: usize = 64 * 1024;

/// Limits the last lines of stderr that are kept for the log entry of a trap.
const MAX_LAST_LINES: usize = 10;

/// Distinguishes the two output streams of a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OutputKind {
    Stdout,
    Stderr,
}

/// One output stream of a guest. Lines within the plugin's rate limit go to the log; the others are counted.
///
/// A clone is the same stream.
#[derive(Clone)]
pub(super) struct GuestOutput(Arc<Mutex<LineBuffer>>);

struct LineBuffer {
    kind: OutputKind,
    limiter: Arc<RateLimiter>,
    partial: Vec<u8>,
    cut: bool,
    last: VecDeque<String>,
    dropped: Dropped,
}

/// Counts the output that was not logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Dropped {
    pub(super) bytes: u64,
    pub(super) lines: u64,
}

impl GuestOutput {
    /// Makes a stream whose lines share the plugin's rate limiter.
    pub(super) fn new(kind: OutputKind, limiter: Arc<RateLimiter>) -> Self {
        Self(Arc::new(Mutex::new(LineBuffer {
            kind,
            limiter,
            partial: Vec::new(),
            cut: false,
            last: VecDeque::new(),
            dropped: Dropped::default(),
        })))
    }

    /// Logs the unfinished line, and returns the amount that was dropped.
    pub(super) fn finish(&self) -> Dropped {
        let mut lines = self.0.lock();
        if !lines.partial.is_empty() {
            lines.end_line();
        }
        lines.dropped
    }

    /// Explains why the guest aborted, if its last lines of stderr tell it.
    pub(super) fn explain_abort(&self) -> Option<String> {
        python::explain_panic(&self.last_lines())
    }

    /// Returns the last lines of stderr, logged or not.
    pub(super) fn last_lines(&self) -> Vec<String> {
        self.0.lock().last.iter().cloned().collect()
    }
}

impl LineBuffer {
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
        let room = MAX_LINE_BYTES.saturating_sub(self.partial.len());
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
        if self.limiter.try_acquire() {
            log_line(self.kind, &line);
        } else {
            self.dropped.lines += 1;
            self.dropped.bytes += self.partial.len() as u64 + 1;
        }
        self.keep_last(line);
        self.partial.clear();
        self.cut = false;
    }

    fn keep_last(&mut self, line: String) {
        if self.kind == OutputKind::Stderr {
            if self.last.len() == MAX_LAST_LINES {
                self.last.pop_front();
            }
            self.last.push_back(line);
        }
    }
}

fn log_line(kind: OutputKind, line: &str) {
    match kind {
        OutputKind::Stdout => tracing::info!(target: "lamplighter::guest", stream = "stdout", "{line}"),
        OutputKind::Stderr => tracing::warn!(target: "lamplighter::guest", stream = "stderr", "{line}"),
    }
}

// === WASI's view ===

impl IsTerminal for GuestOutput {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestOutput {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for GuestOutput {
    /// Is always ready: writing never blocks, because output beyond the limit is dropped.
    async fn ready(&mut self) {}
}

impl OutputStream for GuestOutput {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.0.lock().write(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(MAX_WRITE_BYTES)
    }
}

impl AsyncWrite for GuestOutput {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.lock().write(bytes);
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

    fn output(kind: OutputKind, lines: u32) -> GuestOutput {
        GuestOutput::new(kind, Arc::new(RateLimiter::new(lines, Duration::from_secs(1))))
    }

    #[test]
    fn output_beyond_the_rate_limit_is_counted_and_not_kept() {
        let output = output(OutputKind::Stdout, 2);
        output.0.lock().write(b"one\ntwo\nthree\nfour");
        assert_eq!(output.finish(), Dropped { bytes: 11, lines: 2 });
    }

    #[test]
    fn a_line_without_end_is_bounded() {
        let output = output(OutputKind::Stdout, 10);
        for _ in 0..1_000 {
            output.0.lock().write(&[b'x'; 1_000]);
        }
        assert!(output.0.lock().partial.len() <= MAX_LINE_BYTES);
        assert_eq!(output.finish().bytes, 1_000_000 - MAX_LINE_BYTES as u64);
    }

    #[test]
    fn the_last_lines_of_stderr_are_kept_even_when_they_are_too_many_to_log() {
        let output = output(OutputKind::Stderr, 0);
        for number in 0..20 {
            output.0.lock().write(format!("line {number}\n").as_bytes());
        }
        assert_eq!(output.last_lines().first().map(String::as_str), Some("line 10"));
        assert_eq!(output.last_lines().last().map(String::as_str), Some("line 19"));
    }
}
