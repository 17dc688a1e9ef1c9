#!/usr/bin/env bash
# wasmtime 48.0.8: the cargo feature `gc` without one of `gc-drc`, `gc-null` and `gc-copying`.
#
# One would guess: a cargo feature only adds something. An engine with the default configuration is made as before, and a
# module without references needs no collector.
#
# What happens instead: `Engine::new(&Config::new())` is an error ("cannot create an engine with GC support when none of
# the collectors are available"), and `Engine::default()` panics, whatever is to be run. Cargo unites features, so any crate
# in the tree that asks for `gc` alone breaks every `Engine::default()` elsewhere. With `Config::gc_support(false)` the
# engine is made and runs the module.
#
# Passes while this is so; fails when it changes. Needs cargo and the crates registry, and takes some minutes.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/src"
cat > "$dir/Cargo.toml" <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"
[dependencies]
wasmtime = { version = "=48.0.8", default-features = false, features = ["cranelift", "gc", "runtime", "std", "wat"] }
[workspace]
TOML
cat > "$dir/src/main.rs" <<'RUST'
use wasmtime::{Config, Engine, Instance, Module, Store};

fn answer(engine: &Engine) -> wasmtime::Result<i32> {
    let module = Module::new(engine, r#"(module (func (export "answer") (result i32) i32.const 42))"#)?;
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    instance.get_typed_func::<(), i32>(&mut store, "answer")?.call(&mut store, ())
}

fn main() {
    let usual = Engine::new(&Config::new()).map(|_| ());
    println!("Engine::new(&Config::new()): {usual:?}");
    let mut config = Config::new();
    config.gc_support(false);
    let without = Engine::new(&config).and_then(|engine| answer(&engine));
    println!("with gc_support(false), the module answers: {without:?}");
    let told = usual.err().map(|error| error.to_string()).unwrap_or_default();
    let as_described = told.contains("none of the collectors") && matches!(without, Ok(42));
    std::process::exit(i32::from(!as_described));
}
RUST
cd "$dir"
cargo run --quiet && echo "as described" || { echo "this has changed"; exit 1; }
