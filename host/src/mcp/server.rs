//! The requests of MCP, in both eras. Each is a few lines: what it means is decided elsewhere.

use std::sync::Arc;

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CustomRequest, CustomResult, ErrorCode,
        GetPromptRequestParams, GetPromptResponse, Implementation, InitializeRequestParams, InitializeResult,
        ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
        ProgressNotificationParam, ProgressToken, ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities,
        ServerConfig, SubscriptionFilter, Tool,
    },
    service::{Peer, RequestContext, SubscriptionContext},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    convert::{self, Page},
    notify::Subscribers,
};
use crate::{
    calls::{Caller, Calls, Code, Request},
    capability::Progress,
    registry::{Reader, Served, Snapshot},
};

/// Items in one page of a list.
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

    /// One page of something that is served, once the plugins that were there at start are loaded.
    async fn page<T, M>(
        &self,
        request: Option<PaginatedRequestParams>,
        served: impl Fn(&Snapshot) -> &Served<T>,
        item: impl Fn(&str, &T) -> M,
    ) -> Result<Page<M>, ErrorData> {
        self.registry.settled().await;
        let cursor = request.and_then(|request| request.cursor);
        convert::page(served(&self.registry.snapshot()), cursor.as_deref(), PAGE, item)
    }

    /// Does something for a client, and passes its progress on meanwhile.
    async fn serve<T>(&self, context: &RequestContext<RoleServer>, work: impl AsyncFnOnce(Caller) -> T) -> T {
        let (progress, forwarded) = match context.meta.get_progress_token() {
            Some(token) => {
                let (sender, receiver) = mpsc::channel(PROGRESS);
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
        // Whether or not there are prompts and resources now: a plugin may bring some.
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_list_changed()
            .build();
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
        let page = self.page(request, |snapshot| &snapshot.tools, |_, tool| convert::tool(tool)).await?;
        let result = ListToolsResult::with_all_items(page.items);
        let mut result = result.with_ttl_ms(convert::TTL_MS).with_cache_scope(CacheScope::Private);
        result.next_cursor = page.next;
        Ok(result)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.registry.snapshot().tools.get(name).map(|(_, tool)| convert::tool(tool))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let (tool, arguments) = (request.name.into_owned(), request.arguments.unwrap_or_default());
        let calls = &self.calls;
        let answer = self.serve(&context, async |caller| calls.call(Request { tool, arguments, caller }).await).await;
        match answer {
            Ok(answer) => Ok(convert::result(answer, &implementation()).into()),
            Err(unknown) => Err(ErrorData::invalid_params(unknown.to_string(), None)),
        }
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let page = self.page(request, |snapshot| &snapshot.prompts, |_, prompt| convert::prompt(prompt)).await?;
        let result = ListPromptsResult::with_all_items(page.items);
        let mut result = result.with_ttl_ms(convert::TTL_MS).with_cache_scope(CacheScope::Private);
        result.next_cursor = page.next;
        Ok(result)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let (name, arguments) = (request.name, request.arguments.unwrap_or_default());
        let calls = &self.calls;
        let filled = self.serve(&context, async |caller| calls.prompt(&name, arguments, caller).await).await;
        match filled {
            Ok(Ok(conversation)) => Ok(convert::conversation(conversation, &implementation()).into()),
            Ok(Err(problem)) => Err(convert::error(problem)),
            Err(unknown) => Err(ErrorData::invalid_params(unknown.to_string(), None)),
        }
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let page = self.page(request, |snapshot| &snapshot.resources, convert::resource).await?;
        let result = ListResourcesResult::with_all_items(page.items);
        let mut result = result.with_ttl_ms(convert::TTL_MS).with_cache_scope(CacheScope::Private);
        result.next_cursor = page.next;
        Ok(result)
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let page = self.page(request, |snapshot| &snapshot.templates, convert::template).await?;
        let result = ListResourceTemplatesResult::with_all_items(page.items);
        let mut result = result.with_ttl_ms(convert::TTL_MS).with_cache_scope(CacheScope::Private);
        result.next_cursor = page.next;
        Ok(result)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let (uri, calls) = (&request.uri, &self.calls);
        match self.serve(&context, async |caller| calls.read(uri, caller).await).await {
            Ok(Ok(document)) => Ok(convert::document(document, &implementation()).into()),
            Ok(Err(problem)) if problem.code == Code::NotFound => Err(convert::no_resource(problem.message, uri)),
            Ok(Err(problem)) => Err(convert::error(problem)),
            Err(unknown) => Err(convert::no_resource(unknown.to_string(), uri)),
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
