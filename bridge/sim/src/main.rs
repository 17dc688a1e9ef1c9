//! `hue-bridge-sim`: a Philips Hue bridge to run beside an application.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, ValueEnum};
use hue_bridge_sim::{Announcement, Clock, Home, Limits, LinkButton, Quirk, Simulator, Strike};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// A Philips Hue bridge in software.
///
/// Serves HTTPS with a certificate of its own until it is interrupted. What it opened is printed to stdout, its log
/// goes to stderr (`RUST_LOG=hue_bridge_sim=debug` shows every request).
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_long_help = FAULTS)]
struct Args {
    /// Load the home from this file: the body of GET /clip/v2/resource of a real bridge
    #[arg(long, value_name = "FILE", conflicts_with = "lights")]
    home: Option<PathBuf>,
    /// Make up a home with this many lights, in rooms of 10 to 30 [default: a flat with 17 lights]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(..=1000))]
    lights: Option<u16>,
    /// Listen on this address
    #[arg(long, value_name = "ADDR", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
    /// Listen on this port; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 8443)]
    port: u16,
    /// Be the bridge with this id, 16 hexadecimal digits
    #[arg(long, value_name = "ID", value_parser = bridge_id)]
    bridge_id: Option<String>,
    /// Register this application key, as if it had been paired; may be given more than once
    #[arg(long, value_name = "KEY")]
    key: Vec<String>,
    /// The link button: held down, so that anybody can pair, or released, so that nobody can
    #[arg(long, value_enum, default_value_t = Button::Pressed)]
    link_button: Button,
    /// Do not limit how fast and how parallel requests may come
    #[arg(long)]
    no_limits: bool,
    /// Announce the bridge by multicast DNS, so that clients on this network find it
    #[arg(long)]
    mdns: bool,
    /// Let something go wrong from the start on, like latency=200ms or reset,on=light-writes,after,times=1; may be
    /// given more than once. --help lists what there is
    #[arg(long, value_name = "FAULT")]
    fault: Vec<Strike>,
    /// Have the light with this name out of reach; may be given more than once
    #[arg(long, value_name = "LIGHT")]
    unreachable: Vec<String>,
    /// Tell HTTP/2 clients with GOAWAY to open another connection after this many requests
    /// [default: 1000, as many as one likes with --no-limits]
    #[arg(long, value_name = "N")]
    goaway_after: Option<u32>,
    /// Open a control address at this port of 127.0.0.1, plain HTTP, to switch faults while the bridge runs; 0 takes a
    /// free one. --help lists what it understands
    #[arg(long, value_name = "N")]
    control: Option<u16>,
    /// Let the bridge's time stand still, from 2026-01-05T08:00:00Z on, until the control address is told to advance it
    #[arg(long, requires = "control")]
    stepped: bool,
    /// Have an oddity of some bridges and lamps; may be given more than once
    #[arg(long, value_enum)]
    quirk: Vec<Oddity>,
    /// Write the certificate to this file, as PEM
    #[arg(long, value_name = "FILE")]
    certificate_out: Option<PathBuf>,
}

/// The last part of --help.
const FAULTS: &str = "\
Faults:
  latency=TIME       the answer comes so much later: 200ms, 1.5s
  status=CODE        a status and a page of HTML, as the web server before a bridge answers: 429, 500, 502, 503
  html               a page of HTML with status 200
  truncated          half of the body, as if it were whole
  empty              no body
  wrong-types        JSON that makes no sense
  reset              half of the body, then a TCP reset
  stream-reset       half of the body, then a reset of the HTTP/2 stream
  stalled            half of the body, then nothing; an event stream stays open and tells nothing
  refused            nothing listens
  offline            connections break, and new ones are reset
  unresponsive       nothing is read or answered on any connection
  dead-connections   the connections that are open are never heard again; new ones work
  drop-event-streams the event streams that are open end
The last five concern all connections. The others take, separated by commas:
  on=SCOPE           all, reads, light-writes, group-writes, scene-recalls, events, or a path with or without a method:
                     \"POST /clip/v2/resource/scene\"
  after              strike after the bridge acted, so that only the answer is lost; otherwise, nothing has changed
  times=N            strike the next N requests, or frames of the event stream, and no more

