//! The state machine of one file in the plugins folder.
//!
//! ```text
//! found ─▶ Settling ─▶ Loading ─▶ Loaded ─▶ names free? ─▶ approved? ─▶ Starting ─▶ Serving
//!                         │         (at         │ no           │ no         │
//!                         ▼        start)       ▼              ▼            ▼
//!                      Refused              Colliding        Held        Refused
//! ```
//!
//! The transitions here do no I/O and take the time as an argument. `scan`, `load` and `publish` carry out what they
//! decide.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

use crate::{
    config::PluginConfig,
    plugin::Plugin,
    registry::folder::{FileError, FileStamp, SETTLE_DELAY},
};

/// A file that is deleted and created again within this time is replaced, not removed.
const REMOVAL_DELAY: Duration = Duration::from_millis(500);
/// A file that is written for longer than this is read as it is.
const MAX_SETTLE_TIME: Duration = Duration::from_millis(500);
/// The first pause before bytes are retried that were refused for a passing reason. Each further pause is twice as long.
const MIN_RETRY_DELAY: Duration = Duration::from_secs(5);
/// The longest pause between two retries.
const MAX_RETRY_DELAY: Duration = Duration::from_mins(5);

/// What the loader knows about one file, and does about it.
pub(super) struct File {
    pub(super) state: FileState,
    /// Identifies the bytes that were read last. `None` lets the next scan read the file.
    stamp: Option<FileStamp>,
    /// The configuration that the last load used.
    config: Option<Arc<PluginConfig>>,
    /// When the file was first found missing. Not a state: a job goes on while its file is missing.
    missing_since: Option<Instant>,
    /// The last pause before a retry, while the same bytes are retried.
    retry_delay: Option<Duration>,
    last_report: Option<Report>,
}

/// What happens with a file now.
pub(super) enum FileState {
    /// A change was seen. The file is read once it is left alone.
    Settling { since: Instant },
    /// A job reads, compiles and checks the bytes.
    Loading,
    /// The plugin is good and waits for its turn at start.
    Loaded(Arc<Plugin>),
    /// The plugin is good, but some of its names belong to another one. It is admitted once they are free.
    Colliding(Arc<Plugin>),
    /// The plugin is good, but the operator has not approved it.
    Held {
        plugin: Arc<Plugin>,
        /// When the approval record was last changed, as of the decision to hold.
        approval: Option<SystemTime>,
        /// The state of the approved bytes, which are served meanwhile. `None` if none had to be loaded.
        approved: Option<Box<FileState>>,
    },
    /// The plugin's `start` runs. Its names are taken already.
    Starting(Arc<Plugin>),
    /// The bytes are served.
    Serving,
    /// The bytes cannot be served. An older version may still be.
    Refused { retry_at: Option<Instant> },
}

/// What a scan does about a file.
#[derive(Debug, PartialEq)]
pub(super) enum Action {
    /// Nothing until something changes.
    Rest,
    /// Lets the next scan begin within this time.
    ScanWithin(Duration),
    /// Loads the file.
    Load(FileStamp),
    /// Refuses the file without reading it.
    Refuse(String),
}

/// Why bytes are not served, as it was last logged.
#[derive(Debug, PartialEq)]
pub(super) struct Report {
    pub(super) digest: Option<blake3::Hash>,
    pub(super) reason: String,
    /// When the approval record was last changed, if the bytes are held.
    pub(super) approval: Option<SystemTime>,
}

