//! HTTPS to the bridge. The only file that names reqwest.
//!
//! Two clients, as the event stream must not share the read timeout, and as the bridge counts requests in flight per
//! connection: one pooled for requests, one for the stream, which it asks by HTTP/2 PING whether it is alive.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::StreamExt as _;
use reqwest::{Response, StatusCode, header, redirect};
use tokio::sync::watch;

use crate::{
    clip::{Envelope, Method, Request},
    config::{ApplicationKey, Config},
    error::Error,
    failure::Failure,
    tls::{self, Expectation, Verifier},
};

mod cause;
mod unpaired;
mod web;

pub(crate) use unpaired::Unpaired;
pub(crate) use web::get_public;

/// Everything a bridge with 150 lamps has is about 2 MB.
const BODY_LIMIT: usize = 16 << 20;

/// The bridge at the other end of the wire.
pub(crate) struct Client {
    requests: reqwest::Client,
    stream: reqwest::Client,
    /// Where the bridge is: the one place that says so.
    host: watch::Sender<String>,
    key: ApplicationKey,
    connect_timeout: Duration,
}

/// What the bridge answered to a request it did not refuse.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    /// 200, 201 or 207.
    pub(crate) status: u16,
    pub(crate) envelope: Envelope,
    /// The body as it came.
    pub(crate) body: Bytes,
}

/// The body of the event stream.
pub(crate) struct EventBody(Response);

impl Client {
    pub(crate) fn new(config: Config) -> Result<Self, Error> {
        let expectation = Expectation::Known { bridge_id: config.bridge_id.to_lowercase(), identity: config.identity };
        let provider = tls::provider();
        let verifier = Arc::new(Verifier::new(expectation, &provider));
        let requests = builder(&verifier, config.connect_timeout)?
            .timeout(config.read_timeout)
            .pool_idle_timeout(config.idle_timeout)
            // A connection that died without a word is found out by the first request on it, before its time is up:
            // the next attempt gets a connection of its own.
            .http2_keep_alive_interval(config.keep_alive.min(config.read_timeout / 2))
            .http2_keep_alive_timeout(config.read_timeout / 4)
            .build()
            .map_err(|error| setup(&error))?;
        let stream = builder(&verifier, config.connect_timeout)?
            .http2_keep_alive_interval(config.keep_alive)
            .http2_keep_alive_timeout(config.keep_alive / 2)
            .http2_keep_alive_while_idle(true)
            .tcp_keepalive(config.keep_alive)
            .build()
            .map_err(|error| setup(&error))?;
        Ok(Self {
            requests,
            stream,
            host: watch::Sender::new(known_host(&config.host)?),
            key: config.application_key,
            connect_timeout: config.connect_timeout,
        })
    }

    /// Sends a request once.
    pub(crate) async fn send(&self, request: &Request) -> Result<Reply, Failure> {
        let url = match request.path.as_str() {
            "" => format!("{}/clip/v2/resource", self.base()),
            path => format!("{}/clip/v2/resource/{path}", self.base()),
        };
        let mut builder =
            self.requests.request(method(request.method), url).header("hue-application-key", self.key.reveal());
        if let Some(body) = &request.body {
            builder = builder.json(body);
        }
        let response = builder.send().await.map_err(|error| cause::failure(&error))?;
        let status = response.status();
        understand(status, collect(response).await?)
    }

    /// Where the bridge is, now and later.
    pub(crate) fn host(&self) -> watch::Receiver<String> {
        self.host.subscribe()
    }

    /// Whether the bridge itself is at this host: asked without the key, as anybody may.
    pub(crate) async fn recognise(&self, host: &str) -> Result<(), Failure> {
        let base = base(host).map_err(|error| Failure::Protocol(error.to_string()))?;
        let asked = self.requests.get(format!("{base}/api/config")).send().await;
        // The certificate is all the proof there is; whatever is answered, it came from the bridge.
        asked.map(drop).map_err(|error| cause::failure(&error))
    }

    /// Speaks to the bridge at another host from now on.
    pub(crate) fn turn_to(&self, host: &str) {
        self.host.send_replace(host.to_owned());
    }

    /// `https://host`.
    fn base(&self) -> String {
        format!("https://{}", *self.host.borrow())
    }

    /// Opens the event stream. Waits for the answer's head as long as a connection may take, twice.
    pub(crate) async fn events(&self) -> Result<EventBody, Failure> {
        let opening = self
            .stream
            .get(format!("{}/eventstream/clip/v2", self.base()))
            .header("hue-application-key", self.key.reveal())
            .header(header::ACCEPT, "text/event-stream")
            .send();
        let response = tokio::time::timeout(self.connect_timeout * 2, opening)
            .await
            .map_err(|_| Failure::Timeout)?
            .map_err(|error| cause::failure(&error))?;
        match response.status() {
            StatusCode::OK if is_event_stream(&response) => Ok(EventBody(response)),
            StatusCode::OK => Err(Failure::Garbled("something else than the event stream".to_owned())),
            status => understand(status, collect(response).await?)
                .and(Err(Failure::Protocol(format!("status {status} for the event stream")))),
        }
    }
}

impl EventBody {
    /// The next bytes; `None` when the bridge ends the stream.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        self.0.chunk().await.map_err(|error| cause::failure(&error))
    }
}

/// No redirects and no proxies: either would carry the key to somebody else. A Bridge Pro answers port 80 with 301.
fn builder(verifier: &Arc<Verifier>, connect_timeout: Duration) -> Result<reqwest::ClientBuilder, Error> {
    let tls = tls::client_config(Arc::clone(verifier), tls::provider())?;
    Ok(closed(tls, connect_timeout))
}

