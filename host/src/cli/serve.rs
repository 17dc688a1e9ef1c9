//! `lamplighter serve`: one MCP client is served on stdin and stdout.

use std::process::ExitCode;

use tokio_util::sync::CancellationToken;

use super::{ServeArgs, text};
use crate::{
    app, logging, memory,
    shutdown::{self, Signal},
};

/// Serves until the client goes away or a signal comes.
pub(crate) async fn run(args: &ServeArgs) -> ExitCode {
    memory::limit_arenas();
    let loaded = match super::load_config("serve", &args.flags()) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let config = loaded.config;
    if let Err(error) = logging::init(&config.log) {
        return text::report_misuse("serve", error);
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

/// Drains the session at the first signal, and exits at the second. A terminal that is closed may tell so twice.
async fn end_on_signals(stop: CancellationToken) {
    let signal = shutdown::signal().await;
    tracing::info!(%signal, "ending: calls under way may finish");
    stop.cancel();
    let signal = loop {
        let signal = shutdown::signal().await;
        if signal != Signal::HangUp {
            break signal;
        }
    };
    tracing::warn!(%signal, "ending at once");
    std::process::exit(1);
}
