//! The long poll: events for a client that cannot read an event stream.
//!
//! The client sends the id of the last frame that it has in `If-None-Match`, and gets a JSON array of events as soon as
//! there are any. `ETag` holds the id for the next poll. No recording shows whether a real bridge sends `ETag` too.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, IF_NONE_MATCH};
use futures::{FutureExt, StreamExt};
use serde_json::Value;

use super::reply::Reply;
use crate::bridge::Events;

/// Returns the id of the last frame that a polling client has, or `None` if the client accepts a stream.
pub(super) fn last_event_id(headers: &HeaderMap) -> Option<&str> {
    let accepts_stream = headers.get(ACCEPT).is_some_and(|types| types.as_bytes().starts_with(b"text/event-stream"));
    let id = headers.get(IF_NONE_MATCH).filter(|_| !accepts_stream)?.to_str().ok()?;
    Some(id.trim_matches('"'))
}

/// Waits for the first event, and answers with all events there are by then.
pub(super) async fn answer(events: &Events, last_event_id: &str) -> Reply {
    let mut frames = events.subscribe(Some(last_event_id));
    let (mut last_id, mut collected) = (last_event_id.to_owned(), Vec::new());
    let mut next = frames.next().await;
    while let Some(frame) = next {
        if let Some((id, events)) = parse_frame(&frame) {
            last_id = id;
            collected.extend(events);
        }
        // The first frame is a comment, which is no event.
        next = if collected.is_empty() { frames.next().await } else { frames.next().now_or_never().flatten() };
    }
    Reply::Polled(last_id, collected)
}

/// Returns the id and the events that a frame has; `None` for a comment.
fn parse_frame(frame: &[u8]) -> Option<(String, Vec<Value>)> {
    let text = std::str::from_utf8(frame).ok()?;
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    Some((field("id: ")?.to_owned(), serde_json::from_str(field("data: ")?).ok()?))
}
