//! Lists the files of the contract and of the SDK that `lamplighter plugin new` writes into a project
//! (`templates.rs`). The package xtask builds with this too.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The folders of the SDK, and where they belong in a project.
const SDK_FOLDERS: [(&str, &str); 3] = [
    ("plugins/sdk/src", "vendor/lamplighter-plugin/src"),
    ("plugins/report/src", "vendor/lamplighter-report/src"),
    ("bridge/names/src", "vendor/hue-names/src"),
];

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Writes `copies.rs`, with a constant for each list of files.
pub(crate) fn main() -> Result<()> {
    let package = env::var("CARGO_MANIFEST_DIR")?;
    let root = Path::new(&package).parent().ok_or("a package of this workspace")?;
    let mut text = String::new();
    for (name, folders) in [("WIT_FILES", &[("wit", "wit")][..]), ("SDK_FILES", &SDK_FOLDERS)] {
        writeln!(text, "const {name}: &[File] = &[")?;
        for (from, to) in folders {
            println!("cargo::rerun-if-changed={}", root.join(from).display());
            list(&root.join(from), to, &mut text)?;
        }
        writeln!(text, "];")?;
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("copies.rs"), text)?;
    Ok(())
}

/// Writes an entry for each file: its path in a project, and its content.
fn list(folder: &Path, to: &str, text: &mut String) -> Result<()> {
    let mut entries = folder.read_dir()?.collect::<std::io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, to) = (entry.path(), format!("{to}/{}", entry.file_name().to_string_lossy()));
        if path.is_dir() {
            list(&path, &to, text)?;
        } else {
            let path = path.to_str().ok_or("a path that is text")?;
            writeln!(text, "    ({to:?}, include_str!({path:?})),")?;
        }
    }
    Ok(())
}
