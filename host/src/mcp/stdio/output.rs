//! The writing side of the transport: whole lines, one after the other.

use std::{io, sync::Arc};

use rmcp::{ErrorData, model::ServerJsonRpcMessage};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt as _},
    sync::Mutex,
};
use tokio_util::sync::CancellationToken;

/// Writes messages to the client. Clones share the stream.
#[derive(Debug)]
pub(super) struct Output<W> {
    lines: Arc<Mutex<Lines<W>>>,
    /// Is cancelled when the stream cannot be written: then there is no client.
    closing: CancellationToken,
}

#[derive(Debug)]
struct Lines<W> {
    writer: W,
    /// Is set while a line is written, and stays set if that is given up: nothing may follow half a line.
    is_cut: bool,
}

impl<W> Clone for Output<W> {
    fn clone(&self) -> Self {
        Self { lines: self.lines.clone(), closing: self.closing.clone() }
    }
}

impl<W: AsyncWrite + Unpin> Output<W> {
    pub(super) fn new(writer: W, closing: CancellationToken) -> Self {
        Self { lines: Arc::new(Mutex::new(Lines { writer, is_cut: false })), closing }
    }

    /// Writes a message as a line.
    ///
    /// # Errors
    /// If the stream cannot be written, or ends with half a line. Either ends the session.
    pub(super) async fn write(&self, message: &ServerJsonRpcMessage) -> io::Result<()> {
        self.write_line(serde_json::to_vec(message)?).await
    }

    /// Writes an error under an id that is a number rmcp cannot hold, as it was written.
    ///
    /// # Errors
    /// As of [`write`](Self::write).
    pub(super) async fn write_error(&self, id: &str, error: &ErrorData) -> io::Result<()> {
        let error = serde_json::to_string(error)?;
        self.write_line(format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#).into_bytes()).await
    }

    async fn write_line(&self, mut line: Vec<u8>) -> io::Result<()> {
        line.push(b'\n');
        self.lines.lock().await.write(&line).await.inspect_err(|_| self.closing.cancel())
    }

    /// Hands on what is written and not sent yet.
    pub(super) async fn flush(&self) -> io::Result<()> {
        self.lines.lock().await.writer.flush().await
    }
}

impl<W: AsyncWrite + Unpin> Lines<W> {
    async fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_cut {
            return Err(io::Error::new(io::ErrorKind::BrokenPipe, "an earlier line was cut"));
        }
        self.is_cut = true;
        self.writer.write_all(line).await?;
        self.is_cut = false;
        self.writer.flush().await
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use rmcp::{ErrorData, model::ServerJsonRpcMessage};
    use tokio::io::{AsyncReadExt as _, duplex};
    use tokio_util::sync::CancellationToken;

    use super::Output;

    #[tokio::test]
    async fn nothing_follows_a_line_that_was_given_up() {
        let (ours, mut theirs) = duplex(16);
        let closing = CancellationToken::new();
        let output = Output::new(ours, closing.clone());
        let message = ServerJsonRpcMessage::error(ErrorData::internal_error("longer than the pipe", None), None);
        assert!(output.write(&message).now_or_never().is_none(), "the pipe takes a part of it");
        assert!(output.write(&message).await.is_err());
        assert!(closing.is_cancelled());
        drop(output);
        let mut written = Vec::new();
        theirs.read_to_end(&mut written).await.unwrap();
        assert_eq!(written.len(), 16);
    }
}
