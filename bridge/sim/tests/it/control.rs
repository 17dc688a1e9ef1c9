//! Checks what the control address does.

use hue_bridge_sim::{Clock, Simulator, StartError};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::support::{APPLICATION_KEY, Http, Setup, answer, client, plain_client, start, until};

/// A client that uses the control address.
struct Control {
    client: Client,
    url: String,
}

impl Control {
    async fn send(&self, method: Method, path: &str, body: &str) -> (u16, String) {
        let request = self.client.request(method, format!("{}{path}", self.url)).body(body.to_owned());
        let response = request.send().await.expect("an answer");
        (response.status().as_u16(), response.text().await.expect("a text"))
    }

    async fn post(&self, path: &str, body: &str) -> (u16, String) {
        self.send(Method::POST, path, body).await
    }

    async fn get(&self, path: &str) -> Value {
        serde_json::from_str(&self.send(Method::GET, path, "").await.1).expect("JSON")
    }
}

async fn controlled() -> (Setup, Control) {
    let setup = start(Simulator::builder().control(0)).await;
    let address = setup.sim.control_address().expect("a control address");
    assert!(address.ip().is_loopback());
    (setup, Control { client: plain_client(), url: format!("http://{address}/sim") })
}

#[tokio::test]
async fn faults_are_switched_on_told_and_switched_off() {
    let (setup, control) = controlled().await;
    let (status, told) = control.post("/faults", "status=503,on=reads,times=3\n").await;
    assert_eq!((status, told.as_str()), (200, r#"["status=503,on=reads,times=3"]"#));
    let read =
        async || setup.request(Method::GET, "/clip/v2/resource/bridge").send().await.expect("an answer").status();
    assert_eq!(read().await, 503);
    assert_eq!(control.get("").await["faults"], json!(["status=503,on=reads,times=2"]));
    assert_eq!(control.send(Method::DELETE, "/faults", "").await, (200, "[]".to_owned()));
    assert_eq!(read().await, 200);
    let requests = control.get("/requests").await;
    assert_eq!((&requests[0]["status"], &requests[0]["acted"]), (&json!(503), &json!(true)));
}

#[tokio::test]
async fn time_is_moved_and_the_radio_is_asked() {
    let setup = start(Simulator::builder().control(0).clock(Clock::Stepped)).await;
    let address = setup.sim.control_address().expect("a control address");
    let control = Control { client: plain_client(), url: format!("http://{address}/sim") };
    let sunrise = json!({"timed_effects": {"effect": "sunrise", "duration": 60_000}});
    assert_eq!(setup.put_light("Desk lamp", &sunrise).await.0, 200);
    assert_eq!(control.post("/advance", r#"{"ms": 60000}"#).await.0, 204);
    assert_eq!(setup.light("Desk lamp")["timed_effects"]["status"], "no_effect");
    let traffic = json!({"sent": 1, "delayed": 0, "lost": 0, "longest_delay_ms": 0.0});
    assert_eq!(control.get("/radio").await, traffic);
    assert_eq!(control.post("/advance", r#"{"ms": 18446744073709551615}"#).await.0, 204);
}

#[tokio::test]
async fn nonsense_is_refused_with_its_reason() {
    let (_setup, control) = controlled().await;
    for (path, body) in [
        ("/faults", "fire"),
        ("/advance", r#"{"ms": -1}"#),
        ("/faults", "refused,on=reads"),
        ("/reboot", "{"),
        ("/reboot", r#"{"home": 3}"#),
        ("/certificate", r#"{"bridge_id": "bridge"}"#),
        ("/move", r#"{"port": 70000}"#),
    ] {
        let (status, reason) = control.post(path, body).await;
        assert!(status == 400 && !reason.is_empty(), "{path} {body}: {status} {reason}");
    }
    assert_eq!(control.send(Method::PUT, "/reachable/Nobody", "true").await.0, 404);
    assert_eq!(control.send(Method::PUT, "/reachable/Mirror", "maybe").await.0, 400);
}

#[tokio::test]
async fn a_light_goes_out_of_reach_and_a_resource_changes() {
    let (setup, control) = controlled().await;
    assert_eq!(control.send(Method::PUT, "/reachable/Bedside%20left", "false").await.0, 204);
    let (status, _) = setup.put_light("Bedside left", &json!({"on": {"on": true}})).await;
    assert_eq!(status, 207);
    let change = json!({"type": "light", "id": setup.id("Mirror"), "on": {"on": true}});
    let put = control.client.put(format!("{}/resource", control.url)).json(&change).send().await.expect("an answer");
    assert_eq!((put.status().as_u16(), &setup.light("Mirror")["on"]["on"]), (204, &json!(true)));
}

#[tokio::test]
async fn it_answers_while_the_bridge_does_not_and_says_where_it_went() {
    let (mut setup, control) = controlled().await;
    control.post("/faults", "refused").await;
    assert_eq!(control.get("/faults").await, json!(["refused"]));
    control.send(Method::DELETE, "/faults", "").await;
    let (_, moved) = control.post("/move", "").await;
    let moved: Value = serde_json::from_str(&moved).expect("JSON");
    assert_eq!(moved["address"], setup.sim.address().to_string());
    assert_eq!(control.get("").await["address"], moved["address"]);
    setup.client = client(&setup.sim, Http::Two);
    assert_eq!(setup.get("/bridge").await.0, 200);
}

#[tokio::test]
async fn a_bridge_is_rebooted_renewed_and_paired() {
    let (setup, control) = controlled().await;
    assert_eq!(control.post("/reboot", r#"{"down_ms": 0}"#).await.0, 202);
    let (status, pem) = control.post("/certificate", "").await;
    assert!(status == 200 && pem != setup.sim.certificate_pem(), "{pem}");
    assert_eq!(control.get("").await["certificate"], pem);
    let other = start(Simulator::builder().control(0)).await;
    let pair = async || {
        let body = json!({"devicetype": "app#here"});
        answer(other.without_key(Method::POST, "/api").json(&body).send().await).await.1
    };
    assert_eq!(pair().await[0]["error"]["type"], 101);
    let url = format!("http://{}/sim/link-button", other.sim.control_address().expect("an address"));
    control.client.post(url).send().await.expect("an answer");
    assert!(pair().await[0]["success"]["username"].is_string());
}

#[tokio::test]
async fn without_a_wish_for_it_there_is_no_control_address() {
    let setup = start(Simulator::builder()).await;
    assert_eq!(setup.sim.control_address(), None);
    let (path, key) = ("/sim/faults", APPLICATION_KEY);
    let response = setup.without_key(Method::GET, path).header("hue-application-key", key).send().await;
    assert_eq!(response.expect("an answer").status(), 404, "the bridge itself knows nothing of it");
}

#[tokio::test]
async fn the_control_address_ends_with_the_bridge() {
    let (setup, control) = controlled().await;
    let address = setup.sim.control_address().expect("an address");
    drop(control);
    setup.sim.shutdown().await;
    until("the port to be free", || std::net::TcpListener::bind(address).is_ok()).await;
}

#[tokio::test]
async fn a_light_that_is_not_there_cannot_be_out_of_reach() {
    let start = Simulator::builder().unreachable("Nobody").start().await;
    assert!(matches!(start, Err(StartError::NoSuchLight(name)) if name == "Nobody"));
}