Control address (with --control), for example:
  curl -d status=503,on=reads,times=3 http://127.0.0.1:PORT/sim/faults
  curl -X DELETE http://127.0.0.1:PORT/sim/faults
What it understands:
  GET    /sim                  address, id, certificate, open event streams, faults in force
  GET    /sim/faults           the faults in force
  POST   /sim/faults           makes something go wrong beside what does
  DELETE /sim/faults           makes all well
  GET    /sim/requests         the requests the bridge got, oldest first
  PUT    /sim/reachable/LIGHT  true or false, for the light with this name or id
  PUT    /sim/resource         changes a resource as from outside: its type, its id and what changes
  POST   /sim/advance          {\"ms\": 1000}: moves the bridge's clock on, and does all that falls due on the way
  GET    /sim/radio            what went over the radio to the lamps: messages sent, delayed, lost; the longest delay
  POST   /sim/link-button      presses the link button
  POST   /sim/reboot           {\"down_ms\": 2000, \"home\": {..}}: away for a time, then there again; both may be left out
  POST   /sim/certificate      {\"bridge_id\": \"..\"}: a new key and certificate, of another bridge if its id is given
  POST   /sim/move             {\"port\": 0}: the same bridge at another port";

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Button {
    Pressed,
    Released,
}

/// The names of quirks on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Oddity {
    /// A light that was turned off with a transition has the lowest brightness when it is turned on again
    OffForgetsBrightness,
    /// The scene that is one too many takes the place of the one that was not recalled for longest
    OldScenesMakeRoom,
}

impl From<Oddity> for Quirk {
    fn from(oddity: Oddity) -> Self {
        match oddity {
            Oddity::OffForgetsBrightness => Self::OffForgetsBrightness,
            Oddity::OldScenesMakeRoom => Self::OldScenesMakeRoom,
        }
    }
}

fn bridge_id(text: &str) -> Result<String, String> {
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
    // Before the port is open, so that no signal is missed.
    let mut terminate = signal(SignalKind::terminate()).context("could not listen for SIGTERM")?;
    let sim = start(args).await?;
    if let Some(file) = certificate_out {
        let shown = file.display();
        std::fs::write(&file, sim.certificate_pem())
            .with_context(|| format!("could not write the certificate to {shown}"))?;
    }
    announce(&sim, &keys);
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.context("could not listen for SIGINT")?,
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
    sim.shutdown().await;
    Ok(())
}

async fn start(args: Args) -> anyhow::Result<Simulator> {
    let mut builder = Simulator::builder()
        .home(home(&args)?)
        .listen(SocketAddr::new(args.listen, args.port))
        .limits(if args.no_limits { Limits::Off } else { Limits::Real })
        .clock(if args.stepped { Clock::Stepped } else { Clock::Running })
        .link_button(match args.link_button {
            Button::Pressed => LinkButton::Pressed,
            Button::Released => LinkButton::Released,
        });
    if let Some(id) = args.bridge_id {
        builder = builder.bridge_id(id);
    }
    if args.mdns {
        builder = builder.announce(Announcement::default());
    }
    for key in args.key {
        builder = builder.application_key(key);
    }
    for strike in args.fault {
        builder = builder.fault(strike);
    }
    for light in args.unreachable {
        builder = builder.unreachable(light);
    }
    for oddity in args.quirk {
        builder = builder.quirk(oddity.into());
    }
    if let Some(requests) = args.goaway_after {
        builder = builder.goaway_after(requests);
    }
    if let Some(port) = args.control {
        builder = builder.control(port);
    }
    Ok(builder.start().await?)
}

fn home(args: &Args) -> anyhow::Result<Home> {
    let Some(file) = &args.home else {
        return Ok(args.lights.map_or_else(Home::demo, |lights| Home::of_lights(lights.into())));
    };
    let shown = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("could not read {shown}"))?;
    Home::from_json(&text).with_context(|| format!("could not use {shown}"))
}

/// Tells a person what there is and how to reach it.
#[allow(clippy::print_stdout, reason = "this is what the program prints")]
fn announce(sim: &Simulator, keys: &[String]) {
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
