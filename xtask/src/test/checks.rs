//! The steps that consist of one or two calls of cargo.
//!
//! All of them use the profile `dev`, so that a dependency is compiled once for checking and once for linking.

use std::process::Command;

use anyhow::Result;

use super::Checkout;
use super::report::Outcome;
use crate::build::{self, EXAMPLE_PACKAGE, FIRST_PARTY_PLUGINS, GUESTS_PACKAGE, Guests};
use crate::process;
use crate::wasm::Toolchain;

pub(crate) fn fmt(checkout: &Checkout) -> Result<Outcome> {
    cargo(checkout, &["fmt", "--all", "--check"])
}

pub(crate) fn clippy(checkout: &Checkout) -> Result<Outcome> {
    cargo(checkout, &["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"])
}

/// Lints the plugins for their own target, because their exports are compiled for it alone.
pub(crate) fn clippy_wasm(checkout: &Checkout) -> Result<Outcome> {
    let toolchain = checkout.toolchain()?;
    if let Toolchain::Debian { .. } = toolchain {
        return Ok(Outcome::Skipped("clippy does not go with Debian's rustc, which has the target here".into()));
    }
    let mut clippy = toolchain.cargo(&checkout.workspace, "clippy");
    clippy
        .arg("--locked")
        .args(FIRST_PARTY_PLUGINS.iter().flat_map(|name| ["--package".to_owned(), build::package(name)]));
    clippy.args([
        "--package",
        EXAMPLE_PACKAGE,
        "--package",
        GUESTS_PACKAGE,
        "--lib",
        "--examples",
        "--",
        "-D",
        "warnings",
    ]);
    process::run(&mut clippy)?;
    Ok(Outcome::PASSED)
}

pub(crate) fn doc(checkout: &Checkout) -> Result<Outcome> {
    let mut doc = checkout.workspace.cargo();
    doc.args(["doc", "--locked", "--workspace", "--no-deps", "--document-private-items"]);
    process::run(doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Outcome::PASSED)
}

pub(crate) fn build(checkout: &Checkout) -> Result<Outcome> {
    let toolchain = checkout.toolchain()?;
    let built = build::plugins(&checkout.workspace, &toolchain, Guests::All)?;
    build::bundle(&checkout.workspace, "dev", &built.plugins)?;
    // The tests are built too: their features unify with the host's, and the next steps find everything built.
    process::run(checkout.workspace.cargo().args(["build", "--locked", "--workspace", "--all-targets"]))?;
    let sizes =
        FIRST_PARTY_PLUGINS.iter().zip(&built.plugins).map(|(name, path)| format!("{name} {}", process::size(path)));
    let sizes = sizes.collect::<Vec<_>>().join(", ");
    Ok(Outcome::Passed(Some(format!("{sizes}; {} plugins for the tests", built.guests.len()))))
}

pub(crate) fn test(checkout: &Checkout) -> Result<Outcome> {
    if nextest(checkout.workspace.cargo()) {
        return cargo(checkout, &["nextest", "run", "--locked", "--workspace", "--no-fail-fast"]);
    }
    eprintln!("cargo-nextest is not installed: using cargo test");
    cargo(checkout, &["test", "--locked", "--workspace", "--all-targets", "--no-fail-fast"])
}

pub(crate) fn doctest(checkout: &Checkout) -> Result<Outcome> {
    cargo(checkout, &["test", "--locked", "--workspace", "--doc"])
}

fn nextest(mut cargo: Command) -> bool {
    process::output(cargo.args(["nextest", "--version"])).is_ok()
}

fn cargo(checkout: &Checkout, words: &[&str]) -> Result<Outcome> {
    process::run(checkout.workspace.cargo().args(words))?;
    Ok(Outcome::PASSED)
}
