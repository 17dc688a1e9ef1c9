//! `plugin approve` and `plugin unpin`: the operator decides which bytes of a plugin are served.

use std::{
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    process::ExitCode,
};

use anyhow::{Context as _, bail};

use crate::{
    approval::{self, Approval, Approvals},
    cli::text::escape_deceptive,
    config::{Config, Pin},
    inspect::{self, Inspector},
};

/// Shows what is new, and approves it if the operator agrees.
pub(super) async fn run(config: Config, name: &str, pin: Pin, yes: bool) -> anyhow::Result<ExitCode> {
    let file = config.plugins_dir.join(format!("{name}.wasm"));
    let bytes = inspect::read(&file)?;
    let inspector = Inspector::open(config, None, None)?;
    let plugin = inspector.load(name, bytes.clone()).await.with_context(|| file.display().to_string())?;
    let surface = approval::plugin_surface(&plugin);
    let before = inspector.host.loader.approvals.read(name).unwrap_or_else(|error| {
        out!("The present approval cannot be read and will be replaced: {error:#}");
        None
    });
    show(name, before.as_ref(), &surface);
    if !yes && !ask_to_confirm()? {
        out!("Nothing was approved.");
        return Ok(ExitCode::FAILURE);
    }
    inspector.host.loader.approvals.approve(name, &bytes, surface, pin)?;
    let held = match pin {
        Pin::Digest => "any other bytes",
        Pin::Surface => "bytes with other tools, descriptions, schemas, hints or imports",
    };
    out!("{name} {} is approved; {held} will wait for approval.", plugin.digest);
    Ok(ExitCode::SUCCESS)
}

/// Takes an approval back.
pub(super) fn withdraw(config: &Config, name: &str) -> anyhow::Result<ExitCode> {
    if Approvals::new(&config.state_dir).withdraw(name)? {
        out!("{name} is pinned no more: new bytes are served at once.");
        Ok(ExitCode::SUCCESS)
    } else {
        bail!("{name} was not approved, so there is nothing to take back")
    }
}

fn show(name: &str, before: Option<&Approval>, surface: &serde_json::Value) {
    match before {
        None => {
            out!("{name} was never approved. What it shows and imports:");
            out!("{}", escape_deceptive(&serde_json::to_string_pretty(surface).unwrap_or_default()));
        }
        Some(before) => {
            let new = approval::differences(&before.surface, surface);
            if new.is_empty() {
                out!("{name} has other bytes than those approved, with the same tools and imports.");
            } else {
                out!("New in {name}:");
                for line in &new {
                    out!("  {}", escape_deceptive(line));
                }
            }
        }
    }
}

fn ask_to_confirm() -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        bail!("stdin is no terminal, so nothing can be asked: review the lines above and add --yes");
    }
    write!(io::stdout(), "Approve? [y/N] ")?;
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
