//! `lamplighter-precompile TARGET BUNDLE COMPONENT…` compiles components to machine code for every machine with the target's
//! processor architecture, into the folder BUNDLE.
//!
//! `NAME.wasm` becomes `NAME.DIGEST.cwasm`, with the BLAKE3 digest of the component. Code that is there already and still
//! fits is kept; other code is removed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use wasmtime::Engine;
use wasmtime::component::Component;

#[path = "../../src/plugin/code_settings.rs"]
mod code_settings;

use code_settings::code_settings;

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [target, bundle, components @ ..] = &arguments[..] else {
        bail!("usage: lamplighter-precompile TARGET BUNDLE COMPONENT…");
    };
    let bundle = Path::new(bundle);
    fs::create_dir_all(bundle).with_context(|| format!("cannot make {}", bundle.display()))?;
    let compiler = Engine::new(code_settings().target(target).map_err(into_anyhow)?);
    let compiler = compiler.map_err(into_anyhow)?;
    let host = Engine::new(&code_settings()).map_err(into_anyhow)?;
    let made = components.iter().map(|component| precompile(&compiler, &host, Path::new(component), bundle));
    let made: BTreeSet<PathBuf> = made.collect::<Result<_>>()?;
    for entry in fs::read_dir(bundle)? {
        let path = entry?.path();
        if !made.contains(&path) {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// Compiles a component, unless there is code of it that `host` can run, and returns the path of its code.
fn precompile(compiler: &Engine, host: &Engine, component: &Path, bundle: &Path) -> Result<PathBuf> {
    let bytes = fs::read(component).with_context(|| format!("cannot read {}", component.display()))?;
    let name = component.file_stem().and_then(|name| name.to_str()).context("a component needs a name")?;
    let code = bundle.join(format!("{name}.{}.cwasm", blake3::hash(&bytes).to_hex()));
    // SAFETY: this program wrote the file. Nothing in it is run.
    let fits = code.exists() && unsafe { Component::deserialize_file(host, &code) }.is_ok();
    if !fits {
        fs::write(&code, compiler.precompile_component(&bytes).map_err(into_anyhow)?)?;
    }
    Ok(code)
}

#[allow(clippy::needless_pass_by_value, reason = "used as a function value in map_err")]
fn into_anyhow(error: wasmtime::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}
