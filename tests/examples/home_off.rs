//! Measures how soon a whole home is off whose first room was switched off just before.
//!
//! Each process is the real one: the server on its pipes, and the simulated bridge with a bridge's limits. Every lamp of
//! the home is on and both have rested; then the first room is switched off, and at once the whole home. Prints a JSON
//! line per run, in milliseconds from the second call: `last_request_ms` to the last request that changes a lamp, by the
//! bridge's log, and `confirmed_ms` to the answer that tells the last lamp's confirmation.
//!
//! ```text
//! cargo build --workspace --bin lamplighter --bin hue-bridge-sim --example home_off
//! target/debug/examples/home_off target/debug/lamplighter target/plugins target/debug/hue-bridge-sim [LIGHTS [RUNS]]
//! ```
//!
//! Without `LIGHTS` the home is the simulator's own: 17 lamps, one of them unreachable, 5 in the first room.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use lamplighter_tests::{Client, Era, Home};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// The bridge's identity, which the simulator is started with and the server is told.
const BRIDGE_ID: &str = "001788fffe0000aa";
/// The time in which the budget fills and the bridge's events have gone out.
const REST: Duration = Duration::from_secs(4);

/// The programs and the home to measure.
struct Arguments {
    server: PathBuf,
    plugins: PathBuf,
    simulator: PathBuf,
    lights: Option<String>,
    runs: usize,
}

/// A running simulator.
struct Bridge {
    _process: Child,
    /// Its HTTPS address.
    address: String,
    /// The address that answers for its log.
    control: String,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse()?;
    let folder = TempDir::with_prefix("lamplighter-home-off-")?;
    for _ in 0..arguments.runs {
        let bridge = Bridge::start(&arguments).await?;
        let (_server, client) = start_server(&arguments, &bridge, folder.path()).await?;
        let measured = measure(&client, &bridge, arguments.first_room()).await?;
        println!("{measured}");
    }
    Ok(())
}

/// Switches the first room off, then the home, and returns the two times.
async fn measure(client: &Client, bridge: &Bridge, first_room: &str) -> Result<Value> {
    switch(client, "all", "on").await?;
    tokio::time::sleep(REST).await;
    switch(client, first_room, "off").await?;
    let sent_before = bridge.changes().await?.len();
    let began = SystemTime::now();
    let answer = switch(client, "all", "off").await?;
    let confirmed = began.elapsed()?;
    let changes = bridge.changes().await?.split_off(sent_before);
    let last = changes.iter().filter_map(|change| change["at_ms"].as_f64()).fold(0.0, f64::max);
    let began = began.duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(json!({
        "requests": changes.len(),
        "last_request_ms": last - began.as_secs_f64() * 1e3,
        "confirmed_ms": confirmed.as_secs_f64() * 1e3,
        "answer": answer["content"][0]["text"],
    }))
}

async fn switch(client: &Client, room: &str, action: &str) -> Result<Value> {
    client.call_any("hue_control_room", json!({"room": room, "action": action})).await
}

/// Starts the server with the first-party plugins, and waits until it knows the home.
async fn start_server(arguments: &Arguments, bridge: &Bridge, home: &Path) -> Result<(Child, Client)> {
    let mut command = Command::new(&arguments.server);
    command.arg("serve").arg("--plugins").arg(&arguments.plugins).env_clear().env("HOME", home);
    command.env("LAMPLIGHTER_BRIDGE_HOST", &bridge.address).env("LAMPLIGHTER_BRIDGE_ID", BRIDGE_ID);
    command.env("LAMPLIGHTER_BRIDGE_KEY", Home::APPLICATION_KEY);
    command.env("LAMPLIGHTER_BRIDGE_CERTIFICATE", bridge.fingerprint().await?);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut process = command.spawn().with_context(|| format!("cannot start {}", arguments.server.display()))?;
    let stdin = process.stdin.take().context("stdin is piped")?;
    let client = Client::new(stdin, process.stdout.take().context("stdout is piped")?);
    client.open(Era::Legacy).await?;
    while client.call("hue_list_rooms", json!({})).await.is_err() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok((process, client))
}

impl Arguments {
    fn parse() -> Result<Self> {
        let mut words = std::env::args().skip(1);
        let mut path = |what: &str| words.next().map(PathBuf::from).with_context(|| format!("the {what} is missing"));
        let (server, plugins) = (path("server's program")?, path("folder of plugins")?);
        let simulator = path("simulator's program")?;
        let lights = words.next();
        let runs = words.next().map_or(Ok(1), |runs| runs.parse())?;
        Ok(Self { server, plugins, simulator, lights, runs })
    }

    fn first_room(&self) -> &'static str {
        if self.lights.is_some() { "Room 1" } else { "Living room" }
    }
}

impl Bridge {
    async fn start(arguments: &Arguments) -> Result<Self> {
        let mut command = Command::new(&arguments.simulator);
        command.args(["--port", "0", "--control", "0", "--bridge-id", BRIDGE_ID, "--key", Home::APPLICATION_KEY]);
        command.args(arguments.lights.iter().flat_map(|lights| ["--lights", lights]));
        command.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut process = command.spawn().with_context(|| format!("cannot start {}", arguments.simulator.display()))?;
        let mut lines = BufReader::new(process.stdout.take().context("stdout is piped")?).lines();
        let mut address = async |begin: &str| {
            let line = lines.next_line().await?.context("the simulator is gone")?;
            let rest = line.split("://").nth(1).filter(|_| line.starts_with(begin));
            anyhow::Ok(rest.map(|rest| rest.trim_end_matches("/sim").to_owned()))
        };
        let https = address("bridge").await?.context("the first line tells the address")?;
        address("id").await?;
        let control = address("control").await?.context("the third line tells the control address")?;
        // The simulator prints until here, and ends if nobody reads it.
        while !lines.next_line().await?.context("the simulator is gone")?.starts_with("look") {}
        Ok(Self { _process: process, address: https, control })
    }

    /// Returns the requests so far that change something, as the bridge logged them.
    async fn changes(&self) -> Result<Vec<Value>> {
        let requests = self.look("/sim/requests").await?;
        let requests = requests.as_array().context("the log is a list")?;
        Ok(requests.iter().filter(|request| request["method"] == "PUT").cloned().collect())
    }

    /// Returns the SHA-256 of the certificate in hexadecimal.
    async fn fingerprint(&self) -> Result<String> {
        let status = self.look("/sim").await?;
        let pem = status["certificate"].as_str().context("the bridge has a certificate")?;
        let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let digest = ring::digest::digest(&ring::digest::SHA256, &STANDARD.decode(base64)?);
        Ok(digest.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}")))
    }

    /// Reads from the control address.
    async fn look(&self, path: &str) -> Result<Value> {
        let mut stream = TcpStream::connect(&self.control).await?;
        stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).await?;
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await?;
        let (_, body) = reply.split_once("\r\n\r\n").context("the control address answers")?;
        Ok(serde_json::from_str(body)?)
    }
}
