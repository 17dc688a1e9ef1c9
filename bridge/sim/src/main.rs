//! The program `hue-bridge-sim`: a Philips Hue bridge to run beside an application.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, ValueEnum};
use hue_bridge_sim::{Announcement, Builder, Clock, FaultRule, Home, Limits, LinkButton, Quirk, Simulator};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// The text that ends --help.
const HELP_APPENDIX: &str = "\
Faults:
  latency=TIME       delays the answer: 200ms, 1.5s
  status=CODE        an HTML page with this status, as the web server of a bridge answers: 429, 500, 502, 503
  html               an HTML page with status 200
  truncated          half of the body, as if it were complete
  empty              no body
  wrong-types        valid JSON with values of wrong types
  omitted-lists      resources without any of their lists
  missing-id         the last resource of an answer or event has no id
  unknown-words      every enumerated member has a word that no client knows
  reset              half of the body, then a TCP reset
  stream-reset       half of the body, then a reset of the HTTP/2 stream
  stalled            half of the body, then nothing; an event stream stays open without events
  short-streams      event streams end a few milliseconds after they were opened
  refused            connections break, and new ones are refused
  offline            connections break, and new ones are reset
  unresponsive       nothing is read or answered on any connection
  dead-connections   open connections are silent for ever; new ones work
  drop-event-streams open event streams end
The last five apply to all connections. The others take, separated by commas:
  on=SCOPE           all, reads, light-writes, group-writes, scene-recalls, events, or a path with or without a method:
                     \"POST /clip/v2/resource/scene\"
  after              apply after the bridge acted, so that only the answer is lost; otherwise nothing has changed
  times=N            apply to the next N requests, or frames of the event stream, and no more

Control address (with --control), for example:
  curl -d status=503,on=reads,times=3 http://127.0.0.1:PORT/sim/faults
  curl -X DELETE http://127.0.0.1:PORT/sim/faults
