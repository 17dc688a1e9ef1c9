//! The requests of MCP, in both eras. Each is a few lines: what it means is decided elsewhere.

use std::sync::Arc;

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CustomRequest, CustomResult, ErrorCode, Implementation,
        InitializeRequestParams, InitializeResult, ListToolsResult, PaginatedRequestParams, ProgressNotificationParam,
        ProgressToken, ServerCapabilities, ServerConfig, SubscriptionFilter, Tool,
    },
    service::{Peer, RequestContext, SubscriptionContext},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{convert, notify::Subscribers};
use crate::{
    calls::{Calls, Request},
    capability::Progress,
    registry::Reader,
};

/// Tools in one page of the list.
const PAGE: usize = 200;

/// Steps of progress that may wait for a slow client.
const PROGRESS: usize = 32;

/// What a model is told before it sees the tools.
const INSTRUCTIONS: &str = "Controls the Philips Hue lights of this home. Address lights, rooms and scenes by name; a \
    near miss answers with candidates. Say \"all\" to mean the whole home. Results say per light what happened: \
    trust them over what you expect. Use dry_run to preview a change.";

/// Serves one client. A cheap handle to what is shared.
pub(super) struct Server {
    calls: Calls,
    registry: Reader,
    subscribers: Arc<Subscribers>,
    closing: CancellationToken,
}

impl Server {
    pub(super) fn new(
        calls: Calls,
        registry: Reader,
        subscribers: Arc<Subscribers>,
        closing: CancellationToken,
    ) -> Self {
        Self { calls, registry, subscribers, closing }
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_tool_list_changed().build();
        ServerConfig::new(capabilities).with_server_info(implementation()).with_instructions(INSTRUCTIONS)
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        context.peer.set_peer_info(request.clone());
        let result = self.negotiate_initialize(&request)?;
        self.subscribers.add_legacy(context.peer);
        Ok(result)
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        self.registry.settled().await;
        let cursor = request.and_then(|request| request.cursor);
        convert::page(&self.registry.snapshot(), cursor.as_deref(), PAGE)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.registry.snapshot().tools.get(name).map(|(_, tool)| convert::tool(tool))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let (progress, forwarded) = match context.meta.get_progress_token() {
            Some(token) => {
                let (sender, receiver) = mpsc::channel(PROGRESS);
                (Some(sender), Some(forward(context.peer.clone(), token, receiver, self.closing.clone())))
            }
            None => (None, None),
        };
        let call = self.calls.call(Request {
            tool: request.name.into_owned(),
            arguments: request.arguments.unwrap_or_default(),
            cancelled: context.ct.clone(),
            progress,
        });
        // Side by side; the forwarding ends when the call has dropped its end of the channel, so that no progress
        // comes after the answer.
        let (answer, ()) = tokio::join!(call, async {
            if let Some(forwarded) = forwarded {
                forwarded.await;
            }
        });
        match answer {
            Ok(answer) => Ok(convert::result(answer, &implementation()).into()),
            Err(unknown) => Err(ErrorData::new(ErrorCode::INVALID_PARAMS, unknown.to_string(), None)),
        }
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let _subscription = self.subscribers.add_modern(context.sink().clone());
        tokio::select! {
            () = context.cancelled() => {}
            () = self.closing.cancelled() => {}
        }
        Ok(())
    }

    /// rmcp hands on here what did not fit the shape of a method it knows: that is the parameters' fault.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let method = request.method;
        if KNOWN_METHODS.contains(&method.as_str()) {
            return Err(ErrorData::invalid_params(format!("the parameters of {method} do not have its shape"), None));
        }
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, format!("there is no method {method:?}"), None))
    }
}

/// Methods this server has, whose parameters may be malformed.
const KNOWN_METHODS: [&str; 6] =
    ["initialize", "ping", "server/discover", "subscriptions/listen", "tools/call", "tools/list"];

fn implementation() -> Implementation {
    Implementation::new("lamplighter", env!("CARGO_PKG_VERSION")).with_title("Lamplighter for Philips Hue")
}

/// Passes progress on until the call is over, or the session: rmcp sends no notification while it drains, and would
/// keep this, and with it the call's answer, waiting.
async fn forward(
    peer: Peer<RoleServer>,
    token: ProgressToken,
    mut progress: mpsc::Receiver<Progress>,
    closing: CancellationToken,
) {
    let passing = async {
        while let Some(step) = progress.recv().await {
            let mut params = ProgressNotificationParam::new(token.clone(), step.done);
            params.total = step.total;
            params.message = step.message;
            if let Err(error) = peer.notify_progress(params).await {
                tracing::debug!(%error, "progress could not be sent");
                return;
            }
        }
    };
    tokio::select! {
        () = passing => {}
        () = closing.cancelled() => {}
    }
}
