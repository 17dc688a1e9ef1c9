//! The live phase: the event stream, and beside it the asking for everything, which may take long.

use futures::future::BoxFuture;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::{Order, doubt::Doubt};
use crate::{
    client::{EventBody, Reply},
    events::{Decoder, TooLarge},
    failure::Failure,
    gate::Gate,
};

/// A live event stream, and what is asked beside it.
pub(super) struct Live {
    stream: EventBody,
    decoder: Decoder,
    pub(super) doubt: Doubt,
    loading: Option<Loading>,
}

/// Everything is being loaded.
struct Loading {
    answer: BoxFuture<'static, Result<Reply, Failure>>,
    order: Option<Order>,
    held: Vec<String>,
}

/// What can wake a live mirror.
pub(super) enum Wake {
    Bytes(Result<Option<bytes::Bytes>, Failure>),
    Order(Order),
    /// A change was sent to the bridge.
    Wrote,
    /// It is time to find out whether the stream is to be believed.
    Doubt,
    Loaded(Loaded),
}

/// The end of a loading.
pub(super) struct Loaded {
    pub(super) result: Result<Reply, Failure>,
    /// Who asked for it; nobody, if it is to find out about the stream.
    pub(super) order: Option<Order>,
    /// The frames that came meanwhile, which may be newer than the answer.
    pub(super) held: Vec<String>,
}

impl Live {
    pub(super) fn new(stream: EventBody, doubt: Doubt) -> Self {
        Self { stream, decoder: Decoder::default(), doubt, loading: None }
    }

    /// Waits for the next thing. Nobody is served before the one before.
    pub(super) async fn wake(&mut self, orders: &mut mpsc::Receiver<Order>, gate: &Gate) -> Wake {
        let idle = self.loading.is_none();
        tokio::select! {
            bytes = self.stream.next() => Wake::Bytes(bytes),
            Some(order) = orders.recv(), if idle => Wake::Order(order),
            () = gate.wrote() => Wake::Wrote,
            () = sleep_until(self.doubt.due()), if idle => Wake::Doubt,
            loaded = finish(&mut self.loading), if !idle => Wake::Loaded(loaded),
        }
    }

    /// Takes bytes of the stream. Returns the frames that they complete, if they are to be applied now.
    pub(super) fn frames(&mut self, bytes: &[u8]) -> Result<Vec<String>, TooLarge> {
        let frames = self.decoder.push(bytes)?;
        self.doubt.heard(Instant::now());
        let Some(loading) = &mut self.loading else { return Ok(frames) };
        loading.held.extend(frames);
        Ok(Vec::new())
    }

    /// Waits for an answer beside the stream.
    pub(super) fn load(&mut self, answer: BoxFuture<'static, Result<Reply, Failure>>, order: Option<Order>) {
        self.loading = Some(Loading { answer, order, held: Vec::new() });
    }

    /// Gives the stream up. Who waits for everything still does.
    pub(super) fn end(self) -> Option<Order> {
        self.loading.and_then(|loading| loading.order)
    }
}

async fn finish(loading: &mut Option<Loading>) -> Loaded {
    let result = match loading {
        Some(loading) => (&mut loading.answer).await,
        None => std::future::pending().await,
    };
    let (order, held) = loading.take().map(|loading| (loading.order, loading.held)).unwrap_or_default();
    Loaded { result, order, held }
}
