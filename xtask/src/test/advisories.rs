//! Checks the locked packages against known vulnerabilities.
//!
//! A fresh machine reaches package registries only, and the advisory database is in none of them. So the project holds a
//! dated snapshot of the advisories for its own packages, `xtask/advisories.toml`. Where cargo-deny is installed and the
//! database can be reached, cargo-deny checks against the newest data too.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use jiff::{Timestamp, Unit, civil::Date, tz::TimeZone};
use semver::{Version, VersionReq};
use serde::{Deserialize, de::DeserializeOwned};

use super::Checkout;
use super::licences::has_cargo_deny;
use super::report::Outcome;
use crate::process;

/// The age of the snapshot from which on the step warns.
const MAX_SNAPSHOT_AGE_DAYS: i32 = 90;

/// Holds the advisories of one day.
#[derive(Deserialize)]
struct Snapshot {
    /// Is the date of the newest advisory in it.
    date: String,
    advisory: Vec<Advisory>,
}

#[derive(Deserialize)]
struct Advisory {
    id: String,
    package: String,
    title: String,
    /// Lists the versions without the weakness: an advisory does not concern a version that any of them matches.
    patched: Vec<VersionReq>,
    #[serde(default)]
    unaffected: Vec<VersionReq>,
    /// Says why it is no vulnerability: `unmaintained`, `unsound` or `notice`.
    informational: Option<String>,
}

#[derive(Deserialize)]
struct LockFile {
    package: Vec<LockedPackage>,
}

#[derive(Deserialize)]
struct LockedPackage {
    name: String,
    version: Version,
    /// Names the registry; `None` for a package of this workspace.
    source: Option<String>,
}

/// Is the part of `deny.toml` that cargo-deny reads too.
#[derive(Deserialize)]
struct DenyFile {
    advisories: DenyAdvisories,
}

#[derive(Deserialize)]
struct DenyAdvisories {
    ignore: Vec<Ignored>,
}

/// An advisory that is known and does not strike.
#[derive(Deserialize)]
struct Ignored {
    id: String,
    /// Says why, and since when.
    reason: String,
}

/// A locked package with a weakness.
struct Hit<'a> {
    advisory: &'a Advisory,
    package: &'a LockedPackage,
}

impl Snapshot {
    fn hits<'a>(&'a self, locked: &'a LockFile) -> Vec<Hit<'a>> {
        let outside = locked.package.iter().filter(|package| package.source.is_some());
        let hit = |package| {
            let concerned = self.advisory.iter().filter(move |advisory| advisory.concerns(package));
            concerned.map(move |advisory| Hit { advisory, package })
        };
        outside.flat_map(hit).collect()
    }

    /// Returns the age in days on the given day.
    fn age(&self, today: Date) -> Result<i32> {
        let date: Date = self.date.parse().context("the date of the snapshot")?;
        Ok(date.until((Unit::Day, today))?.get_days())
    }
}

impl Advisory {
    fn concerns(&self, package: &LockedPackage) -> bool {
        let is_good = |ranges: &[VersionReq]| ranges.iter().any(|range| range.matches(&package.version));
        self.package == package.name && !is_good(&self.patched) && !is_good(&self.unaffected)
    }

    /// Tells whether it is a remark on the package's upkeep rather than a weakness of its code.
    fn is_remark(&self) -> bool {
        matches!(self.informational.as_deref(), Some("unmaintained" | "notice"))
    }
}

impl Hit<'_> {
    fn describe(&self) -> String {
        let (advisory, package) = (self.advisory, self.package);
        let patched: Vec<_> = advisory.patched.iter().map(ToString::to_string).collect();
        let mended =
            if patched.is_empty() { "in no version".to_owned() } else { format!("in {}", patched.join(" or ")) };
        format!("{} {}: {} ({}), mended {mended}", package.name, package.version, advisory.title, advisory.id)
    }
}

