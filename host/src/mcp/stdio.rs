//! The stdio transport of MCP: one JSON-RPC message per line.
//!
//! rmcp has such a transport. This one answers unreadable lines instead of dropping them, keeps each id to one request,
//! answers every request before it closes, and keeps a stray notification before the first request from ending the
//! session.
//!
//! - [`mod@parse`]: a line as a message, or as a refusal;
//! - [`damaged_line`]: the ids in a line that cannot be parsed;
//! - [`in_flight`]: the requests under way;
//! - [`output`]: the writing side;
//! - [`streams`]: the byte streams behind stdin and stdout;
//! - [`tool_call`]: a call of a tool as a message, in one pass.

mod damaged_line;
mod in_flight;
mod output;
mod parse;
pub(super) mod streams;
mod tool_call;

use std::{io, time::Duration};

use bytes::{Bytes, BytesMut};
use rmcp::{
    ErrorData, RoleServer,
    model::{
        ClientJsonRpcMessage, ClientRequest, ErrorCode, GetMeta as _, JsonRpcError, JsonRpcMessage, ProtocolVersion,
        ServerJsonRpcMessage,
    },
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite},
    time::timeout,
};
use tokio_util::{
    codec::{AnyDelimiterCodec, AnyDelimiterCodecError, Decoder as _},
    sync::CancellationToken,
    task::TaskTracker,
};

use damaged_line::ReadId;
use in_flight::InFlight;
use output::Output;
use parse::{Refusal, parse};

/// The longest accepted line in bytes; longer lines are refused and skipped.
pub(super) const MAX_LINE_BYTES: usize = 4 * 1024 * 1024;

/// The free space made in the buffer before each read, in bytes.
const READ_BYTES: usize = 8 * 1024;

/// The time limit for writing the last answers when the session ends.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The answer to a request that is still under way when the session ends.
const UNFINISHED_REQUEST: &str = "the session ended before this request did: what it has changed is unknown";

/// The transport to one client: a pair of byte streams, which are stdin and stdout in the program.
pub(super) struct Stdio<R, W> {
    reader: R,
    codec: AnyDelimiterCodec,
    buffer: BytesMut,
    output: Output<W>,
    in_flight: InFlight,
    /// The refusals that are being written.
    refusals: TaskTracker,
    /// The number of requests that were under way when the session's end began, once it has.
    in_flight_at_end: Option<usize>,
    /// Is set once the session has begun: with `initialize`, or with a request of the modern era.
    begun: bool,
    /// Is cancelled here when the client is gone; is cancelled elsewhere to end the session.
    closing: CancellationToken,
}

impl<R, W> Stdio<R, W>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin + Send + 'static,
{
    pub(super) fn new(reader: R, writer: W, closing: CancellationToken) -> Self {
        Self {
            reader,
            codec: AnyDelimiterCodec::new_with_max_length(b"\n".to_vec(), Vec::new(), MAX_LINE_BYTES),
            buffer: BytesMut::new(),
            output: Output::new(writer, closing.clone()),
            in_flight: InFlight::default(),
            refusals: TaskTracker::new(),
            in_flight_at_end: None,
            begun: false,
            closing,
        }
    }

    /// Reads a line, or returns `None` at the end of the input; a last line needs no newline.
    ///
    /// Cancel safe: what was read is kept in `self`. The codec is driven here and not by `FramedRead`, which reports an
    /// end after each error and then waits for input while complete lines are in its buffer.
    async fn next_line(&mut self) -> Result<Option<Bytes>, AnyDelimiterCodecError> {
        loop {
            if let Some(line) = self.codec.decode(&mut self.buffer)? {
                return Ok(Some(line));
            }
            self.buffer.reserve(READ_BYTES);
            if self.reader.read_buf(&mut self.buffer).await? == 0 {
                return self.codec.decode_eof(&mut self.buffer);
            }
        }
    }

