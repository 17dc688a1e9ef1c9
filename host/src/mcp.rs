//! MCP over stdio, with rmcp: the only folder that names it.
//!
//! - [`server`]: the requests, in both eras of the protocol;
//! - [`convert`]: between what the host has and what MCP says;
//! - [`notify`]: telling every client, each in its era's way, that a list changed;
//! - [`stdio`]: lines on stdin and stdout.

mod convert;
mod notify;
mod server;
mod stdio;

use std::sync::Arc;

use rmcp::{ServiceExt as _, service::ServerInitializeError};
use tokio_util::sync::CancellationToken;

use crate::{calls::Calls, registry::Reader};

/// Serves one client on stdin and stdout until it goes away or `shutdown` is cancelled; calls under way then have five
/// seconds to end.
///
/// # Errors
/// If the conversation could not begin for a reason that is not the client's going away.
pub(crate) async fn serve_stdio(calls: Calls, registry: Reader, shutdown: CancellationToken) -> anyhow::Result<()> {
    let subscribers = Arc::new(notify::Subscribers::default());
    let notifier = tokio::spawn(notify::run(subscribers.clone(), registry.changes()));
    // Ends the subscriptions when the client is gone, which would otherwise hold up the end.
    let closing = shutdown.child_token();
    let server = server::Server::new(calls, registry, subscribers, closing.clone());
    let transport = stdio::Stdio::new(tokio::io::stdin(), tokio::io::stdout(), closing);
    let ended = match server.serve(transport).await {
        Ok(running) => running.waiting().await.map(drop).map_err(Into::into),
        Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
        Err(error) => Err(error.into()),
    };
    notifier.abort();
    ended
}