pub(crate) fn check(checkout: &Checkout) -> Result<Outcome> {
    let root = &checkout.workspace.root;
    let snapshot: Snapshot = read_toml(&root.join("xtask/advisories.toml"))?;
    let locked: LockFile = read_toml(&root.join("Cargo.lock"))?;
    let ignored = read_toml::<DenyFile>(&root.join("deny.toml"))?.advisories.ignore;
    let hits = snapshot.hits(&locked);
    let mut problems: Vec<_> = unexcused(&hits, &ignored).into_iter().map(Hit::describe).collect();
    problems.extend(needless(&hits, &ignored));
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    problems.extend(mended_upstream(checkout, hits.iter().filter(|hit| is_ignored(hit, &ignored)))?);
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    let mut remarks = vec![describe_snapshot(&snapshot, &locked, Timestamp::now().to_zoned(TimeZone::UTC).date())?];
    remarks.extend(hits.iter().filter(|hit| hit.advisory.is_remark()).map(Hit::describe));
    remarks.push(check_newest(checkout)?);
    Ok(Outcome::Passed(Some(remarks.join("\n"))))
}

fn read_toml<T: DeserializeOwned>(file: &Path) -> Result<T> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    toml::from_str(&text).with_context(|| format!("in {}", file.display()))
}

fn describe_snapshot(snapshot: &Snapshot, locked: &LockFile, today: Date) -> Result<String> {
    let (age, advisories, packages) = (snapshot.age(today)?, snapshot.advisory.len(), locked.package.len());
    let date = &snapshot.date;
    let told = format!("{packages} packages against {advisories} advisories of {date}, {age} days old");
    if age > MAX_SNAPSHOT_AGE_DAYS {
        return Ok(format!("{told}. WARNING: renew xtask/advisories.toml, its head says how"));
    }
    Ok(told)
}

/// Returns the weaknesses that `deny.toml` does not ignore.
fn unexcused<'h, 'a>(hits: &'h [Hit<'a>], ignored: &[Ignored]) -> Vec<&'h Hit<'a>> {
    hits.iter().filter(|hit| !hit.advisory.is_remark() && !is_ignored(hit, ignored)).collect()
}

fn is_ignored(hit: &Hit<'_>, ignored: &[Ignored]) -> bool {
    ignored.iter().any(|ignored| ignored.id == hit.advisory.id)
}

/// Returns a problem for each ignored advisory that concerns no locked package any more.
fn needless(hits: &[Hit<'_>], ignored: &[Ignored]) -> Vec<String> {
    let concerns = |ignored: &Ignored| hits.iter().any(|hit| hit.advisory.id == ignored.id);
    let told = |ignored: &Ignored| {
        format!("deny.toml ignores {} ({}), which concerns no locked package: remove it", ignored.id, ignored.reason)
    };
    ignored.iter().filter(|ignored| !concerns(ignored)).map(told).collect()
}

/// Returns a problem for each ignored weakness that a version in the registry mends.
fn mended_upstream<'h, 'a: 'h>(checkout: &Checkout, ignored: impl Iterator<Item = &'h Hit<'a>>) -> Result<Vec<String>> {
    let mut offered = BTreeMap::new();
    let mut problems = Vec::new();
    for Hit { advisory, package } in ignored {
        let name = package.name.as_str();
        if !offered.contains_key(name) {
            offered.insert(name, newest_version(checkout, name)?);
        }
        let mends = |version: &&Version| advisory.patched.iter().any(|range| range.matches(version));
        if let Some(version) = offered[name].as_ref().filter(mends) {
            let id = &advisory.id;
            problems.push(format!(
                "{name} {version} mends {id}: run cargo update --package {name}, and remove {id} from deny.toml"
            ));
        }
    }
    Ok(problems)
}

/// Returns the version to which `cargo update` would take a package, if there is a newer one.
fn newest_version(checkout: &Checkout, package: &str) -> Result<Option<Version>> {
    let mut cargo = checkout.workspace.cargo();
    cargo.env_remove("CARGO_TERM_QUIET").args(["update", "--dry-run", "--package", package]);
    let output = cargo.output().context("cannot run cargo update")?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo update --dry-run --package {package} failed: {told}");
    Ok(offered_version(&told, package))
}

/// Reads the version that cargo offers for a package from a line like `Updating NAME v1.0.0 -> v1.0.1`.
fn offered_version(output: &str, package: &str) -> Option<Version> {
    let line = output.lines().find(|line| line.trim_start().starts_with(&format!("Updating {package} v")))?;
    line.split_whitespace().last()?.trim_start_matches('v').parse().ok()
}

