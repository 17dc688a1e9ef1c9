//! Finds or installs the toolchain that builds plugins for `wasm32-wasip2`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::workspace::Workspace;
use crate::{debian, process};

/// The target triple that plugins are built for.
pub(crate) const WASM_TARGET: &str = "wasm32-wasip2";

/// The packages in which Debian has rustc for WebAssembly, the source of its standard library, a C library and a linker.
const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "rust-web-src", "wasi-libc", "lld"];
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_LIBC: &str = "/usr/lib/wasm32-wasi";

/// Selects where the target comes from.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Source {
    /// The installed toolchain; if it lacks the target, rustup; if that cannot fetch it, Debian
    #[default]
    Auto,
    /// Debian's rustc, which builds the standard library from source
    Debian,
}

/// A toolchain that builds for `wasm32-wasip2`.
pub(crate) enum Toolchain {
    /// Is the installed toolchain, which has the target.
    Installed,
    /// Is Debian's rustc, which builds the standard library itself, with the component linker of the installed toolchain.
    Debian { linker: PathBuf },
}

impl Toolchain {
    /// Finds a toolchain, and installs what is missing if it can.
    pub(crate) fn ensure(workspace: &Workspace, source: Source) -> Result<Self> {
        if source == Source::Auto && (has_target(workspace)? || rustup_adds_target(workspace)) {
            return Ok(Self::Installed);
        }
        if let Some(linker) = component_linker(workspace)?
            && ensure_debian(source)
        {
            return Ok(Self::Debian { linker });
        }
        bail!(
            "plugins are built for {WASM_TARGET}, and this toolchain does not have it.\n\
             With rustup:   rustup target add {WASM_TARGET}\n\
             On Debian:     apt-get install --no-install-recommends {}   (as root, beside a rustup toolchain)",
            DEBIAN_PACKAGES.join(" "),
        )
    }

    /// Returns the options that build the plugins of the tests: Debian's C library has no sockets.
    pub(crate) fn guest_features(&self) -> &'static [&'static str] {
        match self {
            Self::Installed => &[],
            Self::Debian { .. } => &["--features", "lamplighter-test-guests/no-sockets"],
        }
    }

    /// Returns a cargo command for the target with the profile `plugin`; `verb` is `build` or `clippy`.
    pub(crate) fn cargo(&self, workspace: &Workspace, verb: &str) -> Command {
        let mut command = workspace.cargo();
        command.args([verb, "--target", WASM_TARGET, "--profile", "plugin"]);
        self.equip(&mut command, &workspace.target);
        command
    }

    /// Returns the folder in which a cargo works that [`equip`](Self::equip) gave this target folder.
    pub(crate) fn target_folder(&self, target: &Path) -> PathBuf {
        match self {
            Self::Installed => target.to_owned(),
            // Two compilers in one folder would invalidate each other's work.
            Self::Debian { .. } => target.join("debian"),
        }
    }

    /// Sets the environment of a `cargo build` for the target, which works below this target folder.
    pub(crate) fn equip(&self, cargo: &mut Command, target: &Path) {
        cargo.env("CARGO_TARGET_DIR", self.target_folder(target));
        if let Self::Debian { linker } = self {
            cargo
                .args(["-Z", "build-std=std,panic_abort"])
                .env("RUSTC", DEBIAN_RUSTC)
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_WASIP2_LINKER", linker)
                .env("CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS", format!("-L {DEBIAN_LIBC}"));
        }
    }
}

/// Tells whether the standard library for the target is installed where rustc looks for it.
fn has_target(workspace: &Workspace) -> Result<bool> {
    let folder = rustc(workspace, &["--print", "target-libdir", "--target", WASM_TARGET])?;
    let Ok(files) = Path::new(&folder).read_dir() else {
        return Ok(false);
    };
    Ok(files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libstd-")))
}

fn rustup_adds_target(workspace: &Workspace) -> bool {
    if !process::is_available("rustup", &["--version"]) {
        return false;
    }
    eprintln!("Getting {WASM_TARGET} from rustup");
    let mut rustup = Command::new("rustup");
    process::run(rustup.args(["target", "add", WASM_TARGET]).current_dir(&workspace.root))
        .inspect_err(|error| eprintln!("{error:#}"))
        .is_ok()
}

/// Returns the target of this machine, such as `x86_64-unknown-linux-gnu`.
pub(crate) fn host_target(workspace: &Workspace) -> Result<String> {
    let version = rustc(workspace, &["-vV"])?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc -vV names no host")?;
    Ok(host.to_owned())
}

/// Finds the linker for components in the installed toolchain; Debian has none.
fn component_linker(workspace: &Workspace) -> Result<Option<PathBuf>> {
    let sysroot = rustc(workspace, &["--print", "sysroot"])?;
    let linker = Path::new(&sysroot).join("lib/rustlib").join(host_target(workspace)?).join("bin/wasm-component-ld");
    Ok(linker.exists().then_some(linker))
}

/// Tells whether Debian's packages are installed, after installing them if this process may.
fn ensure_debian(source: Source) -> bool {
    if has_debian() {
        return true;
    }
    if source == Source::Auto {
        eprintln!("rustup could not get {WASM_TARGET}");
    }
    debian::install(&DEBIAN_PACKAGES) && has_debian()
}

/// Tells whether Debian's rustc with WebAssembly is installed.
///
/// The ordinary one has the same path, and lacks the source of the standard library.
fn has_debian() -> bool {
    let sysroot = process::output(Command::new(DEBIAN_RUSTC).args(["--print", "sysroot"]));
    let source = sysroot.is_ok_and(|root| Path::new(&root).join("lib/rustlib/src/rust/library/std").exists());
    source && Path::new(DEBIAN_LIBC).exists()
}

fn rustc(workspace: &Workspace, words: &[&str]) -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
    process::output(Command::new(rustc).args(words).current_dir(&workspace.root))
}