fn closed(tls: rustls::ClientConfig, connect_timeout: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .https_only(true)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(connect_timeout)
        .user_agent(concat!("lamplighter/", env!("CARGO_PKG_VERSION")))
}

/// The host, if it is one.
fn known_host(host: &str) -> Result<String, Error> {
    base(host).map(|_| host.trim().to_owned())
}

fn base(host: &str) -> Result<String, Error> {
    let host = host.trim();
    let plain = !host.is_empty() && !host.contains(['/', '@', '?', '#', '\\', ' ']);
    let base = format!("https://{host}");
    if plain && reqwest::Url::parse(&base).is_ok() {
        return Ok(base);
    }
    Err(Error::Invalid("the bridge's host must be a name or an address, with a port if it is not 443".to_owned()))
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Put => reqwest::Method::PUT,
        Method::Post => reqwest::Method::POST,
        Method::Delete => reqwest::Method::DELETE,
    }
}

async fn collect(response: Response) -> Result<Bytes, Failure> {
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| cause::failure(&error))?;
        if body.len() + chunk.len() > BODY_LIMIT {
            return Err(Failure::Protocol(format!("an answer of more than {} MiB", BODY_LIMIT >> 20)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Bytes::from(body))
}

/// A web server may answer with a page of its own.
fn is_event_stream(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_none_or(|kind| kind.starts_with("text/event-stream"))
}

/// The bridge's web server answers 403, 404, 429, 502 and 503 with a page of HTML, so a body that is no JSON is an
/// error only where the status says that all is well.
fn understand(status: StatusCode, body: Bytes) -> Result<Reply, Failure> {
    let envelope = serde_json::from_slice::<Envelope>(&body);
    if !status.is_success() {
        return Err(refused(status, envelope.ok().and_then(|envelope| envelope.message())));
    }
    envelope
        .map(|envelope| Reply { status: status.as_u16(), envelope, body })
        .map_err(|error| Failure::Garbled(format!("status {status} with a body that is no JSON: {error}")))
}

fn refused(status: StatusCode, message: Option<String>) -> Failure {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Failure::Unauthorized,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Failure::Throttled(status.as_u16()),
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => Failure::Down,
        status => Failure::Rejected(status.as_u16(), message.unwrap_or_else(|| status.to_string())),
    }
}

fn setup(error: &reqwest::Error) -> Error {
    Error::Protocol(format!("the HTTP client cannot be set up: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_html_is_what_its_status_says() {
        let html = Bytes::from_static(b"<html>Oops, there appears to be no lighting here</html>");
        for (status, failure) in [
            (403, Failure::Unauthorized),
            (429, Failure::Throttled(429)),
            (502, Failure::Down),
            (503, Failure::Throttled(503)),
            (504, Failure::Down),
            (404, Failure::Rejected(404, "404 Not Found".to_owned())),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(understand(status, html.clone()).map(|_| ()), Err(failure));
        }
        assert!(matches!(understand(StatusCode::OK, html), Err(Failure::Garbled(_))));
    }

    #[test]
    fn the_bridges_own_words_are_kept() {
        let body = Bytes::from_static(br#"{"errors":[{"description":"Invalid Request"}],"data":[]}"#);
        let failure = understand(StatusCode::BAD_REQUEST, body).map(|_| ());
        assert_eq!(failure, Err(Failure::Rejected(400, "Invalid Request".to_owned())));
    }

    #[tokio::test]
    async fn requests_go_over_http_2() {
        let sim = hue_bridge_sim::Simulator::builder().application_key("key").start().await.expect("a free port");
        let identity = tls::Identity::Pinned(tls::Fingerprint::of(sim.certificate_der()));
        let key = ApplicationKey::new("key");
        let config = Config::new(sim.address().to_string(), sim.bridge_id(), key, identity);
        let client = Client::new(config).expect("a configuration");
        for http in [&client.requests, &client.stream] {
            let response = http.get(format!("{}/api/config", client.base())).send().await.expect("an answer");
            assert_eq!(response.version(), reqwest::Version::HTTP_2);
        }
    }

    /// A real bridge says GOAWAY after 1000 requests on a connection; this one after fewer, so that it happens often.
    #[tokio::test]
    async fn a_connection_that_the_bridge_gives_up_is_replaced_unnoticed() {
        let builder = hue_bridge_sim::Simulator::builder().application_key("key").limits(hue_bridge_sim::Limits::Off);
        let sim = builder.goaway_after(50).start().await.expect("a free port");
        let identity = tls::Identity::Pinned(tls::Fingerprint::of(sim.certificate_der()));
        let config = Config::new(sim.address().to_string(), sim.bridge_id(), ApplicationKey::new("key"), identity);
        let client = Client::new(config).expect("a configuration");
        let one = Request::get_one("bridge", sim.resources("bridge")[0]["id"].as_str().expect("an id"));
        let ask = async || {
            for _ in 0..400 {
                client.send(&one).await.expect("an answer");
            }
        };
        // As many at a time as the budget allows.
        tokio::join!(ask(), ask(), ask());
        assert_eq!(sim.requests().len(), 1200, "nothing is sent twice");
    }

    #[test]
    fn a_host_is_a_host() {
        for host in ["192.168.1.2", "127.0.0.1:8443", "[fe80::1]:443", "bridge.local"] {
            assert_eq!(base(host), Ok(format!("https://{host}")));
        }
        for host in ["", "http://a", "a/b", "user@host", "a b", "host:99999"] {
            assert!(base(host).is_err(), "{host}");
        }
    }
}