impl File {
    /// A file that was just found.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            state: FileState::Settling { since: now },
            stamp: None,
            config: None,
            missing_since: None,
            retry_delay: None,
            last_report: None,
        }
    }

    /// The folder has the file. `stamp` identifies its bytes, or says why it is not read.
    pub(super) fn on_present(&mut self, stamp: Result<FileStamp, FileError>, now: Instant) -> Action {
        self.missing_since = None;
        if self.state.is_busy() {
            return Action::Rest;
        }
        let stamp = match stamp {
            Ok(stamp) => stamp,
            Err(error) => {
                (self.state, self.stamp) = (FileState::Refused { retry_at: None }, None);
                return Action::Refuse(error.to_string());
            }
        };
        let is_changed = self.stamp != Some(stamp);
        let since = match self.state {
            FileState::Settling { since } => since,
            FileState::Refused { retry_at: Some(at) } if at <= now => now,
            _ if is_changed => now,
            _ => return Action::Rest,
        };
        if stamp.is_hot() && now - since < MAX_SETTLE_TIME {
            self.state = FileState::Settling { since };
            return Action::ScanWithin(SETTLE_DELAY);
        }
        if is_changed {
            self.retry_delay = None;
        }
        Action::Load(stamp)
    }

    /// The folder does not have the file. Returns when to look again, or `None` once the file counts as removed.
    pub(super) fn on_missing(&mut self, now: Instant) -> Option<Duration> {
        let removed_at = *self.missing_since.get_or_insert(now) + REMOVAL_DELAY;
        if now < removed_at {
            return Some(removed_at - now);
        }
        self.state.is_busy().then_some(SETTLE_DELAY)
    }

    /// A job begins to load the bytes of `stamp` with `config`.
    pub(super) fn begin_load(&mut self, stamp: FileStamp, config: Arc<PluginConfig>) {
        (self.stamp, self.config) = (Some(stamp), Some(config));
        self.state = FileState::Loading;
    }

    /// A job begins to load the approved bytes with `config`. The file stays held.
    pub(super) fn begin_load_approved(&mut self, config: Arc<PluginConfig>) {
        self.config = Some(config);
        if let FileState::Held { approved, .. } = &mut self.state {
            *approved = Some(Box::new(FileState::Loading));
        }
    }

    /// Moves the plugin with this digest on. The approved bytes of a held file move on beside it.
    pub(super) fn advance(&mut self, digest: blake3::Hash, next: FileState) {
        match &mut self.state {
            FileState::Held { plugin, approved, .. } if plugin.digest != digest => *approved = Some(Box::new(next)),
            state => *state = next,
        }
    }

    /// A plugin of this file is served. Unless newer bytes are held, nothing is left to report or to retry.
    pub(super) fn on_served(&mut self, digest: blake3::Hash) {
        self.advance(digest, FileState::Serving);
        if !self.is_held() {
            (self.retry_delay, self.last_report) = (None, None);
        }
    }

    /// Whether the file's bytes wait for approval.
    pub(super) fn is_held(&self) -> bool {
        matches!(self.state, FileState::Held { .. })
    }

    /// The job failed. If the reason may pass, the bytes are retried after an exponential back-off.
    pub(super) fn on_refused(&mut self, may_pass: bool, now: Instant) {
        if let FileState::Held { approved, .. } = &mut self.state {
            *approved = None;
            return;
        }
        let doubled = self.retry_delay.map_or(MIN_RETRY_DELAY, |delay| (delay * 2).min(MAX_RETRY_DELAY));
        self.retry_delay = may_pass.then_some(doubled);
        self.state = FileState::Refused { retry_at: self.retry_delay.map(|delay| now + delay) };
    }

    /// Whether the bytes were refused once, for a reason that may pass.
    pub(super) fn awaits_first_retry(&self) -> bool {
        matches!(self.state, FileState::Refused { retry_at: Some(_) }) && self.retry_delay == Some(MIN_RETRY_DELAY)
    }

    /// Lets refused bytes be retried now, if they are to be retried at all.
    pub(super) fn retry_now(&mut self, now: Instant) {
        if let FileState::Refused { retry_at: Some(at) } = &mut self.state {
            *at = now;
        }
    }

    /// Lets the next scan load the file again if its last load used another configuration.
    pub(super) fn reconfigure(&mut self, current: impl FnOnce() -> PluginConfig) {
        if self.config.as_ref().is_some_and(|config| **config != current()) {
            (self.stamp, self.retry_delay) = (None, None);
        }
    }

    /// Whether `report` differs from the last one: the same bytes are reported once for the same reason.
    pub(super) fn is_news(&mut self, report: Report) -> bool {
        let is_news = self.last_report.as_ref() != Some(&report);
        self.last_report = Some(report);
        is_news
    }
}

impl FileState {
    /// The state of the bytes that are brought to service: of the approved ones, if newer ones are held.
    pub(super) fn current(&self) -> &Self {
        match self {
            Self::Held { approved: Some(approved), .. } => approved,
            state => state,
        }
    }

