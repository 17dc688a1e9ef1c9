//! The requests of MCP, in both eras of the protocol. Each handler converts and delegates to `calls` and `registry`.

use std::sync::{Arc, LazyLock};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CustomRequest, CustomResult, ErrorCode,
        GetPromptRequestParams, GetPromptResponse, Implementation, InitializeRequestParams, InitializeResult,
        ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
        ProgressNotificationParam, ProgressToken, ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities,
        ServerConfig, SubscriptionFilter, Tool,
    },
    service::{NotificationContext, Peer, RequestContext, SubscriptionContext},
};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    convert::{self, Page, Results},
    notify::Subscribers,
};
use crate::{
    calls::{self, CallError, Caller, Calls},
    capability::Progress,
    config::Publication,
    plugin,
    registry::{Reader, Served, Snapshot},
};

/// Limits the items in one page of a list.
const PAGE_SIZE: usize = 200;

/// The number of progress steps that may wait for a slow client.
const PROGRESS_CAPACITY: usize = 32;

/// The text that a model reads before it sees the tools.
const SERVER_INSTRUCTIONS: &str = "Controls the Philips Hue lights of this home. Address lights, rooms and scenes by name; a \
    near miss answers with candidates. Say \"all\" to mean the whole home. Results say per light what happened: \
    trust them over what you expect. Use dry_run to preview a change.";

/// The most characters of an unknown method that an error repeats.
const MAX_METHOD_CHARS: usize = 100;

/// The methods of this server, whose parameters may be malformed.
const KNOWN_METHODS: [&str; 11] = [
    "initialize",
    "ping",
    "prompts/get",
    "prompts/list",
    "resources/list",
    "resources/read",
    "resources/templates/list",
    "server/discover",
    "subscriptions/listen",
    "tools/call",
    "tools/list",
];

/// Makes rmcp's result type of a list from one page of it.
macro_rules! list_result {
    ($result:ident, $page:ident) => {{
        let result = $result::with_all_items($page.items).with_ttl_ms(convert::ttl_ms(&$page.loading));
        let mut result = result.with_cache_scope(CacheScope::Private);
        result.next_cursor = $page.next;
        result.meta = convert::loading_meta(&$page.loading);
        result
    }};
}

/// Handles the requests of one client.
pub(super) struct Server {
    calls: Calls,
    registry: Reader,
    publication: Publication,
    subscribers: Arc<Subscribers>,
    closing: CancellationToken,
}

impl Server {
    pub(super) fn new(
        calls: Calls,
        registry: Reader,
        publication: Publication,
        subscribers: Arc<Subscribers>,
        closing: CancellationToken,
    ) -> Self {
        Self { calls, registry, publication, subscribers, closing }
    }

    /// Returns one page of a kind of item, once lists may be answered.
    async fn page<T, M>(
        &self,
        request: Option<PaginatedRequestParams>,
        served: impl Fn(&Snapshot) -> &Served<T>,
        item: impl Fn(&str, &T) -> M,
    ) -> Result<Page<M>, ErrorData> {
        let loading = tokio::select! {
            loading = self.registry.wait_listable() => loading,
            () = self.closing.cancelled() => return Err(ErrorData::internal_error("the server is stopping", None)),
        };
        if !loading.is_empty() {
            tracing::info!(plugins = %loading, "a list is answered while plugins are loading");
        }
        let cursor = request.and_then(|request| request.cursor);
        // Read after what is loading: a plugin is served before it counts as loaded.
        let page = convert::page(served(&self.registry.snapshot()), cursor.as_deref(), PAGE_SIZE, item)?;
        Ok(Page { loading, ..page })
    }

