//! The control address: plain HTTP on loopback, beside the bridge, to play fate in any language while it runs.
//!
//! It is a listener of its own, so that it answers also when the bridge does not; real bridges have nothing like it.
//!
//! ```text
//! GET    /sim                  address, id, certificate, open event streams, faults in force
//! GET    /sim/faults           the faults in force
//! POST   /sim/faults           makes something go wrong beside what does: the text of a fault, as for --fault
//! DELETE /sim/faults           makes all well
//! GET    /sim/requests         the requests the bridge got, oldest first
//! PUT    /sim/reachable/LIGHT  true or false, for the light with this name or id
//! PUT    /sim/resource         changes a resource as from outside: its type, its id and what changes
//! POST   /sim/advance          {"ms": 1000}: moves the bridge's clock on; when it answers, all that fell due has happened
//! GET    /sim/radio            what went over the radio to the lamps: messages sent, delayed, lost; the longest delay
//! POST   /sim/link-button      presses the link button
//! POST   /sim/reboot           {"down_ms": 2000, "home": {..}}: away for a time, then there again; both may be left out
//! POST   /sim/certificate      {"bridge_id": ".."}: a new key and certificate, for another bridge's id if it is given
//! POST   /sim/move             {"port": 0}: the same bridge at another port
//! ```

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::bridge::Bridge;
use crate::faults::Strike;
use crate::home::Home;
use crate::requests::Request;
use crate::{builder, store};

type Fate = State<Arc<Bridge>>;
/// What was wrong with a request, for the one who sent it.
type Refusal = (StatusCode, String);

/// Serves until `stop` is cancelled.
pub(crate) async fn run(listener: TcpListener, bridge: Arc<Bridge>, stop: CancellationToken) {
    let routes = Router::new()
        .route("/sim", get(status))
        .route("/sim/faults", get(faults).post(add_fault).delete(heal))
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
        tracing::error!(%error, "the control address is lost");
    }
}

async fn status(State(bridge): Fate) -> Json<Value> {
    Json(json!({
        "address": bridge.network.address().to_string(),
        "id": bridge.id,
        "certificate": bridge.network.certificate_pem(),
        "event_streams": bridge.events.stream_count(),
        "faults": in_force(&bridge),
    }))
}

async fn faults(State(bridge): Fate) -> Json<Value> {
    Json(in_force(&bridge))
}

async fn add_fault(State(bridge): Fate, text: String) -> Result<Json<Value>, Refusal> {
    let strike: Strike = text.trim().parse().map_err(refused)?;
    bridge.strike(strike);
    Ok(Json(in_force(&bridge)))
}

async fn heal(State(bridge): Fate) -> Json<Value> {
    bridge.heal();
    Json(in_force(&bridge))
}

async fn requests(State(bridge): Fate) -> Json<Value> {
    let told = |it: &Request| json!({"method": it.method, "path": it.path, "status": it.status, "acted": it.acted, "body": it.body});
    Json(bridge.requests.all().iter().map(told).collect())
}

async fn reachable(State(bridge): Fate, Path(light): Path<String>, text: String) -> Result<StatusCode, Refusal> {
    let reachable = text.trim().parse().map_err(|_| refused("the body has to be true or false"))?;
    let id = bridge.light_id(&light).unwrap_or(light);
    if bridge.set_reachable(&id, reachable) {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err((StatusCode::NOT_FOUND, "there is no such light, or it has no radio".to_owned()))
}

async fn resource(State(bridge): Fate, Json(resource): Json<Value>) -> Result<StatusCode, Refusal> {
    if resource["type"].as_str().is_none_or(str::is_empty) || store::id(&resource).is_empty() {
        return Err(refused("a resource has a type and an id"));
    }
    bridge.set_resource(&resource);
    Ok(StatusCode::NO_CONTENT)
}

async fn advance(State(bridge): Fate, text: String) -> Result<StatusCode, Refusal> {
    let millis = orders(&text)?["ms"].as_u64().ok_or_else(|| refused("ms has to be a number of milliseconds"))?;
    bridge.advance(Duration::from_millis(millis));
    Ok(StatusCode::NO_CONTENT)
}

async fn radio(State(bridge): Fate) -> Json<Value> {
    let traffic = bridge.radio_traffic();
    Json(json!({
        "sent": traffic.sent, "delayed": traffic.delayed, "lost": traffic.lost,
        "longest_delay_ms": traffic.longest_delay.as_secs_f64() * 1000.0,
    }))
}

async fn link_button(State(bridge): Fate) -> StatusCode {
    bridge.pairing.press();
    StatusCode::NO_CONTENT
}

async fn reboot(State(bridge): Fate, text: String) -> Result<StatusCode, Refusal> {
    let orders = orders(&text)?;
    let down = Duration::from_millis(orders["down_ms"].as_u64().unwrap_or(0));
    let home = match &orders["home"] {
        Value::Null => None,
        home => Some(Home::from_json(&home.to_string()).map_err(refused)?),
    };
    let home = home.map(|home| builder::document(home, &bridge.id));
    tokio::spawn(async move { bridge.reboot(down, home).await });
    Ok(StatusCode::ACCEPTED)
}

async fn certificate(State(bridge): Fate, text: String) -> Result<String, Refusal> {
    let orders = orders(&text)?;
    bridge.change_certificate(orders["bridge_id"].as_str().unwrap_or(&bridge.id)).map_err(refused)?;
    Ok(bridge.network.certificate_pem())
}

async fn move_to(State(bridge): Fate, text: String) -> Result<Json<Value>, Refusal> {
    let port = orders(&text)?["port"].as_u64().unwrap_or(0);
    let port = u16::try_from(port).map_err(|_| refused("there is no such port"))?;
    let address = SocketAddr::new(bridge.network.address().ip(), port);
    let address = bridge.network.move_to(address).await.map_err(refused)?;
    Ok(Json(json!({"address": address.to_string()})))
}

fn in_force(bridge: &Bridge) -> Value {
    bridge.faults.all().iter().map(ToString::to_string).collect()
}

/// A body that may be left out.
fn orders(text: &str) -> Result<Value, Refusal> {
    if text.trim().is_empty() { Ok(json!({})) } else { serde_json::from_str(text).map_err(refused) }
}

#[allow(clippy::needless_pass_by_value, reason = "it ends a chain of results")]
fn refused(reason: impl ToString) -> Refusal {
    (StatusCode::BAD_REQUEST, reason.to_string())
}