    /// Whether a job or the start holds the file: nothing else is begun for it.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self.current(), Self::Loading | Self::Loaded(_) | Self::Starting(_))
    }

    /// Whether the file is not read, compiled and checked yet.
    pub(super) fn is_unread(&self) -> bool {
        matches!(self, Self::Settling { .. } | Self::Loading)
    }

    /// Whether the present bytes are neither served nor refused yet.
    pub(super) fn is_loading(&self) -> bool {
        self.is_unread() || self.is_busy()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE_SECOND: Duration = Duration::from_secs(1);

    fn stamp(length: u64) -> FileStamp {
        FileStamp::for_test(length, SystemTime::UNIX_EPOCH)
    }

    fn hot(length: u64) -> FileStamp {
        FileStamp::for_test(length, SystemTime::now())
    }

    fn config() -> Arc<PluginConfig> {
        Arc::new(PluginConfig::default_for("a"))
    }

    /// A file whose bytes are served.
    fn served(now: Instant) -> File {
        let mut file = File::new(now);
        assert_eq!(file.on_present(Ok(stamp(1)), now), Action::Load(stamp(1)));
        file.begin_load(stamp(1), config());
        file.on_served(blake3::hash(b"one"));
        file
    }

    #[test]
    fn a_file_is_read_once_it_is_left_alone_or_takes_too_long() {
        let now = Instant::now();
        let mut file = File::new(now);
        assert_eq!(file.on_present(Ok(hot(1)), now), Action::ScanWithin(SETTLE_DELAY));
        let long_after = now + MAX_SETTLE_TIME;
        let busy = hot(2);
        assert_eq!(file.on_present(Ok(busy), long_after), Action::Load(busy));
    }

    #[test]
    fn bytes_that_were_read_are_left_alone_until_they_change() {
        let now = Instant::now();
        let mut file = served(now);
        assert_eq!(file.on_present(Ok(stamp(1)), now + ONE_SECOND), Action::Rest);
        assert_eq!(file.on_present(Ok(stamp(2)), now + ONE_SECOND), Action::Load(stamp(2)));
    }

    #[test]
    fn one_job_at_a_time_has_a_file() {
        let now = Instant::now();
        let mut file = File::new(now);
        file.begin_load(stamp(1), config());
        assert_eq!(file.on_present(Ok(stamp(2)), now), Action::Rest);
        assert_eq!(file.on_present(Err(FileError::NotAFile), now), Action::Rest);
        file.state = FileState::Settling { since: now };
        assert_eq!(file.on_present(Ok(stamp(1)), now), Action::Load(stamp(1)));
    }

    #[test]
    fn a_file_is_removed_when_it_stays_away_and_no_job_has_it() {
        let now = Instant::now();
        let mut file = served(now);
        assert_eq!(file.on_missing(now), Some(REMOVAL_DELAY));
        assert_eq!(file.on_present(Ok(stamp(1)), now + REMOVAL_DELAY / 2), Action::Rest);
        assert_eq!(file.on_missing(now + REMOVAL_DELAY), Some(REMOVAL_DELAY), "it was there meanwhile");
        file.begin_load(stamp(2), config());
        assert_eq!(file.on_missing(now + 2 * REMOVAL_DELAY), Some(SETTLE_DELAY));
        file.on_refused(false, now);
        assert_eq!(file.on_missing(now + 2 * REMOVAL_DELAY), None);
    }

    #[test]
    fn what_may_pass_is_retried_after_a_pause_that_doubles() {
        let now = Instant::now();
        let mut file = served(now);
        for delay in [5, 10, 20, 40, 80, 160, 300, 300].map(Duration::from_secs) {
            file.begin_load(stamp(1), config());
            file.on_refused(true, now);
            assert_eq!(file.on_present(Ok(stamp(1)), now + delay - ONE_SECOND), Action::Rest, "{delay:?}");
            assert_eq!(file.on_present(Ok(stamp(1)), now + delay), Action::Load(stamp(1)), "{delay:?}");
        }
        assert_eq!(file.on_present(Ok(stamp(2)), now), Action::Load(stamp(2)));
        file.begin_load(stamp(2), config());
        file.on_refused(true, now);
        let first = now + MIN_RETRY_DELAY;
        assert_eq!(file.on_present(Ok(stamp(2)), first), Action::Load(stamp(2)), "other bytes begin anew");
    }

    #[test]
    fn only_the_first_refusal_that_may_pass_counts_as_loading() {
        let now = Instant::now();
        let mut file = File::new(now);
        file.on_refused(false, now);
        assert!(!file.awaits_first_retry(), "the reason does not pass");
        file.on_refused(true, now);
        assert!(file.awaits_first_retry());
        file.begin_load(stamp(1), config());
        assert!(file.state.is_loading() && !file.awaits_first_retry());
        file.on_refused(true, now);
        assert!(!file.awaits_first_retry(), "the second refusal ends the wait");
    }

    #[test]
    fn what_cannot_pass_is_not_retried_and_what_may_is_when_others_change() {
        let now = Instant::now();
        let mut file = served(now);
        file.on_refused(false, now);
        file.retry_now(now);
        assert_eq!(file.on_present(Ok(stamp(1)), now + MAX_RETRY_DELAY), Action::Rest);
        file.on_refused(true, now);
        file.retry_now(now);
        assert_eq!(file.on_present(Ok(stamp(1)), now), Action::Load(stamp(1)));
    }

    #[test]
    fn another_configuration_loads_the_same_bytes_again() {
        let now = Instant::now();
        let mut file = served(now);
        file.reconfigure(|| PluginConfig::default_for("a"));
        assert_eq!(file.on_present(Ok(stamp(1)), now), Action::Rest);
        file.reconfigure(|| PluginConfig { pin: Some(crate::config::Pin::Digest), ..PluginConfig::default_for("a") });
        assert_eq!(file.on_present(Ok(stamp(1)), now), Action::Load(stamp(1)));
    }

    #[test]
    fn the_same_bytes_are_reported_once_for_the_same_reason() {
        let mut file = served(Instant::now());
        let report = |reason: &str| Report { digest: None, reason: reason.to_owned(), approval: None };
        assert!(file.is_news(report("a")));
        assert!(!file.is_news(report("a")));
        assert!(file.is_news(report("b")));
        file.on_served(blake3::hash(b"one"));
        assert!(file.is_news(report("b")));
    }
}