    /// Runs `work` for a client and forwards its progress meanwhile.
    async fn serve<T>(&self, context: &RequestContext<RoleServer>, work: impl AsyncFnOnce(Caller) -> T) -> T {
        let (progress, forwarded) = match context.meta.get_progress_token() {
            Some(token) => {
                let (sender, receiver) = mpsc::channel(PROGRESS_CAPACITY);
                (Some(sender), Some(forward(context.peer.clone(), token, receiver, self.closing.clone())))
            }
            None => (None, None),
        };
        let caller = Caller { cancelled: context.ct.clone(), progress };
        // Side by side; the forwarding ends when the call has dropped its end of the channel, so that no progress
        // comes after the answer.
        let (done, ()) = tokio::join!(Box::pin(work(caller)), async {
            if let Some(forwarded) = forwarded {
                forwarded.await;
            }
        });
        done
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        // Prompts and resources are announced even if there are none now: a plugin may bring some.
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_list_changed()
            .build();
        ServerConfig::new(capabilities).with_server_info(implementation()).with_instructions(SERVER_INSTRUCTIONS)
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

    async fn on_initialized(&self, _context: NotificationContext<RoleServer>) {
        self.subscribers.end_handshake().await;
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let results = Results::of_version(context.protocol_version().as_ref());
        let tool = |_: &str, tool: &plugin::Tool| convert::tool(tool, self.publication, results);
        let Page { items, next, loading } = self.page(request, |snapshot| &snapshot.tools, tool).await?;
        let page = Page { items: items.into_iter().flatten().collect(), next, loading };
        Ok(list_result!(ListToolsResult, page))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        let (_, tool) = self.registry.snapshot().tools.get(name).cloned()?;
        convert::tool(&tool, self.publication, Results::Any)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let (name, arguments, calls) = (request.name, request.arguments.unwrap_or_default(), &self.calls);
        match self.serve(&context, async |caller| calls.call_tool(&name, arguments, caller).await).await {
            Ok(result) => {
                let results = Results::of_version(context.protocol_version().as_ref());
                Ok(convert::tool_result(result, results, server_info()).into())
            }
            Err(unknown) => Err(ErrorData::invalid_params(unknown.to_string(), None)),
        }
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let page = self.page(request, |snapshot| &snapshot.prompts, |_, prompt| convert::prompt(prompt)).await?;
        Ok(list_result!(ListPromptsResult, page))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let (name, arguments, calls) = (request.name, request.arguments.unwrap_or_default(), &self.calls);
        match self.serve(&context, async |caller| calls.get_prompt(&name, arguments, caller).await).await {
            Ok(messages) => Ok(convert::prompt_result(messages, server_info()).into()),
            Err(CallError::Failed(failure)) => Err(convert::error(failure)),
            Err(CallError::Unknown(unknown)) => Err(ErrorData::invalid_params(unknown.to_string(), None)),
        }
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let page = self.page(request, |snapshot| &snapshot.resources, convert::resource).await?;
        Ok(list_result!(ListResourcesResult, page))
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let page = self.page(request, |snapshot| &snapshot.templates, convert::template).await?;
        Ok(list_result!(ListResourceTemplatesResult, page))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let (uri, calls) = (&request.uri, &self.calls);
        match self.serve(&context, async |caller| calls.read_resource(uri, caller).await).await {
            Ok(contents) => Ok(convert::resource_result(contents, server_info()).into()),
            Err(CallError::Failed(failure)) if failure.code == calls::ErrorCode::NotFound => {
                Err(convert::resource_not_found(failure.message, uri))
            }
            Err(CallError::Failed(failure)) => Err(convert::error(failure)),
            Err(CallError::Unknown(unknown)) => Err(convert::resource_not_found(unknown.to_string(), uri)),
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

    /// Refuses a request that rmcp could not parse: a known method with malformed parameters, or an unknown method.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let method: String = request.method.chars().take(MAX_METHOD_CHARS).collect();
        if KNOWN_METHODS.contains(&method.as_str()) {
            let problem = explain_parameters(&method, request.params.unwrap_or_default());
            return Err(ErrorData::invalid_params(format!("the parameters of {method} are wrong: {problem}"), None));
        }
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, format!("there is no method {method:?}"), None))
    }
}

/// Says what is wrong with parameters that rmcp could not parse.
fn explain_parameters(method: &str, params: Value) -> String {
    let parsed = match method {
        "tools/call" => serde_json::from_value::<CallToolRequestParams>(params).map(drop),
        "prompts/get" => serde_json::from_value::<GetPromptRequestParams>(params).map(drop),
        "resources/read" => serde_json::from_value::<ReadResourceRequestParams>(params).map(drop),
        "initialize" => serde_json::from_value::<InitializeRequestParams>(params).map(drop),
        _ => serde_json::from_value::<PaginatedRequestParams>(params).map(drop),
    };
    parsed.err().map_or_else(|| "they do not have the shape that MCP gives them".to_owned(), |error| error.to_string())
}

/// Returns the server's name and version as a result has them.
fn server_info() -> &'static Value {
    static SERVER_INFO: LazyLock<Value> = LazyLock::new(|| json!(implementation()));
    &SERVER_INFO
}

fn implementation() -> Implementation {
    Implementation::new("lamplighter", env!("CARGO_PKG_VERSION")).with_title("Lamplighter for Philips Hue")
}

/// Forwards progress until the call or the session ends: while rmcp drains it sends no notification, and would keep this
/// task, and with it the call's answer, waiting.
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
