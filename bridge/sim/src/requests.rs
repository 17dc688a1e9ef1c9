//! The record of the requests that were answered.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use serde_json::Value;

/// How many requests are remembered; a bridge that runs for days must not grow.
const REMEMBERED: usize = 10_000;

/// A request as it was answered. It never holds an application key.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// `GET`, `PUT`, ...
    pub method: String,
    /// The path, without the query; a key in it is replaced by `***`.
    pub path: String,
    /// The status of the answer; 499 if the client went away before there was one, as nginx counts it.
    pub status: u16,
    /// The body, if it was read and was JSON.
    pub body: Option<Value>,
    /// Whether the bridge itself answered or acted. False if the web server before it, or a [fault](crate::Fault), kept
    /// the request from it.
    pub acted: bool,
    /// When it arrived, by the bridge's clock.
    pub at: SystemTime,
}

/// The status of a request whose client went away.
const GONE: u16 = 499;

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct Arrival<'a> {
    requests: &'a Requests,
    request: Option<Request>,
}

impl Arrival<'_> {
    pub(crate) fn note(&mut self, note: impl FnOnce(&mut Request)) {
        if let Some(request) = &mut self.request {
            note(request);
        }
    }
}

/// However it ends: a client may go away at any time, and then the answering stops in the middle.
impl Drop for Arrival<'_> {
    fn drop(&mut self) {
        let Some(request) = self.request.take() else { return };
        tracing::debug!(method = request.method, path = request.path, status = request.status, "answered");
        self.requests.record(request);
    }
}

/// The last requests, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Requests(Mutex<VecDeque<Request>>);

impl Requests {
    /// Notes a request now, which is recorded when the arrival is dropped.
    pub(crate) fn arrived(&self, method: &str, path: &str, at: SystemTime) -> Arrival<'_> {
        let (method, path) = (method.to_owned(), without_key(path));
        let request = Request { method, path, status: GONE, body: None, acted: false, at };
        Arrival { requests: self, request: Some(request) }
    }

    fn record(&self, request: Request) {
        let mut requests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if requests.len() == REMEMBERED {
            requests.pop_front();
        }
        requests.push_back(request);
    }

    pub(crate) fn all(&self) -> Vec<Request> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// The path without the key that paths of the old API contain.
fn without_key(path: &str) -> String {
    let mut segments: Vec<&str> = path.split('/').collect();
    if let ["", "api", key, ..] = segments[..]
        && !["", "config", "0"].contains(&key)
    {
        segments[2] = "***";
    }
    segments.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_a_path_is_not_remembered() {
        assert_eq!(without_key("/api/abcdef/config"), "/api/***/config");
        assert_eq!(without_key("/api/config"), "/api/config");
        assert_eq!(without_key("/clip/v2/resource"), "/clip/v2/resource");
    }
}
