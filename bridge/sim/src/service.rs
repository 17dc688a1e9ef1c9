//! One request: through faults and limits to the part that answers it, and into the record.

use std::sync::{Arc, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use futures::StreamExt;
use hyper::body::Incoming;
use serde_json::Value;
use tokio::time::timeout;

use crate::bridge::Bridge;
use crate::faults::{self, Asked, Fault, Strike, When};
use crate::limits::{Limits, Slot};
use crate::pairing;
use crate::poll;
use crate::reply::Reply;
use crate::requests::Arrival;
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
    connection.count(bridge.network.goaway_after);
    let (head, body) = request.into_parts();
    let mut arrival = bridge.requests.arrived(head.method.as_str(), head.uri.path(), bridge.time.system_time());
    let response = match admit(&bridge, &connection) {
        Err(page) => page.into_response(),
        Ok(slot) => match read(Body::new(body)).await {
            Err(page) => page.into_response(),
            Ok(body) => {
                respond(Asking { bridge: &bridge, connection: &connection, head, body, slot }, &mut arrival).await
            }
        },
    };
    arrival.note(|request| request.status = response.status().as_u16());
    response
}

/// A request that was let in.
struct Asking<'a> {
    bridge: &'a Arc<Bridge>,
    connection: &'a Arc<Connection>,
    head: Parts,
    body: Bytes,
    /// The place that it takes while it is in flight.
    slot: Option<Slot>,
}

/// Acts and answers, as far as no fault is in the way.
async fn respond(mut asking: Asking<'_>, arrival: &mut Arrival<'_>) -> Response<Body> {
    let (method, path) = (asking.head.method.clone(), asking.head.uri.path().to_owned());
    let json = serde_json::from_slice::<Value>(&asking.body).ok();
    let strike = asking.bridge.faults.strike(&Asked { method: method.as_str(), path: &path, body: json.as_ref() });
    let before = strike.as_ref().filter(|strike| strike.when == When::BeforeActing);
    if let Some(Fault::Latency(latency)) = before.map(Strike::fault) {
        tokio::time::sleep(*latency).await;
    }
    let acts = method == Method::GET || before.is_none_or(|strike| matches!(strike.fault, Fault::Latency(_)));
    arrival.note(|request| (request.body, request.acted) = (json, acts));
    let reply = if acts { answer(&mut asking, &method, &path).await } else { Reply::found(Vec::new()) };
    match strike {
        None => reply.into_response(),
        Some(Strike { fault: Fault::Latency(latency), when, .. }) => {
            if when == When::AfterActing {
                tokio::time::sleep(latency).await;
            }
            reply.into_response()
        }
        Some(strike) => faults::response(reply.into_response(), strike.fault(), asking.connection, asking.slot).await,
    }
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

async fn answer(asking: &mut Asking<'_>, method: &Method, path: &str) -> Reply {
    let (bridge, authorised) = (asking.bridge, authorised(asking.bridge, &asking.head.headers));
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match (method, &segments[..]) {
        (_, ["clip", "v2", "resource", ..] | ["eventstream", "clip", "v2"]) if !authorised => {
            Reply::Page(StatusCode::FORBIDDEN)
        }
        (method, ["clip", "v2", "resource", path @ ..]) => {
            bridge.clip(method, without_trailing_slash(path), &asking.body)
        }
        (&Method::GET, ["eventstream", "clip", "v2"]) => match poll::asked_after(&asking.head.headers) {
            Some(after) => poll::answer(&bridge.events, after).await,
            None => events(asking),
        },
        (method, ["api", rest @ ..]) => Reply::V1(old_api(bridge, method, without_trailing_slash(rest), &asking.body)),
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
fn events(asking: &mut Asking<'_>) -> Reply {
    let after = asking.head.headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let (bridge, connection) = (Arc::clone(asking.bridge), Arc::clone(asking.connection));
    let slot = asking.slot.take();
    let frames = asking.bridge.events.subscribe(after).flat_map(move |frame| {
        let _in_flight = &slot;
        let strike = if frame.starts_with(b":") { None } else { bridge.faults.strike_frame() };
        faults::frame(frame, strike.as_ref().map(Strike::fault), &connection)
    });
    Reply::Events(Body::from_stream(frames))
}

/// Pairs, and tells everybody the public part of the configuration; a key makes no difference.
fn old_api(bridge: &Bridge, method: &Method, path: &[&str], body: &[u8]) -> Value {
    match (method, path) {
        (&Method::POST, []) => bridge.pairing.pair(body),
        (&Method::GET, ["config"] | [_, "config"]) => pairing::config(&bridge.store(), &bridge.id),
        (method, path) => {
            // What follows the key.
            let resource = format!("/{}", path.get(1..).unwrap_or_default().join("/"));
            pairing::not_available(method.as_str(), &resource)
        }
    }
}
