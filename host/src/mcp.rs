//! MCP over stdio, with rmcp: the only folder that names it.
//!
//! - [`server`]: the requests, in both eras of the protocol;
//! - [`convert`]: conversions from the host's types to MCP's;
//! - [`notify`]: the `list_changed` notifications, in each client's era;
//! - [`stdio`]: the transport, one JSON-RPC message per line.

mod convert;
mod notify;
mod server;
mod stdio;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use rmcp::{ServiceExt as _, service::ServerInitializeError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use crate::{calls::Calls, config::Publication, registry::Reader, shutdown::client_end};

/// Serves one client on stdin and stdout until it goes away or `shutdown` is cancelled; calls under way then have five
/// seconds to end.
///
/// The client goes away with the end of stdin, with a stdout that nobody reads, or with the parent process.
///
/// # Errors
/// If the session could not begin for a reason other than the client's going away.
pub(crate) async fn serve_stdio(
    calls: Calls,
    registry: Reader,
    publication: Publication,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let closing = shutdown.child_token();
    let watch = tokio::spawn(end_with_client(closing.clone()));
    let served = serve(stdio::streams::stdin(), stdio::streams::stdout(), calls, registry, publication, closing).await;
    watch.abort();
    served
}

async fn end_with_client(closing: CancellationToken) {
    let reason = client_end().await;
    tracing::info!(%reason, "the client is gone, ending: calls under way may finish");
    closing.cancel();
}

/// Serves one client on any pair of byte streams.
async fn serve<R, W>(
    input: R,
    output: W,
    calls: Calls,
    registry: Reader,
    publication: Publication,
    shutdown: CancellationToken,
) -> anyhow::Result<()>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let subscribers = Arc::new(notify::Subscribers::default());
    let notifier = tokio::spawn(notify::notify_changes(subscribers.clone(), registry.clone()));
    // Ends the subscriptions when the client is gone, which would otherwise hold up the end.
    let closing = shutdown.child_token();
    let server = server::Server::new(calls, registry, publication, subscribers, closing.clone());
    let ended = match server.serve(stdio::Stdio::new(input, output, closing)).await {
        Ok(running) => running.waiting().await.map(drop).map_err(Into::into),
        Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::TransportError { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    };
    notifier.abort();
    ended
}
