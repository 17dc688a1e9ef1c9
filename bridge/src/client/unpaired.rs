//! HTTPS to a bridge that has given no key: what everybody may read, and asking for a key.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use reqwest::{RequestBuilder, Response, StatusCode};

use super::{base, builder, cause, collect, refused, setup};
use crate::{error::Error, failure::Failure, tls::Verifier};

/// A bridge that has given no key.
pub(crate) struct Unpaired {
    client: reqwest::Client,
    base: String,
}

impl Unpaired {
    /// For the bridge at `host`, with a bound for connecting and for each answer.
    pub(crate) fn new(host: &str, verifier: &Arc<Verifier>, patience: Duration) -> Result<Self, Error> {
        let client = builder(verifier, patience)?.timeout(patience).build().map_err(|error| setup(&error))?;
        Ok(Self { client, base: base(host)? })
    }

    /// The body of a path of the older API.
    pub(crate) async fn get(&self, path: &str) -> Result<Bytes, Failure> {
        body(send(self.client.get(format!("{}{path}", self.base))).await?).await
    }

    /// The answer of the older API, which is 200 for errors too.
    pub(crate) async fn post(&self, path: &str, json: &serde_json::Value) -> Result<Bytes, Failure> {
        body(send(self.client.post(format!("{}{path}", self.base)).json(json)).await?).await
    }

    /// The status of the answer alone.
    pub(crate) async fn status(&self, path: &str) -> Result<u16, Failure> {
        Ok(send(self.client.get(format!("{}{path}", self.base))).await?.status().as_u16())
    }
}

async fn send(request: RequestBuilder) -> Result<Response, Failure> {
    request.send().await.map_err(|error| cause::failure(&error))
}

async fn body(response: Response) -> Result<Bytes, Failure> {
    match response.status() {
        StatusCode::OK => collect(response).await,
        status => Err(refused(status, None)),
    }
}
