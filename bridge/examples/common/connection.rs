//! The code that all examples share: the arguments that say which bridge, and the connection to it.

use std::{process::ExitCode, time::Duration};

use hue_bridge::{
    ApplicationKey, Bridge, Config, Fingerprint, Identity,
    pair::{PairError, Pairing},
};
use hue_bridge_sim::Simulator;

pub(crate) type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// The arguments that say which bridge.
#[derive(clap::Args)]
pub(crate) struct BridgeArguments {
    /// Start a simulated bridge inside this program
    #[arg(long)]
    demo: bool,
    /// The address of the bridge, with a port if it is not 443
    #[arg(long, env = "HUE_HOST")]
    host: Option<String>,
    /// The id of the bridge: 16 hexadecimal digits
    #[arg(long, env = "HUE_BRIDGE_ID")]
    id: Option<String>,
    /// The application key; without it, the example asks the bridge for one: press its button first
    #[arg(long, env = "HUE_KEY", hide_env_values = true)]
    key: Option<String>,
    /// The SHA-256 of the certificate of the bridge, if Signify did not issue it
    #[arg(long, env = "HUE_CERTIFICATE")]
    certificate: Option<Fingerprint>,
}

/// A connection, and the simulator at its other end if `--demo` asked for one.
pub(crate) struct Connected {
    pub(crate) bridge: Bridge,
    _simulator: Option<Simulator>,
}

impl BridgeArguments {
    /// Connects to the bridge and waits until its home is mirrored.
    pub(crate) async fn connect(self) -> Result<Connected, AnyError> {
        let (config, simulator) = if self.demo { demo().await? } else { (self.config().await?, None) };
        let bridge = Bridge::connect(config)?;
        bridge.ready(Duration::from_secs(10)).await?;
        Ok(Connected { bridge, _simulator: simulator })
    }

    async fn config(self) -> Result<Config, AnyError> {
        let host = self.host.ok_or("no bridge is given: see --help")?;
        let identity = self.certificate.map_or(Identity::Signify, Identity::Pinned);
        match (self.id, self.key) {
            (Some(id), Some(key)) => Ok(Config::new(host, id, ApplicationKey::new(key), identity)),
            (None, Some(_)) => Err(format!("which bridge is {host}? Give its --id").into()),
            (id, None) => pair(host, id.as_deref()).await,
        }
    }
}

/// Prints the error of an example that failed, and converts its result.
pub(crate) fn exit_code(result: Result<(), AnyError>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Asks the bridge for a key, and prints what to set in the environment.
async fn pair(host: String, id: Option<&str>) -> Result<Config, AnyError> {
    let pairing = Pairing::connect(&host, id).await?;
    let config = pairing.public_config().clone();
    let key = match pairing.request_key("hue-bridge#example").await {
        Err(PairError::LinkButtonNotPressed) => {
            return Err(format!(
                "press the button of {} at {host}, then run this again within 30 seconds",
                config.name
            )
            .into());
        }
        key => key?,
    };
    eprintln!("export HUE_HOST={host} HUE_BRIDGE_ID={} HUE_KEY={}", config.id, key.reveal());
    if let Identity::Pinned(fingerprint) = config.identity {
        eprintln!("export HUE_CERTIFICATE={fingerprint}");
    }
    Ok(Config::new(host, config.id, key, config.identity))
}

async fn demo() -> Result<(Config, Option<Simulator>), AnyError> {
    let simulator = Simulator::builder().application_key("demo").start().await?;
    let identity = Identity::Pinned(Fingerprint::of(simulator.certificate_der()));
    let host = simulator.address().to_string();
    let config = Config::new(host, simulator.bridge_id(), ApplicationKey::new("demo"), identity);
    Ok((config, Some(simulator)))
}
