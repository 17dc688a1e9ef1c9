//! One request: through faults and limits to the part that answers it, and into the record.

use std::sync::{Arc, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use futures::StreamExt;
use hyper::body::Incoming;
use serde_json::Value;
use tokio::time::timeout;

use crate::bridge::Bridge;
use crate::faults::Fault;
use crate::limits::{Limits, Slot};
use crate::pairing;
use crate::reply::Reply;
use crate::requests::{self, Request as Record};
use crate::server::{Connection, PATIENCE};

/// The longest body that is read.
const LONGEST_BODY: usize = 64 * 1024;
/// The header that holds the application key.
const KEY: &str = "hue-application-key";

/// Answers one request.
pub(crate) async fn serve(
    bridge: Arc<Bridge>,
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> Response<Body> {
    let at = bridge.time.system_time();
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    let (reply, body) = match admit(&bridge, &connection) {
        Err(page) => (page, Bytes::new()),
        Ok(slot) => match read(Body::new(body)).await {
            Err(page) => (page, Bytes::new()),
            Ok(body) => (answer(&bridge, &head.method, path, &head.headers, &body, slot).await, body),
        },
    };
    let record = Record {
        method: head.method.to_string(),
        path: requests::without_key(path),
        status: reply.status().as_u16(),
        body: serde_json::from_slice::<Value>(&body).ok(),
        at,
    };
    tracing::debug!(method = record.method, path = record.path, status = record.status, "answered");
    bridge.requests.record(record);
    reply.into_response()
}

async fn read(body: Body) -> Result<Bytes, Reply> {
    match timeout(PATIENCE, to_bytes(body, LONGEST_BODY)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err(Reply::Page(StatusCode::PAYLOAD_TOO_LARGE)),
        Err(_) => Err(Reply::Page(StatusCode::REQUEST_TIMEOUT)),
    }
}

/// Lets a request pass, with the place it takes while it is in flight, or turns it away.
fn admit(bridge: &Bridge, connection: &Connection) -> Result<Option<Slot>, Reply> {
    if bridge.limits == Limits::Off {
        return Ok(None);
    }
    let too_many = || Reply::Page(StatusCode::TOO_MANY_REQUESTS);
    let in_rate = connection.bucket.lock().unwrap_or_else(PoisonError::into_inner).admit(bridge.time.now());
    if !in_rate {
        return Err(too_many());
    }
    bridge.slots.take(connection.client).map(Some).ok_or_else(too_many)
}

async fn answer(
    bridge: &Bridge,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
    slot: Option<Slot>,
) -> Reply {
    match bridge.faults.current() {
        Some(Fault::Latency(latency)) => tokio::time::sleep(latency).await,
        Some(Fault::Status(status)) => {
            return Reply::Page(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        }
        _ => {}
    }
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match (method, &segments[..]) {
        (_, ["clip", "v2", "resource", ..] | ["eventstream", "clip", "v2"]) if !authorised(bridge, headers) => {
            Reply::Page(StatusCode::FORBIDDEN)
        }
        (method, ["clip", "v2", "resource", path @ ..]) => bridge.clip(method, without_trailing_slash(path), body),
        (&Method::GET, ["eventstream", "clip", "v2"]) => events(bridge, headers, slot),
        (method, ["api", rest @ ..]) => v1(bridge, method, rest, body),
        _ => Reply::Page(StatusCode::NOT_FOUND),
    }
}

fn without_trailing_slash<'a, 'b>(path: &'a [&'b str]) -> &'a [&'b str] {
    path.strip_suffix(&[""]).unwrap_or(path)
}

fn authorised(bridge: &Bridge, headers: &HeaderMap) -> bool {
    headers.get(KEY).and_then(|key| key.to_str().ok()).is_some_and(|key| bridge.pairing.knows(key))
}

/// Opens an event stream; it is in flight, and takes its place, until it is closed.
fn events(bridge: &Bridge, headers: &HeaderMap, slot: Option<Slot>) -> Reply {
    let after = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let frames = bridge.events.subscribe(after).map(move |frame| {
        let _in_flight = &slot;
        Ok::<_, std::convert::Infallible>(frame)
    });
    Reply::Events(Body::from_stream(frames))
}

fn v1(bridge: &Bridge, method: &Method, path: &[&str], body: &[u8]) -> Reply {
    match (method, path) {
        (&Method::POST, [] | [""]) => Reply::V1(bridge.pairing.pair(body)),
        (&Method::GET, ["config"] | [_, "config"]) => {
            let bridges: Vec<_> = bridge.store().of_type("device").cloned().collect();
            let device = bridges.iter().find(|it| it["product_data"]["product_archetype"] == "bridge_v2");
            let name = device.and_then(|device| device["metadata"]["name"].as_str()).unwrap_or("Hue Bridge");
            Reply::V1(pairing::config(&bridge.id, name))
        }
        (method, _) => Reply::V1(pairing::not_available(method.as_str(), "/")),
    }
}
