//! Speaks HTTPS to a bridge that has given no key: reads its public configuration, and asks for a key.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use super::http::{base_url, bridge_builder, build, read_ok_body};
use crate::{attempt_error::AttemptError, error::Error, tls::Verifier};

/// A client of a bridge that has given no key.
pub(crate) struct UnpairedClient {
    client: reqwest::Client,
    base_url: String,
}

impl UnpairedClient {
    /// Creates a client of the bridge at `host`; `timeout` limits connecting, and each answer.
    pub(crate) fn new(host: &str, verifier: Arc<Verifier>, timeout: Duration) -> Result<Self, Error> {
        let client = build(bridge_builder(verifier, timeout)?.timeout(timeout))?;
        Ok(Self { client, base_url: base_url(host)? })
    }

    /// Reads a path of the older API and returns the body.
    pub(crate) async fn get(&self, path: &str) -> Result<Bytes, AttemptError> {
        read_ok_body(self.client.get(self.url(path)).send().await?).await
    }

    /// Posts to the older API, which answers 200 for errors too, and returns the body.
    pub(crate) async fn post(&self, path: &str, json: &serde_json::Value) -> Result<Bytes, AttemptError> {
        read_ok_body(self.client.post(self.url(path)).json(json).send().await?).await
    }

    /// Reads a path and returns only the status of the answer.
    pub(crate) async fn get_status(&self, path: &str) -> Result<u16, AttemptError> {
        Ok(self.client.get(self.url(path)).send().await?.status().as_u16())
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }
}
