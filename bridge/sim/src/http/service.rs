//! One request: through limits and faults to the API that answers it, and into the record.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use futures::StreamExt;
use hyper::body::Incoming;
use serde_json::Value;
use tokio::time::timeout;

use super::connection::{CLIENT_TIMEOUT, Connection};
use super::corrupt::{corrupt_frame, corrupt_response};
use super::rate_limit::Slot;
use super::reply::Reply;
use super::{clip, long_poll, v1};
use crate::bridge::{Bridge, PendingRecord};
use crate::faults::{Fault, FaultRule, FaultTiming, RequestInfo};
use crate::limits::Limits;

/// The longest body that is read, in bytes.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// The header that holds the application key.
const APPLICATION_KEY_HEADER: &str = "hue-application-key";

/// Answers one request.
pub(super) async fn serve(
    bridge: Arc<Bridge>,
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> Response<Body> {
    connection.count_request(bridge.network.goaway_after);
    let (head, body) = request.into_parts();
    let mut record = bridge.requests.begin(head.method.as_str(), head.uri.path(), bridge.clock.system_time());
    let response = match admit(&bridge, &connection) {
        Err(page) => page.into_response(),
        Ok(slot) => match read_body(Body::new(body)).await {
            Err(page) => page.into_response(),
            Ok(body) => {
                let request = AdmittedRequest { bridge: &bridge, connection: &connection, head, body, slot };
                respond(request, &mut record).await
            }
        },
    };
    record.update(|request| request.status = response.status().as_u16());
    response
}

/// A request that the limits admit.
struct AdmittedRequest<'a> {
    bridge: &'a Arc<Bridge>,
    connection: &'a Arc<Connection>,
    head: Parts,
    body: Bytes,
    /// Is held while the request is in flight; `None` without limits.
    slot: Option<Slot>,
}

/// Lets the bridge act and answer, as far as faults allow.
async fn respond(mut request: AdmittedRequest<'_>, record: &mut PendingRecord<'_>) -> Response<Body> {
    let (method, path) = (request.head.method.clone(), request.head.uri.path().to_owned());
    let json = serde_json::from_slice::<Value>(&request.body).ok();
    let info = RequestInfo { method: method.as_str(), path: &path, body: json.as_ref() };
    let rule = request.bridge.faults.take_for_request(&info);
    let before = rule.as_ref().filter(|rule| rule.timing == FaultTiming::BeforeActing);
    if let Some(Fault::Latency(latency)) = before.map(FaultRule::fault) {
        tokio::time::sleep(*latency).await;
    }
    let acts = method == Method::GET || before.is_none_or(|rule| matches!(rule.fault, Fault::Latency(_)));
    record.update(|request| (request.body, request.acted) = (json, acts));
    let reply = if acts { answer(&mut request, &method, &path).await } else { Reply::found(Vec::new()) };
    match rule {
        None => reply.into_response(),
        Some(FaultRule { fault: Fault::Latency(latency), timing, .. }) => {
            if timing == FaultTiming::AfterActing {
                tokio::time::sleep(latency).await;
            }
            reply.into_response()
        }
        Some(rule) => corrupt_response(reply.into_response(), rule.fault(), request.connection, request.slot).await,
    }
}

async fn read_body(body: Body) -> Result<Bytes, Reply> {
    match timeout(CLIENT_TIMEOUT, to_bytes(body, MAX_BODY_BYTES)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err(Reply::Page(StatusCode::PAYLOAD_TOO_LARGE)),
        Err(_) => Err(Reply::Page(StatusCode::REQUEST_TIMEOUT)),
    }
}

/// Admits a request with its slot, or rejects it with status 429.
fn admit(bridge: &Bridge, connection: &Connection) -> Result<Option<Slot>, Reply> {
    if bridge.limits == Limits::Off {
        return Ok(None);
    }
    connection.admit(bridge.clock.now()).map(Some).ok_or(Reply::Page(StatusCode::TOO_MANY_REQUESTS))
}

async fn answer(request: &mut AdmittedRequest<'_>, method: &Method, path: &str) -> Reply {
    let (bridge, headers) = (request.bridge, &request.head.headers);
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match (method, &segments[..]) {
        (_, ["clip", "v2", "resource", ..] | ["eventstream", "clip", "v2"]) if !is_authorized(bridge, headers) => {
            Reply::Page(StatusCode::FORBIDDEN)
        }
        (method, ["clip", "v2", "resource", path @ ..]) => {
            bridge.update(|world| clip::answer(world, method, without_trailing_slash(path), &request.body))
        }
        (&Method::GET, ["eventstream", "clip", "v2"]) => match long_poll::last_event_id(headers) {
            Some(id) => long_poll::answer(&bridge.events, id).await,
            None => open_event_stream(request),
        },
        (method, ["api", path @ ..]) => {
            Reply::V1(v1::answer(bridge, method, without_trailing_slash(path), &request.body))
        }
        _ => Reply::Page(StatusCode::NOT_FOUND),
    }
}

fn without_trailing_slash<'a, 'b>(path: &'a [&'b str]) -> &'a [&'b str] {
    path.strip_suffix(&[""]).unwrap_or(path)
}

fn is_authorized(bridge: &Bridge, headers: &HeaderMap) -> bool {
    let key = headers.get(APPLICATION_KEY_HEADER).and_then(|key| key.to_str().ok());
    key.is_some_and(|key| bridge.pairing.is_registered(key))
}

/// Opens an event stream, which holds the slot of its request until it is closed.
fn open_event_stream(request: &mut AdmittedRequest<'_>) -> Reply {
    let last_event_id = request.head.headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let (bridge, connection) = (Arc::clone(request.bridge), Arc::clone(request.connection));
    let slot = request.slot.take();
    let frames = request.bridge.events.subscribe(last_event_id).flat_map(move |frame| {
        let _in_flight = &slot;
        let is_comment = frame.starts_with(b":");
        let rule = if is_comment { None } else { bridge.faults.take_for_frame() };
        corrupt_frame(frame, rule.as_ref().map(FaultRule::fault), &connection)
    });
    Reply::Events(Body::from_stream(frames))
}
