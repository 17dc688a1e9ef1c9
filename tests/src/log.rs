//! What the server says on stderr: JSON, a line each.

use std::sync::Arc;

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use crate::Journal;

/// The server's log so far.
#[derive(Clone, Debug, Default)]
pub struct Log {
    entries: Arc<Journal<Entry>>,
}

/// One line of the log.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The line as it came.
    pub text: String,
    json: Value,
}

impl Entry {
    fn new(text: String) -> Self {
        let json = serde_json::from_str(&text).unwrap_or_default();
        Self { text, json }
    }

    /// The message.
    pub fn message(&self) -> &str {
        self.field("message")
    }

    /// A field as text; empty if there is none.
    pub fn field(&self, name: &str) -> &str {
        self.value(name).as_str().unwrap_or_default()
    }

    /// A field of the line, or of the call it belongs to; null if there is none.
    pub fn value(&self, name: &str) -> &Value {
        let own = &self.json[name];
        if own.is_null() { &self.json["span"][name] } else { own }
    }

    /// Whether it says `message` of this plugin.
    pub fn says(&self, message: &str, plugin: &str) -> bool {
        self.message() == message && self.field("plugin") == plugin
    }
}

impl Log {
    /// Keeps what comes from `stderr` until it ends.
    pub(crate) fn follow(&self, stderr: impl AsyncRead + Send + Unpin + 'static) {
        let entries = Arc::clone(&self.entries);
        tokio::spawn(async move {
            let mut lines = BufReader::new(stderr).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                entries.push(Entry::new(line));
            }
        });
    }

    /// A mark from which to wait: what is logged from now on.
    pub fn mark(&self) -> usize {
        self.entries.mark()
    }

    /// Waits for a line since `mark`.
    pub async fn wait(&self, what: &str, mark: usize, wanted: impl Fn(&Entry) -> bool) -> Result<Entry> {
        let found = self.entries.wait(what, mark, |entry| wanted(entry).then(|| entry.clone())).await;
        found.with_context(|| format!("the log ends with:\n{}", self.tail()))
    }

    /// All lines that fit.
    pub fn all(&self, wanted: impl Fn(&Entry) -> bool) -> Vec<Entry> {
        self.entries.all().into_iter().filter(wanted).collect()
    }

    /// Everything, as it came.
    pub fn text(&self) -> String {
        joined(&self.entries.all())
    }

    fn tail(&self) -> String {
        let all = self.entries.all();
        joined(&all[all.len().saturating_sub(15)..])
    }
}

fn joined(entries: &[Entry]) -> String {
    entries.iter().map(|entry| entry.text.as_str()).collect::<Vec<_>>().join("\n")
}
