//! A live event stream, and the reload of all resources that may run beside it.

use bytes::Bytes;
use futures::future::BoxFuture;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::{reader::RefreshRequest, stream_health::StreamHealth};
use crate::{
    attempt_error::AttemptError,
    client::{EventBody, Reply},
    events::{FrameTooLarge, SseDecoder},
    paced_client::PacedClient,
};

/// An event stream that is live.
pub(super) struct LiveStream {
    body: EventBody,
    decoder: SseDecoder,
    pub(super) health: StreamHealth,
    reload: Option<Reload>,
}

/// A reload of all resources that is in progress.
struct Reload {
    reply: BoxFuture<'static, Result<Reply, AttemptError>>,
    request: Option<RefreshRequest>,
    held_frames: Vec<String>,
}

/// Lists all that can wake a live mirror.
pub(super) enum LiveEvent {
    /// The stream delivered bytes, ended (`None`) or broke.
    Bytes(Result<Option<Bytes>, AttemptError>),
    /// A reader asks for a reload.
    Refresh(RefreshRequest),
    /// A write was sent to the bridge.
    Wrote,
    /// It is time to check by a reload whether the stream is complete.
    ReloadDue,
    /// A reload has ended.
    Reloaded(FinishedReload),
}

/// A reload that has ended.
pub(super) struct FinishedReload {
    pub(super) result: Result<Reply, AttemptError>,
    /// The request of a reader; `None` if the reload was to check the stream.
    pub(super) request: Option<RefreshRequest>,
    /// Holds the frames that arrived during the reload. They may be newer than its reply.
    pub(super) held_frames: Vec<String>,
}

impl LiveStream {
    pub(super) fn new(body: EventBody, health: StreamHealth) -> Self {
        Self { body, decoder: SseDecoder::default(), health, reload: None }
    }

    /// Waits for the next event. No reload begins while another one runs.
    pub(super) async fn next_event(
        &mut self,
        requests: &mut mpsc::Receiver<RefreshRequest>,
        client: &PacedClient,
    ) -> LiveEvent {
        let is_idle = self.reload.is_none();
        tokio::select! {
            bytes = self.body.next() => LiveEvent::Bytes(bytes),
            Some(request) = requests.recv(), if is_idle => LiveEvent::Refresh(request),
            () = client.write_notified() => LiveEvent::Wrote,
            () = sleep_until(self.health.reload_due()), if is_idle => LiveEvent::ReloadDue,
            finished = finish_reload(&mut self.reload), if !is_idle => LiveEvent::Reloaded(finished),
        }
    }

    /// Decodes bytes of the stream. Returns the frames that they complete, unless a reload runs: then holds them back.
    pub(super) fn decode(&mut self, bytes: &[u8]) -> Result<Vec<String>, FrameTooLarge> {
        let frames = self.decoder.push(bytes)?;
        self.health.on_bytes(Instant::now());
        let Some(reload) = &mut self.reload else { return Ok(frames) };
        reload.held_frames.extend(frames);
        Ok(Vec::new())
    }

    /// Begins to wait for the reply to a reload, beside the stream.
    pub(super) fn start_reload(
        &mut self,
        reply: BoxFuture<'static, Result<Reply, AttemptError>>,
        request: Option<RefreshRequest>,
    ) {
        self.reload = Some(Reload { reply, request, held_frames: Vec::new() });
    }

    /// Closes the stream. Returns the request of a reader that still waits for a reload.
    pub(super) fn close(self) -> Option<RefreshRequest> {
        self.reload.and_then(|reload| reload.request)
    }
}

async fn finish_reload(reload: &mut Option<Reload>) -> FinishedReload {
    let result = match reload {
        Some(reload) => (&mut reload.reply).await,
        None => std::future::pending().await,
    };
    let (request, held_frames) = reload.take().map(|reload| (reload.request, reload.held_frames)).unwrap_or_default();
    FinishedReload { result, request, held_frames }
}