/// Checks against the newest data where that can be had, and says so or why not.
fn check_newest(checkout: &Checkout) -> Result<String> {
    if !has_cargo_deny(checkout) {
        return Ok("newer data not checked: cargo-deny is not installed".to_owned());
    }
    if let Err(error) = process::output(checkout.workspace.cargo().args(["deny", "fetch", "db"])) {
        return Ok(format!("newer data not checked: the advisory database cannot be reached: {error:#}"));
    }
    process::run(checkout.workspace.cargo().args(["deny", "check", "--disable-fetch", "advisories"]))?;
    Ok("newest data checked by cargo-deny".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> Snapshot {
        toml::from_str(
            r#"
            date = "2026-09-01"
            [[advisory]]
            id = "RUSTSEC-2026-9999"
            package = "lantern"
            title = "It burns"
            patched = [">= 1.2.3, < 2.0.0", ">= 2.1.0"]
            unaffected = ["< 1.1.0"]
            [[advisory]]
            id = "RUSTSEC-2026-9998"
            package = "wick"
            title = "Nobody trims it"
            patched = []
            informational = "unmaintained"
            "#,
        )
        .expect("the snapshot is well formed")
    }

    fn locked(name: &str, version: &str) -> LockFile {
        let source = "registry+https://example.org";
        toml::from_str(&format!("[[package]]\nname = {name:?}\nversion = {version:?}\nsource = {source:?}"))
            .expect("the lock file is well formed")
    }

    fn ignored(id: &str) -> Vec<Ignored> {
        vec![Ignored { id: id.to_owned(), reason: "it is out".to_owned() }]
    }

    #[test]
    fn a_vulnerable_version_is_a_problem_and_says_where_it_is_mended() {
        let (snapshot, locked) = (snapshot(), locked("lantern", "1.2.0"));
        let hits = snapshot.hits(&locked);
        let problems = unexcused(&hits, &[]);
        let told = "lantern 1.2.0: It burns (RUSTSEC-2026-9999), mended in >=1.2.3, <2.0.0 or >=2.1.0";
        assert_eq!(problems[0].describe(), told);
    }

    #[test]
    fn a_patched_or_older_version_and_another_package_are_none() {
        for (name, version) in [("lantern", "1.2.3"), ("lantern", "2.1.0"), ("lantern", "1.0.9"), ("lamp", "1.2.0")] {
            assert!(snapshot().hits(&locked(name, version)).is_empty(), "{name} {version}");
        }
        assert_eq!(snapshot().hits(&locked("lantern", "2.0.0")).len(), 1);
    }

    #[test]
    fn an_unmaintained_package_is_a_remark() {
        let (snapshot, locked) = (snapshot(), locked("wick", "0.1.0"));
        let hits = snapshot.hits(&locked);
        assert!(unexcused(&hits, &[]).is_empty());
        assert_eq!(hits[0].describe(), "wick 0.1.0: Nobody trims it (RUSTSEC-2026-9998), mended in no version");
    }

    #[test]
    fn an_ignored_advisory_is_excused_while_it_concerns_a_package() {
        let (snapshot, locked) = (snapshot(), locked("lantern", "1.2.0"));
        let hits = snapshot.hits(&locked);
        assert!(unexcused(&hits, &ignored("RUSTSEC-2026-9999")).is_empty());
        assert!(needless(&hits, &ignored("RUSTSEC-2026-9999")).is_empty());
        assert_eq!(needless(&hits, &ignored("RUSTSEC-2026-0001")).len(), 1);
    }

    #[test]
    fn the_age_is_told_and_an_old_snapshot_warned_of() {
        let (snapshot, locked) = (snapshot(), locked("lantern", "1.2.3"));
        let told = |day| describe_snapshot(&snapshot, &locked, day).expect("the date is one");
        let fresh = told(Date::constant(2026, 11, 30));
        assert_eq!(fresh, "1 packages against 2 advisories of 2026-09-01, 90 days old");
        assert!(told(Date::constant(2026, 12, 1)).contains("91 days old. WARNING"));
    }

    #[test]
    fn the_version_that_cargo_offers_is_read() {
        let output = "    Updating crates.io index\n     Locking 1 package\n    Updating lantern v1.2.0 -> v1.2.3\n";
        assert_eq!(offered_version(output, "lantern"), Some(Version::new(1, 2, 3)));
        assert_eq!(offered_version(output, "lan"), None);
    }
}
