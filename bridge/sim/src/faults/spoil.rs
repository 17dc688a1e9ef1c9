//! Answers and frames that were right, and are spoilt on their way.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{Response, StatusCode};
use futures::stream::{self, BoxStream, Stream, StreamExt};
use serde_json::Value;

use super::{Fault, twist::twist};
use crate::limits::Slot;
use crate::reply::Reply;
use crate::server::Connection;

/// How long the first half has to leave before the connection breaks. A reset overtakes what is not sent yet.
const LEAVING: Duration = Duration::from_millis(20);

/// The bytes of a body, as they come.
type Bytewise = BoxStream<'static, io::Result<Bytes>>;

/// Spoils an answer. An answer that never ends keeps its place among the requests in flight.
pub(crate) async fn response(
    response: Response<Body>,
    fault: &Fault,
    connection: &Arc<Connection>,
    slot: Option<Slot>,
) -> Response<Body> {
    match fault {
        Fault::Status(status) => return page(*status),
        Fault::Html => return page(200),
        // Of an event stream this is the end.
        Fault::Empty => return response.map(|_| Body::empty()),
        _ => {}
    }
    let (mut head, body) = response.into_parts();
    // It was made in memory: it ends, and does not fail.
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let half = whole.slice(..whole.len() / 2);
    let body = match fault {
        Fault::Truncated => Body::from(half),
        Fault::WrongTypes => Body::from(twisted(&whole)),
        Fault::Reset | Fault::StreamReset | Fault::Stalled => {
            head.headers.insert(CONTENT_LENGTH, whole.len().into());
            Body::from_stream(broken_off(half, fault, connection, slot))
        }
        _ => Body::from(whole),
    };
    Response::from_parts(head, body)
}

/// The frame of an event stream, spoilt by a fault if there is one. Comments are left alone.
pub(crate) fn frame(frame: Bytes, fault: Option<&Fault>, connection: &Arc<Connection>) -> Bytewise {
    let half = frame.slice(..frame.len() / 2);
    match fault {
        Some(Fault::Stalled) => stream::empty().boxed(),
        Some(Fault::Truncated) => whole([&half[..], b"\n\n"].concat()),
        Some(Fault::WrongTypes) => whole(twisted_frame(&frame)),
        Some(fault @ (Fault::Reset | Fault::StreamReset)) => broken_off(half, fault, connection, None).boxed(),
        _ => whole(frame),
    }
}

fn whole(bytes: impl Into<Bytes>) -> Bytewise {
    let bytes = bytes.into();
    stream::once(async { Ok(bytes) }).boxed()
}

/// Half of the bytes, and then what the fault does instead of the rest.
fn broken_off(
    half: Bytes,
    fault: &Fault,
    connection: &Arc<Connection>,
    slot: Option<Slot>,
) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
    let (fault, connection) = (fault.clone(), Arc::clone(connection));
    let end = async move {
        let _in_flight = slot;
        tokio::time::sleep(LEAVING).await;
        match fault {
            Fault::StreamReset => return Err(io::ErrorKind::ConnectionReset.into()),
            Fault::Reset => connection.reset(),
            _ => {}
        }
        std::future::pending().await
    };
    stream::once(async { Ok(half) }).chain(stream::once(end))
}

fn page(status: u16) -> Response<Body> {
    Reply::Page(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)).into_response()
}

/// What is no JSON stays as it is.
fn twisted(body: &[u8]) -> Vec<u8> {
    serde_json::from_slice::<Value>(body).map_or_else(|_| body.to_vec(), |body| twist(&body).to_string().into_bytes())
}

fn twisted_frame(frame: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(frame);
    let lines = text.split('\n').map(|line| match line.strip_prefix("data: ") {
        Some(data) => format!("data: {}", String::from_utf8_lossy(&twisted(data.as_bytes()))),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_twisted_frame_is_still_a_frame() {
        let frame = twisted_frame(b"id: 1:0\ndata: [{\"type\":\"update\",\"data\":[{\"id\":\"a\",\"on\":true}]}]\n\n");
        let text = String::from_utf8(frame).expect("text");
        assert!(text.starts_with("id: 1:0\ndata: [{") && text.ends_with("}]\n\n"), "{text}");
        assert!(text.contains(r#""on":"true""#) && text.contains(r#""type":"update""#), "{text}");
    }
}
