//! The HTTPS client of one bridge. Only this module names reqwest.
//!
//! A client has two connection pools: the event stream must not share the requests' read timeout, and the bridge counts
//! requests in flight per connection. An HTTP/2 PING checks that the event stream is alive.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use reqwest::{Response, StatusCode, header};
use tokio::sync::watch;

use crate::{
    attempt_error::AttemptError,
    clip::{Envelope, Method, Request},
    error::Error,
    tls::{Expectation, Verifier, provider},
};

mod config;
mod error_cause;
mod http;
mod public;
mod unpaired;

pub use config::{ApplicationKey, ClientConfig};
use http::{base_url, bridge_builder, build, read_body, status_error};
pub(crate) use public::get_public;
pub(crate) use unpaired::UnpairedClient;

const KEY_HEADER: &str = "hue-application-key";
const EVENT_STREAM_MIME: &str = "text/event-stream";

/// A client that speaks to one bridge.
pub(crate) struct Client {
    requests: reqwest::Client,
    stream: reqwest::Client,
    /// The bridge's present host. No other field holds it.
    host: watch::Sender<String>,
    key: ApplicationKey,
    connect_timeout: Duration,
}

/// The bridge's answer to a request that it did not refuse.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    /// The status, which is 200, 201 or 207.
    pub(crate) status: u16,
    pub(crate) envelope: Envelope,
    /// The body as received.
    pub(crate) body: Bytes,
}

/// The body of the event stream, which is read in chunks.
pub(crate) struct EventBody(Response);

impl Client {
    pub(crate) fn new(config: ClientConfig) -> Result<Self, Error> {
        let expectation = Expectation::Known { bridge_id: config.bridge_id.to_lowercase(), identity: config.identity };
        let verifier = Arc::new(Verifier::new(expectation, &provider()));
        let requests = bridge_builder(Arc::clone(&verifier), config.connect_timeout)?
            .timeout(config.read_timeout)
            .pool_idle_timeout(config.idle_timeout)
            // The first request on a silently dead connection notices that before its own timeout, so that its retry
            // gets a new connection.
            .http2_keep_alive_interval(config.keep_alive_interval.min(config.read_timeout / 2))
            .http2_keep_alive_timeout(config.read_timeout / 4);
        let stream = bridge_builder(verifier, config.connect_timeout)?
            .http2_keep_alive_interval(config.keep_alive_interval)
            .http2_keep_alive_timeout(config.keep_alive_interval / 2)
            .http2_keep_alive_while_idle(true)
            .tcp_keepalive(config.keep_alive_interval);
        let host = config.host.trim().to_owned();
        base_url(&host)?;
        Ok(Self {
            requests: build(requests)?,
            stream: build(stream)?,
            host: watch::Sender::new(host),
            key: config.application_key,
            connect_timeout: config.connect_timeout,
        })
    }

    /// Sends a request once.
    pub(crate) async fn send(&self, request: &Request) -> Result<Reply, AttemptError> {
        let url = match request.path.as_str() {
            "" => format!("{}/clip/v2/resource", self.base_url()),
            path => format!("{}/clip/v2/resource/{path}", self.base_url()),
        };
        let mut builder = self.requests.request(http_method(request.method), url).header(KEY_HEADER, self.key.reveal());
        if let Some(body) = &request.body {
            builder = builder.json(body);
        }
        let response = builder.send().await?;
        let status = response.status();
        parse_reply(status, read_body(response).await?)
    }

    /// Watches the host that requests are sent to.
    pub(crate) fn host(&self) -> watch::Receiver<String> {
        self.host.subscribe()
    }

    /// Verifies that the bridge itself is at this host, with a request that needs no key.
    pub(crate) async fn verify_identity(&self, host: &str) -> Result<(), AttemptError> {
        let base = base_url(host).map_err(|error| AttemptError::Protocol(error.to_string()))?;
        // The certificate is the proof: any answer at all came from the bridge.
        self.requests.get(format!("{base}/api/config")).send().await?;
        Ok(())
    }

    /// Sends all further requests to another host.
    pub(crate) fn set_host(&self, host: &str) {
        self.host.send_replace(host.to_owned());
    }

    /// Returns the base URL, which is `https://host`.
    fn base_url(&self) -> String {
        format!("https://{}", *self.host.borrow())
    }

