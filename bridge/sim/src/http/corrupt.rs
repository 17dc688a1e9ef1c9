//! Responses and frames that are corrupted on their way to the client, as faults demand.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{Response, StatusCode};
use futures::stream::{self, BoxStream, Stream, StreamExt};
use serde_json::Value;

use super::connection::Connection;
use super::distort::{omit_id, omit_lists, replace_words};
use super::mistype::mistype;
use super::rate_limit::Slot;
use super::reply::Reply;
use crate::faults::Fault;

/// The time for the first half of a body to be sent before the connection breaks. A reset overtakes unsent data.
const FLUSH_DELAY: Duration = Duration::from_millis(20);

/// The time that an event stream lives under the fault [`Fault::ShortStreams`].
const SHORT_STREAM_TIME: Duration = Duration::from_millis(5);

/// A body that is sent in chunks.
type BodyStream = BoxStream<'static, io::Result<Bytes>>;

/// Corrupts a response. A response that never ends keeps its slot among the requests in flight.
pub(super) async fn corrupt_response(
    response: Response<Body>,
    fault: &Fault,
    connection: &Arc<Connection>,
    slot: Option<Slot>,
) -> Response<Body> {
    match fault {
        Fault::Status(status) => return html_page(*status),
        Fault::Html => return html_page(200),
        // This ends an event stream.
        Fault::Empty => return response.map(|_| Body::empty()),
        Fault::ShortStreams => {
            let end = tokio::time::sleep(SHORT_STREAM_TIME);
            return response.map(|body| Body::from_stream(body.into_data_stream().take_until(end)));
        }
        _ => {}
    }
    let (mut head, body) = response.into_parts();
    // The body was made in memory, so reading it ends and does not fail.
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let half = whole.slice(..whole.len() / 2);
    let body = match fault {
        Fault::Truncated => Body::from(half),
        fault if rewriter(fault).is_some() => Body::from(rewrite_body(&whole, fault)),
        Fault::Reset | Fault::StreamReset | Fault::Stalled => {
            head.headers.insert(CONTENT_LENGTH, whole.len().into());
            Body::from_stream(break_off(half, fault, connection, slot))
        }
        _ => Body::from(whole),
    };
    Response::from_parts(head, body)
}

/// Corrupts a frame of an event stream if there is a fault.
pub(super) fn corrupt_frame(frame: Bytes, fault: Option<&Fault>, connection: &Arc<Connection>) -> BodyStream {
    let half = frame.slice(..frame.len() / 2);
    match fault {
        Some(Fault::Stalled) => stream::empty().boxed(),
        Some(Fault::Truncated) => single_chunk([&half[..], b"\n\n"].concat()),
        Some(fault @ (Fault::Reset | Fault::StreamReset)) => break_off(half, fault, connection, None).boxed(),
        Some(fault) => single_chunk(rewrite_frame(&frame, fault)),
        None => single_chunk(frame),
    }
}

fn single_chunk(bytes: impl Into<Bytes>) -> BodyStream {
    let bytes = bytes.into();
    stream::once(async { Ok(bytes) }).boxed()
}

/// Sends half of the bytes, and then does what the fault demands instead of sending the rest.
fn break_off(
    half: Bytes,
    fault: &Fault,
    connection: &Arc<Connection>,
    slot: Option<Slot>,
) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
    let (fault, connection) = (fault.clone(), Arc::clone(connection));
    let end = async move {
        let _in_flight = slot;
        tokio::time::sleep(FLUSH_DELAY).await;
        match fault {
            Fault::StreamReset => return Err(io::ErrorKind::ConnectionReset.into()),
            Fault::Reset => connection.reset(),
            _ => {}
        }
        std::future::pending().await
    };
    stream::once(async { Ok(half) }).chain(stream::once(end))
}

fn html_page(status: u16) -> Response<Body> {
    Reply::Page(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)).into_response()
}

/// Returns what a fault does to valid JSON; `None` for a fault that does something else.
fn rewriter(fault: &Fault) -> Option<fn(&Value) -> Value> {
    match fault {
        Fault::WrongTypes => Some(mistype),
        Fault::OmittedLists => Some(omit_lists),
        Fault::MissingId => Some(omit_id),
        Fault::UnknownWords => Some(replace_words),
        _ => None,
    }
}

/// Rewrites a JSON body as a fault demands; any other body stays unchanged.
fn rewrite_body(body: &[u8], fault: &Fault) -> Vec<u8> {
    match (rewriter(fault), serde_json::from_slice::<Value>(body)) {
        (Some(rewrite), Ok(json)) => rewrite(&json).to_string().into_bytes(),
        _ => body.to_vec(),
    }
}

fn rewrite_frame(frame: &[u8], fault: &Fault) -> Vec<u8> {
    let text = String::from_utf8_lossy(frame);
    let lines = text.split('\n').map(|line| match line.strip_prefix("data: ") {
        Some(data) => format!("data: {}", String::from_utf8_lossy(&rewrite_body(data.as_bytes(), fault))),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_frame_is_still_a_frame() {
        let frame = b"id: 1:0\ndata: [{\"type\":\"update\",\"data\":[{\"id\":\"a\",\"on\":true}]}]\n\n";
        let frame = rewrite_frame(frame, &Fault::WrongTypes);
        let text = String::from_utf8(frame).expect("text");
        assert!(text.starts_with("id: 1:0\ndata: [{") && text.ends_with("}]\n\n"), "{text}");
        assert!(text.contains(r#""on":"true""#) && text.contains(r#""type":"update""#), "{text}");
    }
}
