//! A simulated bridge in a process of its own, so that it counts neither as the server nor as the client.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use hue_bridge_sim::{self as sim, Limits};
use lamplighter_tests::Home;
use serde_json::{Value, json};

/// The home with lamps of all kinds: 17, of which the bridge reaches 16.
pub(crate) const DEMO_HOME: &str = "demo";

/// The command that asks for the time of the last `PUT`. Every other command is a fault.
const LAST_PUT: &str = "last-put";

/// A running simulator. Dropping it ends the process.
pub(crate) struct Simulator {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    variables: Vec<(String, String)>,
}

impl Simulator {
    /// Starts a bridge with the demo home, or with a number of lamps.
    pub(crate) fn start(home: &str) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(crate::SIMULATOR_OPTION).arg(home).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("cannot start the simulator")?;
        let stdin = child.stdin.take().context("stdin is piped")?;
        let mut stdout = BufReader::new(child.stdout.take().context("stdout is piped")?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let variables = serde_json::from_str(&line).context("the simulator did not start")?;
        Ok(Self { child, stdin, stdout, variables })
    }

    /// Returns the environment variables that connect a server to this bridge.
    pub(crate) fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    /// Returns the time at which the last `PUT` arrived, by the bridge's log.
    pub(crate) fn last_put(&mut self) -> Result<SystemTime> {
        let microseconds = self.ask(LAST_PUT)?;
        let microseconds = microseconds.as_u64().context("the bridge received no PUT")?;
        Ok(SystemTime::UNIX_EPOCH + Duration::from_micros(microseconds))
    }

    /// Replaces all faults of the bridge by one, in the words of its command line; an empty one ends all faults.
    pub(crate) fn set_fault(&mut self, fault: &str) -> Result<()> {
        self.ask(fault).map(drop)
    }

    fn ask(&mut self, command: &str) -> Result<Value> {
        writeln!(self.stdin, "{command}")?;
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        serde_json::from_str(&line).with_context(|| format!("the simulator does not know {command:?}"))
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves a home; prints the variables for it, and answers each command on stdin with a line of JSON.
pub(crate) fn serve(home: &str) -> Result<()> {
    let lamps = if home == DEMO_HOME { sim::Home::demo() } else { sim::Home::of_lights(home.parse()?) };
    let runtime = tokio::runtime::Runtime::new()?;
    let bridge = sim::Simulator::builder().home(lamps).application_key(Home::APPLICATION_KEY).limits(Limits::Real);
    let home = Home { bridge: runtime.block_on(bridge.start())? };
    println!("{}", json!(home.variables()));
    for line in std::io::stdin().lines() {
        match &*line? {
            LAST_PUT => println!("{}", json!(last_put(&home.bridge))),
            fault => {
                set_fault(&home.bridge, fault)?;
                println!("null");
            }
        }
    }
    Ok(())
}

fn set_fault(bridge: &sim::Simulator, fault: &str) -> Result<()> {
    bridge.set_fault(None);
    if !fault.is_empty() {
        bridge.add_fault(fault.parse::<sim::FaultRule>()?);
    }
    Ok(())
}

/// Returns the time of the last `PUT` in microseconds of Unix time.
fn last_put(bridge: &sim::Simulator) -> Option<u64> {
    let at = bridge.requests().iter().rfind(|request| request.method == "PUT")?.at;
    u64::try_from(at.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_micros()).ok()
}
