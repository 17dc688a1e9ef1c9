//! Fuzzes the whole loader: plugins with random changes are each served or refused with a reason, and the host goes on.
//!
//! Nothing is replaced by a double: the folder, the compiler's child, its limits and instances that list their tools are
//! real. The environment variable `PROPTEST_CASES` sets the number of batches.

mod mutation;

use std::collections::HashSet;

use anyhow::{Context as _, Result, ensure};
use lamplighter_tests::{Client, Entry, Era, RawPlugin, Server, Setup, digest, first_party, guest};
use proptest::{
    prelude::*,
    test_runner::{FileFailurePersistence, TestError, TestRunner},
};
use serde_json::json;

use mutation::{Mutant, mutant};

/// The mutants that are loaded side by side.
const BATCH_SIZE: usize = 24;
const BATCH_COUNT: u32 = 10;
/// The most bytes by which the host may grow. The limit of a mutant is 64 MiB, and two are compiled at a time.
const MAX_GROWTH: u64 = 256 << 20;

/// A server with a plugin that behaves, and the digests of all mutants that were tried.
struct Session {
    runtime: tokio::runtime::Runtime,
    server: Server,
    client: Client,
    seeds: Vec<Vec<u8>>,
    tried: HashSet<String>,
    counts: Counts,
}

/// Counts the mutants by how far they came.
#[derive(Debug, Default)]
struct Counts {
    served: usize,
    /// Counts valid components that were refused for another reason, mostly a collision.
    compiled: usize,
    invalid: usize,
}

#[test]
fn mutants_are_served_or_refused_with_a_reason_and_harm_nobody() -> Result<()> {
    let mut session = Session::new()?;
    let before = session.server.peak_memory()?;
    let batches = prop::collection::vec(mutant(), BATCH_SIZE);
    let session_cell = std::cell::RefCell::new(&mut session);
    let outcome = runner().run(&batches, |mutants| {
        session_cell.borrow_mut().try_all(&mutants).map_err(|error| TestCaseError::fail(format!("{error:#}")))
    });
    match outcome {
        Err(TestError::Fail(reason, mutants)) => anyhow::bail!("{reason}\n{mutants:#?}"),
        other => other.context("nothing was tried")?,
    }
    let Counts { served, compiled, invalid } = session.counts;
    println!("{served} mutants were served, {compiled} more compiled, {invalid} did not");
    assert!(served > 0 && compiled > 0 && invalid > 0, "they do not reach all parts of the loader");
    session.server.check_peak_growth(before, MAX_GROWTH)?;
    Ok(())
}

/// Tries the same mutants in every run, so that a failure comes from a change. `PROPTEST_CASES` chooses another seed.
fn runner() -> TestRunner {
    let hunting = std::env::var_os("PROPTEST_CASES").is_some();
    let config = if hunting { ProptestConfig::default() } else { ProptestConfig::with_cases(BATCH_COUNT) };
    let config = ProptestConfig {
        // A failure is to become a test with a name.
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        // A batch takes a second.
        max_shrink_iters: 64,
        ..config
    };
    if hunting {
        return TestRunner::new(config);
    }
    let algorithm = proptest::test_runner::RngAlgorithm::ChaCha;
    TestRunner::new_with_rng(config, proptest::test_runner::TestRng::deterministic_rng(algorithm))
}

impl Session {
    fn new() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let (server, client) = runtime.block_on(async {
            let (server, client) = Setup::new().guest("swap_v1")?.compiles_anew().connect(Era::Modern).await?;
            anyhow::Ok((server, client))
        })?;
        Ok(Self { runtime, server, client, seeds: seeds()?, tried: HashSet::new(), counts: Counts::default() })
    }

    fn try_all(&mut self, mutants: &[Mutant]) -> Result<()> {
        let changed: Vec<_> = mutants.iter().map(|mutant| mutant.bytes(&self.seeds)).collect();
        // The host does not look twice at the same bytes.
        let new: Vec<_> = changed.into_iter().filter(|bytes| self.tried.insert(digest(bytes))).collect();
        let mark = self.server.log.mark();
        for (place, bytes) in new.iter().enumerate() {
            self.server.plugins.put(&format!("mutant-{place}"), bytes)?;
        }
        self.runtime.block_on(async {
            for bytes in &new {
                let end = settled(&self.server, mark, &digest(bytes)).await?;
                self.counts.add(&end)?;
            }
            let answer = self.client.call("swap_version", json!({})).await?;
            ensure!(answer["structuredContent"]["version"] == 1, "{answer}");
            Ok(())
        })?;
        let panics = self.server.log.all(|entry| entry.value("message").is_null() && entry.text.contains("panicked"));
        ensure!(panics.is_empty(), "the host panicked: {panics:?}");
        Ok(())
    }
}

impl Counts {
    fn add(&mut self, end: &Entry) -> Result<()> {
        let reason = end.field("reason");
        if end.message() == "plugin loaded" {
            self.served += 1;
            return Ok(());
        }
        ensure!(is_a_reason(reason), "it does not say why: {}", end.text);
        if ["it is not a valid component", "the file is cut off"].iter().any(|it| reason.starts_with(it)) {
            self.invalid += 1;
        } else {
            self.compiled += 1;
        }
        Ok(())
    }
}

/// Waits until these bytes are served or refused.
async fn settled(server: &Server, mark: usize, digest: &str) -> Result<Entry> {
    let about = |entry: &Entry| {
        matches!(entry.message(), "plugin loaded" | "plugin refused") && entry.field("digest") == digest
    };
    server.log.wait(&format!("{digest} to be served or refused"), mark, about).await
}

/// Tells whether a text is a reason: at least three words, and less than 4,000 characters.
fn is_a_reason(reason: &str) -> bool {
    reason.split_whitespace().count() >= 3 && reason.len() < 4_000
}

/// Returns components to change: mostly small ones, because the others take long to compile.
fn seeds() -> Result<Vec<Vec<u8>>> {
    let logging = RawPlugin::new("logging").listing(
        "(call $log_write (i32.const 2) (i32.const 1280) (i32.const 3) (i32.const 0) (i32.const 0)) (i32.const 1024)",
    );
    let recursive =
        RawPlugin::new("recursive").with("(func $down (param i32) (result i32) (call $down (local.get 0)))");
    let small = [RawPlugin::new("small").build()?, logging.build()?, recursive.build()?];
    let mut seeds: Vec<_> = small.iter().cycle().take(12).cloned().collect();
    seeds.extend([guest("echo")?, first_party("health")?]);
    Ok(seeds)
}
