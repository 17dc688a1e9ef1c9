//! The long poll: the event stream for a client that cannot read one.
//!
//! It asks with the id of the last frame that it has in `If-None-Match`, and gets a JSON array of events as soon as
//! there are any. The web server in front tells the id to go on with in `ETag`; that a bridge does so too is not
//! recorded.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, IF_NONE_MATCH};
use futures::{FutureExt, StreamExt};
use serde_json::Value;

use crate::events::Events;
use crate::reply::Reply;

/// The id of the frame after which a client wants to go on; `None` if it wants a stream.
pub(crate) fn asked_after(headers: &HeaderMap) -> Option<&str> {
    let streams = headers.get(ACCEPT).is_some_and(|types| types.as_bytes().starts_with(b"text/event-stream"));
    let id = headers.get(IF_NONE_MATCH).filter(|_| !streams)?.to_str().ok()?;
    Some(id.trim_matches('"'))
}

/// Waits until there is something to tell, and tells all there is.
pub(crate) async fn answer(events: &Events, after: &str) -> Reply {
    let mut frames = events.subscribe(Some(after));
    let (mut last, mut told) = (after.to_owned(), Vec::new());
    let mut next = frames.next().await;
    while let Some(frame) = next {
        if let Some((id, events)) = read(&frame) {
            last = id;
            told.extend(events);
        }
        // The greeting alone is nothing to tell.
        next = if told.is_empty() { frames.next().await } else { frames.next().now_or_never().flatten() };
    }
    Reply::Polled(last, told)
}

/// The id and the events of a frame; `None` for a comment.
fn read(frame: &[u8]) -> Option<(String, Vec<Value>)> {
    let text = std::str::from_utf8(frame).ok()?;
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    Some((field("id: ")?.to_owned(), serde_json::from_str(field("data: ")?).ok()?))
}