    /// Returns the next valid message in order; answers invalid lines with a JSON-RPC error.
    async fn next_message(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            let read = match self.next_line().await {
                Ok(None) => return None,
                Ok(Some(line)) => parse(&line),
                // The codec has not discarded the line yet.
                Err(AnyDelimiterCodecError::MaxChunkLengthExceeded) => Err(Refusal::of_long_line(&self.buffer)),
                Err(AnyDelimiterCodecError::Io(error)) => {
                    tracing::warn!(%error, "stdin cannot be read");
                    return None;
                }
            };
            match read.and_then(|message| message.map_or(Ok(None), |message| self.admit(message))) {
                Ok(Some(message)) => return Some(message),
                Ok(None) => {}
                Err(refusal) => self.refuse(refusal),
            }
        }
    }

    /// Lets a message pass to rmcp if it comes in order and names no other request's id.
    fn admit(&mut self, message: ClientJsonRpcMessage) -> Result<Option<ClientJsonRpcMessage>, Refusal> {
        if !self.is_in_order(&message) {
            tracing::debug!("a message before the session began was ignored");
            return Ok(None);
        }
        self.in_flight.number(message)
    }

    /// Returns whether the message may come now: rmcp ends the session if anything but a request comes before it has begun.
    fn is_in_order(&mut self, message: &ClientJsonRpcMessage) -> bool {
        if let JsonRpcMessage::Request(request) = message {
            self.begun |= match &request.request {
                ClientRequest::InitializeRequest(_) => true,
                ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_) => false,
                other => other.get_meta().missing_required_keys(&ProtocolVersion::V_2026_07_28).is_empty(),
            };
            return true;
        }
        self.begun
    }

    /// Answers a refused line under each of its ids that is not another request's, or else without an id.
    fn refuse(&self, Refusal { ids, error }: Refusal) {
        tracing::warn!(reason = %error.message, "a line on stdin was refused");
        let is_of_other = |id: &ReadId| matches!(id, ReadId::Usable(id) if self.in_flight.contains(id));
        let mut ids: Vec<_> = ids.into_iter().filter(|id| !is_of_other(id)).map(Some).collect();
        if ids.is_empty() {
            ids.push(None);
        }
        let output = self.output.clone();
        // In a task of its own: rmcp drops this future and polls a new one whenever it has something else to do.
        self.refusals.spawn(async move {
            for id in ids {
                let written = match id {
                    Some(ReadId::Usable(id)) => {
                        output.write(&ServerJsonRpcMessage::error(error.clone(), Some(id))).await
                    }
                    Some(ReadId::Number(id)) => output.write_error(&id, &error).await,
                    None => output.write(&ServerJsonRpcMessage::error(error.clone(), None)).await,
                };
                if let Err(error) = written {
                    tracing::warn!(%error, "stdout cannot be written");
                    return;
                }
            }
        });
    }

    /// Begins the end: the requests under way are counted, and the refusals are written. Cancel safe.
    async fn begin_end(&mut self) {
        self.closing.cancel();
        self.in_flight_at_end.get_or_insert(self.in_flight.len());
        self.refusals.close();
        if timeout(CLOSE_TIMEOUT, self.refusals.wait()).await.is_err() {
            tracing::warn!("the client does not read: answers to damaged lines are lost");
        }
    }

    /// Refuses the requests that are still under way.
    async fn refuse_rest(&mut self) -> io::Result<()> {
        for id in self.in_flight.take_ids() {
            let error = ErrorData::internal_error(UNFINISHED_REQUEST, None);
            self.output.write(&ServerJsonRpcMessage::error(error, Some(id))).await?;
        }
        self.output.flush().await
    }
}

/// Makes a sentence of rmcp's error for a method that the session does not have, which is the method's name alone.
fn with_sentence(mut message: ServerJsonRpcMessage) -> ServerJsonRpcMessage {
    if let JsonRpcMessage::Error(JsonRpcError { error, .. }) = &mut message
        && error.code == ErrorCode::METHOD_NOT_FOUND
        && !error.message.contains(' ')
    {
        error.message = format!("this session has no method {:?}", error.message).into();
    }
    message
}

impl<R, W> Transport<RoleServer> for Stdio<R, W>
where
    R: AsyncRead + Unpin + Send,
    W: AsyncWrite + Unpin + Send + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        let (message, output) = (self.in_flight.restore(message), self.output.clone());
        async move {
            let Some(message) = message else { return Ok(()) };
            output.write(&with_sentence(message)).await
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        let closing = self.closing.clone();
        let message = tokio::select! {
            biased;
            () = closing.cancelled() => None,
            message = self.next_message() => message,
        };
        if message.is_none() {
            self.begin_end().await;
        }
        message
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        let refused = self.in_flight.len();
        let answered = self.in_flight_at_end.unwrap_or(refused) - refused;
        tracing::info!(answered, refused, "the session has ended; these are the requests under way at its end");
        // A client that does not read holds the output for ever.
        let written = timeout(CLOSE_TIMEOUT, self.refuse_rest()).await;
        written.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}
