//! Collects the server's log, which is a JSON object per line of stderr.

use std::sync::Arc;

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use crate::Journal;

/// Holds the server's log so far.
#[derive(Clone, Debug, Default)]
pub struct Log {
    entries: Arc<Journal<Entry>>,
}

/// A line of the log and the JSON that it holds.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The line as the server wrote it.
    pub text: String,
    json: Value,
}

impl Entry {
    fn new(text: String) -> Self {
        let json = serde_json::from_str(&text).unwrap_or_default();
        Self { text, json }
    }

    /// Returns the message.
    pub fn message(&self) -> &str {
        self.field("message")
    }

    /// Returns a field as text, which is empty if the line lacks it.
    pub fn field(&self, name: &str) -> &str {
        self.value(name).as_str().unwrap_or_default()
    }

    /// Returns a field of the line or of its span (the call it belongs to), or null if both lack it.
    pub fn value(&self, name: &str) -> &Value {
        let own = &self.json[name];
        if own.is_null() { &self.json["span"][name] } else { own }
    }

    /// Tells whether the line has this message about this plugin.
    pub fn says(&self, message: &str, plugin: &str) -> bool {
        self.message() == message && self.field("plugin") == plugin
    }
}

impl Log {
    /// Collects the lines of `stderr` until it ends.
    pub(crate) fn follow(&self, stderr: impl AsyncRead + Send + Unpin + 'static) {
        let entries = Arc::clone(&self.entries);
        tokio::spawn(async move {
            let mut lines = BufReader::new(stderr).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                entries.push(Entry::new(line));
            }
        });
    }

    /// Returns a mark for [`wait`](Self::wait): what is logged from now on.
    pub fn mark(&self) -> usize {
        self.entries.mark()
    }

    /// Waits for a line after `mark` that is `wanted`, and returns it.
    pub async fn wait(&self, what: &str, mark: usize, wanted: impl Fn(&Entry) -> bool) -> Result<Entry> {
        let found = self.entries.wait(what, mark, |entry| wanted(entry).then(|| entry.clone())).await;
        found.with_context(|| format!("the log ends with:\n{}", self.tail()))
    }

    /// Returns all lines that are `wanted`.
    pub fn all(&self, wanted: impl Fn(&Entry) -> bool) -> Vec<Entry> {
        self.entries.all().into_iter().filter(wanted).collect()
    }

    /// Returns the whole log as text.
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