Its requests:
  GET    /sim                  address, id, certificate, open event streams, faults in force
  GET    /sim/faults           the faults in force
  POST   /sim/faults           adds a fault
  DELETE /sim/faults           ends all faults
  GET    /sim/requests         the requests so far, oldest first
  PUT    /sim/reachable/LIGHT  true or false, for the light with this name or id
  PUT    /sim/resource         changes a resource from outside: its type, its id, and the changed members
  POST   /sim/advance          {\"ms\": 1000}: advances the clock, and answers when everything due has happened
  GET    /sim/radio            the radio traffic to the lamps: messages sent, delayed and lost, and the longest delay
  POST   /sim/link-button      presses the link button
  POST   /sim/reboot           {\"down_ms\": 2000, \"home\": {..}}: restarts the bridge; both members are optional
  POST   /sim/certificate      {\"bridge_id\": \"..\"}: makes a new key and certificate; the id of another bridge is optional
  POST   /sim/move             {\"port\": 0}: moves the bridge to another port";

/// A Philips Hue bridge in software.
///
/// Serves HTTPS with a certificate of its own until it is interrupted. It prints its addresses to stdout, and logs to
/// stderr (`RUST_LOG=hue_bridge_sim=debug` shows every request).
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_long_help = HELP_APPENDIX)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
struct Args {
    /// Load the home from this file: the body of GET /clip/v2/resource of a real bridge
    #[arg(long, value_name = "FILE", conflicts_with = "lights")]
    home: Option<PathBuf>,
    /// Generate a home with this many lights, in rooms of 10 to 30 [default: a flat with 17 lights]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(..=2000))]
    lights: Option<u16>,
    /// Serve the default home as a Bridge Pro has it, with what newer firmware added
    #[arg(long, conflicts_with_all = ["home", "lights"])]
    pro: bool,
    /// Listen on this address
    #[arg(long, value_name = "ADDR", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
    /// Listen on this port; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 8443)]
    port: u16,
    /// Be the bridge with this id, 16 hexadecimal digits
    #[arg(long, value_name = "ID", value_parser = parse_bridge_id)]
    bridge_id: Option<String>,
    /// Register this application key as if it had been paired; may be given more than once
    #[arg(long, value_name = "KEY")]
    key: Vec<String>,
    /// Hold the link button down, so that every application can pair, or leave it released, so that none can
    #[arg(long, value_enum, default_value_t = ButtonState::Pressed)]
    link_button: ButtonState,
    /// Do not limit the rate and the number of requests in flight
    #[arg(long)]
    no_limits: bool,
    /// Announce the bridge by multicast DNS, so that clients in this network find it
    #[arg(long)]
    mdns: bool,
    /// Begin with this fault, like latency=200ms or reset,on=light-writes,after,times=1; may be given more than once.
    /// --help lists the faults
    #[arg(long, value_name = "FAULT")]
    fault: Vec<FaultRule>,
    /// Make the light with this name unreachable; may be given more than once
    #[arg(long, value_name = "LIGHT")]
    unreachable: Vec<String>,
    /// Tell HTTP/2 clients with GOAWAY to open another connection after this many requests
    /// [default: 1000, unlimited with --no-limits]
    #[arg(long, value_name = "N")]
    goaway_after: Option<u32>,
    /// Open a control address at this port of 127.0.0.1, plain HTTP, to switch faults while the bridge runs; 0 takes a
    /// free one. --help lists its requests
    #[arg(long, value_name = "N")]
    control: Option<u16>,
    /// Begin at 2026-01-05T08:00:00Z and advance the clock only by the control address
    #[arg(long, requires = "control")]
    stepped: bool,
    /// Behave as some bridges and lamps do; may be given more than once
    #[arg(long, value_enum)]
    quirk: Vec<QuirkName>,
    /// Write the certificate to this file, as PEM
    #[arg(long, value_name = "FILE")]
    certificate_out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ButtonState {
    Pressed,
    Released,
}

/// The names that quirks have on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum QuirkName {
    /// A light that was turned off with a transition has the lowest brightness when it is turned on again
    OffForgetsBrightness,
    /// A new scene replaces the least recently recalled one when the bridge has no room
    OldScenesMakeRoom,
}

impl From<QuirkName> for Quirk {
    fn from(name: QuirkName) -> Self {
        match name {
            QuirkName::OffForgetsBrightness => Self::OffForgetsBrightness,
            QuirkName::OldScenesMakeRoom => Self::OldScenesMakeRoom,
        }
    }
}

fn parse_bridge_id(text: &str) -> Result<String, String> {
    let valid = text.len() == 16 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    if valid { Ok(text.to_owned()) } else { Err("expected 16 hexadecimal digits".to_owned()) }
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> anyhow::Result<()> {
    let keys = args.key.clone();
    let certificate_out = args.certificate_out.clone();
    // The handler is in place before the port is open, so that no signal is missed.
    let mut terminate = signal(SignalKind::terminate()).context("could not listen for SIGTERM")?;
    let sim = start(args).await?;
    if let Some(file) = certificate_out {
        let path = file.display();
        std::fs::write(&file, sim.certificate_pem())
            .with_context(|| format!("could not write the certificate to {path}"))?;
    }
    print_addresses(&sim, &keys);
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.context("could not listen for SIGINT")?,
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping the bridge");
    sim.shutdown().await;
    Ok(())
}

async fn start(args: Args) -> anyhow::Result<Simulator> {
    let mut builder = Simulator::builder()
        .home(load_home(&args)?)
        .listen(SocketAddr::new(args.listen, args.port))
        .limits(if args.no_limits { Limits::Off } else { Limits::Real })
        .clock(if args.stepped { Clock::Stepped } else { Clock::Running })
        .link_button(match args.link_button {
            ButtonState::Pressed => LinkButton::Pressed,
            ButtonState::Released => LinkButton::Released,
        });
    if let Some(id) = args.bridge_id {
        builder = builder.bridge_id(id);
    }
    if args.mdns {
        builder = builder.announce(Announcement::default());
    }
    builder = args.key.into_iter().fold(builder, Builder::application_key);
    builder = args.fault.into_iter().fold(builder, Builder::fault);
    builder = args.unreachable.into_iter().fold(builder, Builder::unreachable);
    builder = args.quirk.into_iter().map(Quirk::from).fold(builder, Builder::quirk);
    if let Some(requests) = args.goaway_after {
        builder = builder.goaway_after(requests);
    }
    if let Some(port) = args.control {
        builder = builder.control(port);
    }
    Ok(builder.start().await?)
}

fn load_home(args: &Args) -> anyhow::Result<Home> {
    let Some(file) = &args.home else {
        let default = if args.pro { Home::bridge_pro } else { Home::demo };
        return Ok(args.lights.map_or_else(default, |lights| Home::of_lights(lights.into())));
    };
    let path = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("could not read {path}"))?;
    Home::from_json(&text).with_context(|| format!("could not use {path} as a home"))
}

/// Prints the addresses of the bridge, and commands to try.
#[allow(clippy::print_stdout, reason = "the output of the program")]
fn print_addresses(sim: &Simulator, keys: &[String]) {
    let url = format!("https://{}", sim.address());
    println!("bridge   {url}");
    println!("id       {}", sim.bridge_id());
    if let Some(control) = sim.control_address() {
        println!("control  http://{control}/sim");
    }
    println!("lights   {}", sim.resources("light").len());
    println!(r#"pair     curl -k {url}/api -d '{{"devicetype":"app#here","generateclientkey":true}}'"#);
    for key in keys {
        println!("key      {key}");
    }
    let key = keys.first().map_or("KEY", String::as_str);
    println!("look     curl -k -H 'hue-application-key: {key}' {url}/clip/v2/resource/light");
}
