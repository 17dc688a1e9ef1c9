//! `lamplighter serve`: one MCP client on stdin and stdout.

use std::process::ExitCode;

use tokio_util::sync::CancellationToken;

use super::ServeArgs;
use crate::{
    app,
    config::{self, Config, Places},
    logging, shutdown,
};

/// Exit code of wrong usage or configuration.
const WRONG: u8 = 2;

/// Serves until the client goes away or a signal comes.
pub(crate) async fn run(args: &ServeArgs) -> ExitCode {
    let loaded = match Config::load(&args.settings.flags(), &config::environment(), &Places::of_user()) {
        Ok(loaded) => loaded,
        Err(error) => return wrong(&error),
    };
    let config = loaded.config;
    if let Err(error) = logging::init(&config.log) {
        return wrong(&error);
    }
    for warning in loaded.warnings {
        tracing::warn!("{warning}");
    }
    let stop = CancellationToken::new();
    let signals = tokio::spawn(end_on_signals(stop.clone()));
    let served = if args.demo { app::serve_demo(config, stop).await } else { app::serve(config, stop).await };
    signals.abort();
    match served {
        Ok(()) => {
            tracing::info!("ended");
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The first signal ends the session when the calls under way have ended; the second ends it now.
async fn end_on_signals(stop: CancellationToken) {
    let signal = shutdown::signal().await;
    tracing::info!(%signal, "ending: calls under way may finish");
    stop.cancel();
    let signal = shutdown::signal().await;
    tracing::warn!(%signal, "ending at once");
    std::process::exit(1);
}

fn wrong(error: &dyn std::fmt::Display) -> ExitCode {
    note!("lamplighter: {error}");
    ExitCode::from(WRONG)
}