    /// Opens the event stream. Waits twice the connect timeout for the response headers.
    pub(crate) async fn open_event_stream(&self) -> Result<EventBody, AttemptError> {
        let opening = self
            .stream
            .get(format!("{}/eventstream/clip/v2", self.base_url()))
            .header(KEY_HEADER, self.key.reveal())
            .header(header::ACCEPT, EVENT_STREAM_MIME)
            .send();
        let response =
            tokio::time::timeout(self.connect_timeout * 2, opening).await.map_err(|_| AttemptError::Timeout)??;
        match response.status() {
            StatusCode::OK if is_event_stream(&response) => Ok(EventBody(response)),
            StatusCode::OK => Err(AttemptError::Malformed("something else than the event stream".to_owned())),
            status => parse_reply(status, read_body(response).await?)
                .and(Err(AttemptError::Protocol(format!("status {status} for the event stream")))),
        }
    }
}

impl EventBody {
    /// Returns the next bytes; `None` when the bridge has ended the stream.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, AttemptError> {
        Ok(self.0.chunk().await?)
    }
}

fn http_method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Put => reqwest::Method::PUT,
        Method::Post => reqwest::Method::POST,
        Method::Delete => reqwest::Method::DELETE,
    }
}

/// Whether the response is an event stream: a web server may answer 200 with an HTML page.
fn is_event_stream(response: &Response) -> bool {
    let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_none_or(|value| value.starts_with(EVENT_STREAM_MIME))
}

/// Parses an answer. The bridge's web server answers 403, 404, 429, 502 and 503 with an HTML page, so a body that is not
/// JSON is an error of its own only if the status reports success.
fn parse_reply(status: StatusCode, body: Bytes) -> Result<Reply, AttemptError> {
    let envelope = serde_json::from_slice::<Envelope>(&body);
    if !status.is_success() {
        return Err(status_error(status, envelope.ok().and_then(|envelope| envelope.message())));
    }
    envelope
        .map(|envelope| Reply { status: status.as_u16(), envelope, body })
        .map_err(|error| AttemptError::Malformed(format!("status {status} with a body that is no JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::{Fingerprint, Identity};

    fn connect(sim: &hue_bridge_sim::Simulator) -> Client {
        let identity = Identity::Pinned(Fingerprint::of(sim.certificate_der()));
        let key = ApplicationKey::new("key");
        let config = ClientConfig::new(sim.address().to_string(), sim.bridge_id(), key, identity);
        Client::new(config).expect("a configuration")
    }

    #[test]
    fn a_page_of_html_is_what_its_status_says() {
        let html = Bytes::from_static(b"<html>Oops, there appears to be no lighting here</html>");
        for (status, error) in [
            (403, AttemptError::Unauthorized),
            (429, AttemptError::Throttled(429)),
            (502, AttemptError::BadGateway),
            (503, AttemptError::Throttled(503)),
            (504, AttemptError::BadGateway),
            (404, AttemptError::Rejected(404, "404 Not Found".to_owned())),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(parse_reply(status, html.clone()).map(|_| ()), Err(error));
        }
        assert!(matches!(parse_reply(StatusCode::OK, html), Err(AttemptError::Malformed(_))));
    }

    #[test]
    fn the_bridges_own_words_are_kept() {
        let body = Bytes::from_static(br#"{"errors":[{"description":"Invalid Request"}],"data":[]}"#);
        let error = parse_reply(StatusCode::BAD_REQUEST, body).map(|_| ());
        assert_eq!(error, Err(AttemptError::Rejected(400, "Invalid Request".to_owned())));
    }

    #[tokio::test]
    async fn requests_go_over_http_2() {
        let sim = hue_bridge_sim::Simulator::builder().application_key("key").start().await.expect("a free port");
        let client = connect(&sim);
        for http in [&client.requests, &client.stream] {
            let response = http.get(format!("{}/api/config", client.base_url())).send().await.expect("an answer");
            assert_eq!(response.version(), reqwest::Version::HTTP_2);
        }
    }

    /// A real bridge says GOAWAY after 1000 requests on a connection; this one after fewer, so that it happens often.
    #[tokio::test]
    async fn a_connection_that_the_bridge_gives_up_is_replaced_unnoticed() {
        let builder = hue_bridge_sim::Simulator::builder().application_key("key").limits(hue_bridge_sim::Limits::Off);
        let sim = builder.goaway_after(50).start().await.expect("a free port");
        let client = connect(&sim);
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
}
