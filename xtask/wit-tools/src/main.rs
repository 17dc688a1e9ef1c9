//! Stands in for two programs that build a plugin in C: `wit-bindgen c` and `wasm-tools component new`.
//!
//! It takes the same arguments and uses the same libraries. An author installs those programs, which takes minutes to
//! compile; these libraries take seconds, so the examples are built with this program.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use wit_bindgen_core::{Files, wit_parser::Resolve};
use wit_component::ComponentEncoder;

#[derive(Parser)]
#[command(name = "wit-tools")]
enum Command {
    /// Write the C bindings of a world: `wit-bindgen c`
    C(Bindings),
    /// Make a component: `wasm-tools component`
    #[command(subcommand)]
    Component(Component),
}

#[derive(Args)]
struct Bindings {
    #[command(flatten)]
    options: wit_bindgen_c::Opts,
    /// The folder that holds the WIT files
    wit: PathBuf,
    #[arg(long)]
    world: String,
    #[arg(long)]
    out_dir: PathBuf,
}

#[derive(Subcommand)]
enum Component {
    /// Make a component of a core module whose types wit-bindgen put in: `wasm-tools component new`
    New {
        module: PathBuf,
        #[arg(short)]
        output: PathBuf,
    },
}

fn main() -> Result<()> {
    match Command::parse() {
        Command::C(bindings) => write_bindings(bindings),
        Command::Component(Component::New { module, output }) => write_component(&module, &output),
    }
}

fn write_bindings(Bindings { options, wit, world, out_dir }: Bindings) -> Result<()> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(&wit)?;
    let world = resolve.select_world(&[package], Some(&world))?;
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files)?;
    fs::create_dir_all(&out_dir)?;
    for (name, content) in files.iter() {
        let file = out_dir.join(name);
        fs::write(&file, content).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

fn write_component(module: &Path, output: &Path) -> Result<()> {
    let bytes = fs::read(module).with_context(|| format!("cannot read {}", module.display()))?;
    let component = ComponentEncoder::default().validate(true).module(&bytes)?.encode()?;
    fs::write(output, component).with_context(|| format!("cannot write {}", output.display()))
}
