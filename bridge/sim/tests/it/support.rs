//! A simulator with a client that trusts only its certificate.

use std::sync::Arc;
use std::time::Duration;

use hue_bridge_sim::{Builder, Limits, Simulator};
use reqwest::{Client, ClientBuilder, Method, RequestBuilder, Response};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use serde_json::Value;

pub(crate) const APPLICATION_KEY: &str = "key-of-the-tests";
/// The longest wait of a test, far longer than any step takes.
pub(crate) const TEST_TIMEOUT: Duration = Duration::from_secs(20);

/// The version of HTTP that a client offers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Http {
    One,
    Two,
}

/// A bridge, and a client that has a key for it.
pub(crate) struct Setup {
    pub(crate) sim: Simulator,
    pub(crate) client: Client,
}

/// Starts a bridge that has the demo home, no limits, and a short event interval.
pub(crate) async fn demo() -> Setup {
    start(Simulator::builder().limits(Limits::Off).event_interval(Duration::from_millis(50))).await
}

pub(crate) async fn start(builder: Builder) -> Setup {
    let sim = builder.application_key(APPLICATION_KEY).start().await.expect("the simulator starts");
    let client = client(&sim, Http::Two);
    Setup { sim, client }
}

pub(crate) fn client(sim: &Simulator, http: Http) -> Client {
    client_of(sim, http, |builder| builder)
}

/// Makes a client with further settings.
pub(crate) fn client_of(sim: &Simulator, http: Http, set: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Client {
    let provider = Arc::new(ring::default_provider());
    let only = Only { certificate: sim.certificate_der().to_vec().into(), provider: Arc::clone(&provider) };
    let mut tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(only))
        .with_no_client_auth();
    let protocol: &[u8] = if http == Http::Two { b"h2" } else { b"http/1.1" };
    tls.alpn_protocols = vec![protocol.to_vec()];
    set(Client::builder().tls_backend_preconfigured(tls).no_proxy()).build().expect("a client")
}

/// Makes a client for plain HTTP.
pub(crate) fn plain_client() -> Client {
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    Client::builder().tls_backend_preconfigured(tls).no_proxy().build().expect("a client")
}

impl Setup {
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.without_key(method, path).header("hue-application-key", APPLICATION_KEY)
    }

    pub(crate) fn without_key(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("https://{}{path}", self.sim.address());
        self.client.request(method, url).timeout(TEST_TIMEOUT)
    }

    /// Sends a request, and returns the status and the body.
    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        answer(self.request(method, &format!("/clip/v2/resource{path}")).json(body).send().await).await
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, &format!("/clip/v2/resource{path}")).send().await).await
    }

    pub(crate) async fn put_light(&self, name: &str, body: &Value) -> (u16, Value) {
        self.send(Method::PUT, &format!("/light/{}", self.id(name)), body).await
    }

    pub(crate) fn id(&self, light: &str) -> String {
        id(&self.light(light))
    }

    pub(crate) fn light(&self, name: &str) -> Value {
        self.sim.light(name).expect("a light of the demo home")
    }

    /// Returns the resource that has this name in its metadata.
    pub(crate) fn named(&self, rtype: &str, name: &str) -> Value {
        let mut found = self.sim.resources(rtype).into_iter().filter(|it| it["metadata"]["name"] == name);
        found.next().expect("a resource of the demo home")
    }

    /// Returns the grouped light of a room or zone.
    pub(crate) fn grouped_light(&self, owner: &Value) -> Value {
        let mut groups = self.sim.resources("grouped_light").into_iter();
        groups.find(|group| group["owner"]["rid"] == owner["id"]).expect("a grouped light")
    }
}

pub(crate) async fn answer(response: reqwest::Result<Response>) -> (u16, Value) {
    let response = response.expect("an answer");
    (response.status().as_u16(), response.json().await.expect("JSON"))
}

pub(crate) fn id(resource: &Value) -> String {
    resource["id"].as_str().expect("an id").to_owned()
}

/// Waits until a condition is true.
pub(crate) async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + TEST_TIMEOUT;
    while !so() {
        assert!(tokio::time::Instant::now() < deadline, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[derive(Debug)]
struct Only {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Only {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        assert_eq!(*end_entity, self.certificate);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
