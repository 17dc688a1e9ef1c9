//! The toolchain that plugins are built with: `wasm32-wasip2`, however this machine can have it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::workspace::Workspace;
use crate::{debian, process};

/// What plugins are built for.
pub(crate) const TARGET: &str = "wasm32-wasip2";

/// What Debian calls its rustc with WebAssembly, the source of the standard library, and the C library and linker for it.
const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "rust-web-src", "wasi-libc", "lld"];
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_LIBC: &str = "/usr/lib/wasm32-wasi";

/// Where the target comes from.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Source {
    /// The installed toolchain; if it lacks the target, rustup; if that cannot fetch it, Debian
    #[default]
    Auto,
    /// Debian's rustc, which builds the standard library from source
    Debian,
}

/// A way to build for `wasm32-wasip2`.
pub(crate) enum Toolchain {
    /// The toolchain has the target.
    Installed,
    /// Debian's rustc builds the standard library itself, linked by the component linker of the installed toolchain.
    Debian { linker: PathBuf },
}

impl Toolchain {
    /// Finds a way, and installs what is missing if it can.
    pub(crate) fn ensure(workspace: &Workspace, source: Source) -> Result<Self> {
        if source == Source::Auto && (has_target(workspace)? || rustup_adds_target(workspace)) {
            return Ok(Self::Installed);
        }
        if let Some(linker) = component_linker(workspace)?
            && debian_can(source)
        {
            return Ok(Self::Debian { linker });
        }
        bail!(
            "plugins are built for {TARGET}, and this toolchain does not have it.\n\
             With rustup:   rustup target add {TARGET}\n\
             On Debian:     apt-get install --no-install-recommends {}   (as root, beside a rustup toolchain)",
            DEBIAN_PACKAGES.join(" "),
        )
    }

    /// What the plugins of the tests are built with: Debian's C library has no sockets.
    pub(crate) fn guest_features(&self) -> &'static [&'static str] {
        match self {
            Self::Installed => &[],
            Self::Debian { .. } => &["--features", "lamplighter-test-guests/no-sockets"],
        }
    }

    /// A cargo that builds for the target, with the profile `plugin`. `verb` is `build` or `clippy`.
    pub(crate) fn cargo(&self, workspace: &Workspace, verb: &str) -> Command {
        let mut command = workspace.cargo();
        command.args([verb, "--target", TARGET, "--profile", "plugin"]);
        self.equip(&mut command, &workspace.target);
        command
    }

    /// Where [`equip`](Self::equip) lets a cargo work that is given this target folder.
    pub(crate) fn target_folder(&self, target: &Path) -> PathBuf {
        match self {
            Self::Installed => target.to_owned(),
            // Two compilers in one folder would throw each other's work away.
            Self::Debian { .. } => target.join("debian"),
        }
    }

    /// Lets a `cargo build` for the target find what it needs, and work below this target folder.
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

/// Whether the standard library for the target lies where rustc looks for it.
fn has_target(workspace: &Workspace) -> Result<bool> {
    let folder = rustc(workspace, &["--print", "target-libdir", "--target", TARGET])?;
    let Ok(files) = Path::new(&folder).read_dir() else {
        return Ok(false);
    };
    Ok(files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libstd-")))
}

fn rustup_adds_target(workspace: &Workspace) -> bool {
    if !process::is_there("rustup", &["--version"]) {
        return false;
    }
    eprintln!("Getting {TARGET} from rustup");
    let mut rustup = Command::new("rustup");
    process::run(rustup.args(["target", "add", TARGET]).current_dir(&workspace.root))
        .inspect_err(|error| eprintln!("{error:#}"))
        .is_ok()
}

/// The linker that makes components, from the toolchain that is installed; Debian has none.
fn component_linker(workspace: &Workspace) -> Result<Option<PathBuf>> {
    let sysroot = rustc(workspace, &["--print", "sysroot"])?;
    let version = rustc(workspace, &["-vV"])?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc -vV names no host")?;
    let linker = Path::new(&sysroot).join("lib/rustlib").join(host).join("bin/wasm-component-ld");
    Ok(linker.exists().then_some(linker))
}

/// Whether Debian's packages are there, after installing them if this may.
fn debian_can(source: Source) -> bool {
    if debian_is_there() {
        return true;
    }
    if source == Source::Auto {
        eprintln!("rustup could not get {TARGET}");
    }
    debian::install(&DEBIAN_PACKAGES) && debian_is_there()
}

/// A rustc at that place may also be Debian's ordinary one, without the source of the standard library.
fn debian_is_there() -> bool {
    let sysroot = process::output(Command::new(DEBIAN_RUSTC).args(["--print", "sysroot"]));
    let source = sysroot.is_ok_and(|root| Path::new(&root).join("lib/rustlib/src/rust/library/std").exists());
    source && Path::new(DEBIAN_LIBC).exists()
}

fn rustc(workspace: &Workspace, words: &[&str]) -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
    process::output(Command::new(rustc).args(words).current_dir(&workspace.root))
}
