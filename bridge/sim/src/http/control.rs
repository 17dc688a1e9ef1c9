//! The control address: plain HTTP on loopback, by which programs in any language change the bridge while it runs.
//!
//! It has its own listener, so that it answers even while the bridge does not. Real bridges have nothing like it.
//!
//! ```text
//! GET    /sim                  address, id, certificate, open event streams, faults in force
//! GET    /sim/faults           the faults in force
//! POST   /sim/faults           adds a fault: its text, as for --fault
//! DELETE /sim/faults           ends all faults
//! GET    /sim/requests         the requests so far, oldest first
//! PUT    /sim/reachable/LIGHT  true or false, for the light with this name or id
//! PUT    /sim/resource         changes a resource from outside: its type, its id, and the changed members
//! POST   /sim/advance          {"ms": 1000}: advances the clock, and answers when everything due has happened
//! GET    /sim/radio            the radio traffic to the lamps: messages sent, delayed and lost, and the longest delay
//! POST   /sim/link-button      presses the link button
//! POST   /sim/reboot           {"down_ms": 2000, "home": {..}}: restarts the bridge; both members are optional
//! POST   /sim/certificate      {"bridge_id": ".."}: makes a new key and certificate; the id of another bridge is optional
//! POST   /sim/move             {"port": 0}: moves the bridge to another port
//! ```

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::bridge::{Bridge, RecordedRequest};
use crate::faults::FaultRule;
use crate::world::{Home, World, resource_id};

/// The bridge that the requests control.
type ControlState = State<Arc<Bridge>>;
/// The answer to a request that is invalid: the status, and the reason as text.
type Refusal = (StatusCode, String);

/// Serves until `stop` is cancelled.
pub(crate) async fn run(listener: TcpListener, bridge: Arc<Bridge>, stop: CancellationToken) {
    let routes = Router::new()
        .route("/sim", get(status))
        .route("/sim/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/sim/requests", get(requests))
        .route("/sim/reachable/{light}", put(reachable))
        .route("/sim/resource", put(resource))
        .route("/sim/advance", post(advance))
        .route("/sim/radio", get(radio))
        .route("/sim/link-button", post(link_button))
        .route("/sim/reboot", post(reboot))
        .route("/sim/certificate", post(certificate))
        .route("/sim/move", post(move_to))
        .with_state(bridge);
    let serving = axum::serve(listener, routes).with_graceful_shutdown(stop.cancelled_owned());
    if let Err(error) = serving.await {
        tracing::error!(%error, "the control address stopped serving");
    }
}

async fn status(State(bridge): ControlState) -> Json<Value> {
    Json(json!({
        "address": bridge.network.address().to_string(),
        "id": bridge.id,
        "certificate": bridge.network.certificate_pem(),
        "event_streams": bridge.events.stream_count(),
        "faults": active_faults(&bridge),
    }))
}

async fn faults(State(bridge): ControlState) -> Json<Value> {
    Json(active_faults(&bridge))
}

async fn add_fault(State(bridge): ControlState, text: String) -> Result<Json<Value>, Refusal> {
    let rule: FaultRule = text.trim().parse().map_err(refuse)?;
    bridge.add_fault(rule);
    Ok(Json(active_faults(&bridge)))
}

async fn clear_faults(State(bridge): ControlState) -> Json<Value> {
    bridge.clear_faults();
    Json(active_faults(&bridge))
}

async fn requests(State(bridge): ControlState) -> Json<Value> {
    let entry = |it: &RecordedRequest| {
        let at = it.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        json!({"method": it.method, "path": it.path, "status": it.status, "acted": it.acted, "body": it.body,
            "at_ms": at.as_secs_f64() * 1e3})
    };
    Json(bridge.requests.all().iter().map(entry).collect())
}

async fn reachable(
    State(bridge): ControlState,
    Path(light): Path<String>,
    text: String,
) -> Result<StatusCode, Refusal> {
    let reachable = text.trim().parse().map_err(|_| refuse("the body must be true or false"))?;
    let found = bridge.change(|world| {
        let id = world.light_id(&light).unwrap_or(light);
        world.set_reachable(&id, reachable)
    });
    let missing = || (StatusCode::NOT_FOUND, "there is no such light, or it has no radio".to_owned());
    if found { Ok(StatusCode::NO_CONTENT) } else { Err(missing()) }
}

async fn resource(State(bridge): ControlState, Json(resource): Json<Value>) -> Result<StatusCode, Refusal> {
    if resource["type"].as_str().is_none_or(str::is_empty) || resource_id(&resource).is_empty() {
        return Err(refuse("a resource must have a type and an id"));
    }
    bridge.change(|world| world.set_resource(&resource));
    Ok(StatusCode::NO_CONTENT)
}

async fn advance(State(bridge): ControlState, text: String) -> Result<StatusCode, Refusal> {
    let millis = parse_body(&text)?["ms"].as_u64().ok_or_else(|| refuse("ms must be a number of milliseconds"))?;
    bridge.advance(Duration::from_millis(millis));
    Ok(StatusCode::NO_CONTENT)
}

async fn radio(State(bridge): ControlState) -> Json<Value> {
    let traffic = bridge.read(World::radio_traffic);
    Json(json!({
        "sent": traffic.sent, "delayed": traffic.delayed, "lost": traffic.lost,
        "longest_delay_ms": traffic.longest_delay.as_secs_f64() * 1000.0,
    }))
}

async fn link_button(State(bridge): ControlState) -> StatusCode {
    bridge.pairing.press_link_button();
    StatusCode::NO_CONTENT
}

async fn reboot(State(bridge): ControlState, text: String) -> Result<StatusCode, Refusal> {
    let body = parse_body(&text)?;
    let down = Duration::from_millis(body["down_ms"].as_u64().unwrap_or(0));
    let home = match &body["home"] {
        Value::Null => None,
        home => Some(Home::from_json(&home.to_string()).map_err(refuse)?),
    };
    let home = home.map(|home| home.into_store(&bridge.id));
    tokio::spawn(async move { bridge.reboot(down, home).await });
    Ok(StatusCode::ACCEPTED)
}

async fn certificate(State(bridge): ControlState, text: String) -> Result<String, Refusal> {
    let body = parse_body(&text)?;
    bridge.change_certificate(body["bridge_id"].as_str().unwrap_or(&bridge.id)).map_err(refuse)?;
    Ok(bridge.network.certificate_pem())
}

async fn move_to(State(bridge): ControlState, text: String) -> Result<Json<Value>, Refusal> {
    let port = parse_body(&text)?["port"].as_u64().unwrap_or(0);
    let port = u16::try_from(port).map_err(|_| refuse("the port must be from 0 to 65535"))?;
    let address = SocketAddr::new(bridge.network.address().ip(), port);
    let address = bridge.network.move_to(address).await.map_err(refuse)?;
    Ok(Json(json!({"address": address.to_string()})))
}

fn active_faults(bridge: &Bridge) -> Value {
    bridge.faults.all().iter().map(ToString::to_string).collect()
}

/// Parses a JSON body; an empty body is an empty object.
fn parse_body(text: &str) -> Result<Value, Refusal> {
    if text.trim().is_empty() { Ok(json!({})) } else { serde_json::from_str(text).map_err(refuse) }
}

#[allow(clippy::needless_pass_by_value, reason = "it ends a chain of results")]
fn refuse(reason: impl ToString) -> Refusal {
    (StatusCode::BAD_REQUEST, reason.to_string())
}
