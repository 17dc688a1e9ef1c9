//! Records the requests that were answered.

use std::collections::VecDeque;
use std::time::SystemTime;

use parking_lot::Mutex;
use serde_json::Value;

/// The number of requests that are kept, so that memory stays bounded on a bridge that runs for days.
const MAX_RECORDED_REQUESTS: usize = 10_000;
/// The status of a request whose client closed the connection, as nginx logs it.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// A request and how it was answered. It never holds an application key.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedRequest {
    /// Is the method, like `GET` or `PUT`.
    pub method: String,
    /// Is the path without the query; `***` replaces a key.
    pub path: String,
    /// Is the status of the answer, or 499 if the client went away before there was one.
    pub status: u16,
    /// Is the request body, if it was read and is JSON.
    pub body: Option<Value>,
    /// Is true if the bridge answered or acted, and false if the web server in front of it or a [fault](crate::Fault)
    /// kept the request away.
    pub acted: bool,
    /// Is the time at which the request arrived, by the bridge's clock.
    pub at: SystemTime,
}

/// A request in flight, which is recorded when this guard is dropped.
#[derive(Debug)]
pub(crate) struct PendingRecord<'a> {
    log: &'a RequestLog,
    request: Option<RecordedRequest>,
}

impl PendingRecord<'_> {
    pub(crate) fn update(&mut self, update: impl FnOnce(&mut RecordedRequest)) {
        if let Some(request) = &mut self.request {
            update(request);
        }
    }
}

/// Records the request in any case: when its client goes away, the future that answers it is dropped.
impl Drop for PendingRecord<'_> {
    fn drop(&mut self) {
        let Some(request) = self.request.take() else { return };
        tracing::debug!(method = request.method, path = request.path, status = request.status, "request answered");
        self.log.push(request);
    }
}

/// Keeps the last requests, oldest first.
#[derive(Debug, Default)]
pub(crate) struct RequestLog(Mutex<VecDeque<RecordedRequest>>);

impl RequestLog {
    /// Begins the record of a request.
    pub(crate) fn begin(&self, method: &str, path: &str, at: SystemTime) -> PendingRecord<'_> {
        let (method, path) = (method.to_owned(), mask_key(path));
        let request = RecordedRequest { method, path, status: CLIENT_CLOSED_REQUEST, body: None, acted: false, at };
        PendingRecord { log: self, request: Some(request) }
    }

    fn push(&self, request: RecordedRequest) {
        let mut requests = self.0.lock();
        if requests.len() == MAX_RECORDED_REQUESTS {
            requests.pop_front();
        }
        requests.push_back(request);
    }

    pub(crate) fn all(&self) -> Vec<RecordedRequest> {
        self.0.lock().iter().cloned().collect()
    }
}

/// Masks the key that paths of the v1 API contain.
fn mask_key(path: &str) -> String {
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
        assert_eq!(mask_key("/api/abcdef/config"), "/api/***/config");
        assert_eq!(mask_key("/api/config"), "/api/config");
        assert_eq!(mask_key("/clip/v2/resource"), "/clip/v2/resource");
    }
}
