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
    /// The status of the answer.
    pub status: u16,
    /// The body, if it was read and was JSON.
    pub body: Option<Value>,
    /// When it arrived, by the bridge's clock.
    pub at: SystemTime,
}

/// The last requests, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Requests(Mutex<VecDeque<Request>>);

impl Requests {
    pub(crate) fn record(&self, request: Request) {
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
pub(crate) fn without_key(path: &str) -> String {
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
