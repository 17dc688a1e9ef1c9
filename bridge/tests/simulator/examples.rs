//! Runs the examples on a simulated bridge.

#![allow(clippy::duplicate_mod, reason = "each example is a program of its own, and they share a file")]

use std::io::Write;

use clap::Parser;
use hue_bridge::Fingerprint;
use hue_bridge_sim::Simulator;
use tokio::sync::mpsc;

use crate::support::{TEST_KEY, TEST_TIMEOUT, simulator};

#[path = "../../examples/list.rs"]
#[allow(dead_code, reason = "its main")]
mod list;
#[path = "../../examples/set.rs"]
#[allow(dead_code, reason = "its main")]
mod set;
#[path = "../../examples/watch.rs"]
#[allow(dead_code, reason = "its main")]
mod watch;

/// Parses the arguments that name this bridge, and more of them.
fn arguments<A: Parser>(sim: &Simulator, more: &[&str]) -> Result<A, String> {
    let (host, certificate) = (sim.address().to_string(), Fingerprint::of(sim.certificate_der()).to_string());
    let which = ["--host", &host, "--id", sim.bridge_id(), "--key", TEST_KEY, "--certificate", &certificate];
    parse(&[&which, more].concat())
}

fn parse<A: Parser>(arguments: &[&str]) -> Result<A, String> {
    A::try_parse_from([&["example"], arguments].concat()).map_err(|error| error.to_string())
}

#[tokio::test]
async fn list_lists_the_lights_by_rooms() {
    let sim = simulator().await;
    let mut out = Vec::new();
    list::run(arguments(&sim, &[]).expect("arguments"), &mut out).await.expect("a list");
    let text = String::from_utf8(out).expect("text");
    assert_eq!(text.lines().filter(|line| line.starts_with("  ")).count(), 17, "{text}");
    assert!(text.contains("Living room\n") && text.contains("out of reach"), "{text}");
}

#[tokio::test]
async fn set_changes_a_room_and_tells_what_each_lamp_did() {
    let sim = simulator().await;
    let run = async |more: &[&str]| {
        let mut out = Vec::new();
        let result = match arguments(&sim, more) {
            Ok(arguments) => set::run(arguments, &mut out).await.map_err(|error| error.to_string()),
            Err(error) => Err(error),
        };
        (String::from_utf8(out).expect("text"), result)
    };
    let (planned, _) = run(&["--dry-run", "living room", "on", "40%", "orange"]).await;
    assert!(planned.contains("Group Living room") && planned.contains("requests in"), "{planned}");
    let (told, result) = run(&["living room", "on", "40%", "orange"]).await;
    assert_eq!((told.lines().count(), result), (5, Ok(())), "{told}");
    assert!(told.lines().all(|line| line.contains("Confirmed") || line.contains("Accepted")), "{told}");
    let (_, result) = run(&["livng rom", "on"]).await;
    assert!(result.as_ref().is_err_and(|error| error.contains("Living room")), "{result:?}");
    for nonsense in [&["living room"][..], &["living room", "bluish"], &["living room", "x%"], &[]] {
        assert!(run(nonsense).await.1.is_err(), "{nonsense:?}");
    }
}

#[tokio::test]
async fn watch_tells_what_changes() {
    let sim = simulator().await;
    let (mut out, mut lines) = Lines::new();
    let watching = watch::run(arguments(&sim, &[]).expect("arguments"), &mut out);
    let story = async {
        lines.until("watching 17 lights").await;
        let lamp = sim.light("Mirror").expect("the lamp")["id"].clone();
        sim.set_resource(serde_json::json!({"id": lamp, "type": "light", "on": {"on": true}}));
        lines.until("Mirror: on").await;
    };
    tokio::select! {
        result = watching => panic!("it ended: {result:?}"),
        () = story => {}
    }
}

#[tokio::test]
async fn without_a_key_the_bridge_is_asked_for_one_and_without_a_bridge_nothing_is_done() {
    let sim = simulator().await;
    let host = sim.address().to_string();
    let run = async |arguments: &[&str]| {
        list::run(parse(arguments)?, &mut Vec::new()).await.map_err(|error| error.to_string())
    };
    assert!(run(&["--host", &host]).await.is_err_and(|error| error.contains("press the button")));
    sim.press_link_button();
    assert_eq!(run(&["--host", &host]).await, Ok(()));
    assert!(run(&["--host"]).await.is_err_and(|error| error.contains("a value is required for '--host <HOST>'")));
    assert_eq!(run(&["--demo"]).await, Ok(()));
    assert!(run(&["--demo", "--verbose"]).await.is_err_and(|error| error.contains("unexpected argument '--verbose'")));
}

/// Receives output line by line as it is written.
struct Lines(mpsc::UnboundedReceiver<String>);
struct Sink(mpsc::UnboundedSender<String>, Vec<u8>);

impl Lines {
    fn new() -> (Sink, Self) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Sink(sender, Vec::new()), Self(receiver))
    }

    async fn until(&mut self, start: &str) {
        let found = async { while !self.0.recv().await.expect("more lines").starts_with(start) {} };
        tokio::time::timeout(TEST_TIMEOUT, found).await.unwrap_or_else(|_| panic!("no line begins with {start}"));
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.1.extend_from_slice(bytes);
        while let Some(end) = self.1.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.1.drain(..=end).collect();
            let _ = self.0.send(String::from_utf8_lossy(&line).trim_end().to_owned());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
