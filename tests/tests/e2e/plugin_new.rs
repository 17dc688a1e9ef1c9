//! `lamplighter plugin new` writes a project that builds, and touches no file of the author.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use lamplighter_tests::{Terminal, example_project};

const ALL_LANGUAGES: [&str; 4] = ["rust", "python", "javascript", "c"];

/// Returns the folder of a new user that a project is written into.
fn project(terminal: &Terminal, language: &str) -> PathBuf {
    terminal.home().join(language)
}

async fn new(terminal: &Terminal, name: &str, language: &str, into: &Path) -> Result<lamplighter_tests::CommandOutput> {
    terminal.run(&["plugin", "new", name, "--lang", language, "--into", &into.display().to_string()]).await
}

/// Reads all files below a folder, by their paths in it.
fn files(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(inside) = folders.pop() {
        for entry in inside.read_dir().with_context(|| inside.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(folder)?.to_owned(), std::fs::read(&path)?);
            }
        }
    }
    Ok(files)
}

/// The step `examples` builds what the same function writes. Files that equal those are known to build and to work.
#[tokio::test]
async fn a_new_project_is_the_one_that_is_built_and_tried_in_every_language() -> Result<()> {
    let terminal = Terminal::new()?;
    for language in ALL_LANGUAGES {
        let folder = project(&terminal, language);
        let told = new(&terminal, "party-lights", language, &folder).await?.succeeded()?;
        let written = files(&folder)?;
        assert!(written.len() > 10, "{language}: {:?}", written.keys());
        let Some(built) = example_project(&format!("template-{language}"))? else { continue };
        for (path, content) in &written {
            let there = std::fs::read(built.join(path)).with_context(|| format!("{language}: {}", path.display()))?;
            assert_eq!(there, *content, "{language}: {}", path.display());
        }
        let readme = String::from_utf8_lossy(&written[Path::new("README.md")]).into_owned();
        let commands = readme.split("```").nth(1).context("it has commands")?.lines().skip(1);
        for command in commands {
            assert!(told.stdout.contains(&format!("  {command}\n")), "{}", told.stdout);
        }
    }
    Ok(())
}

#[tokio::test]
async fn nothing_that_is_there_is_touched() -> Result<()> {
    let terminal = Terminal::new()?;
    let folder = project(&terminal, "c");
    std::fs::create_dir(&folder)?;
    // An empty folder is as good as none.
    new(&terminal, "blinker", "c", &folder).await?.succeeded()?;
    std::fs::write(folder.join("plugin.c"), "mine")?;
    let before = files(&folder)?;
    for (name, language) in [("blinker", "c"), ("other", "rust")] {
        let told = new(&terminal, name, language, &folder).await?;
        assert_eq!(told.code, Some(1), "{}", told.text());
        assert!(told.stderr.contains("is not empty: nothing was written"), "{}", told.stderr);
        assert_eq!(files(&folder)?, before);
    }
    let file = folder.join("plugin.c");
    let told = new(&terminal, "blinker", "c", &file).await?;
    assert_eq!((told.code, std::fs::read(&file)?.as_slice()), (Some(1), b"mine".as_slice()), "{}", told.text());
    Ok(())
}

#[tokio::test]
async fn a_name_that_no_plugin_can_have_is_wrong_usage() -> Result<()> {
    let terminal = Terminal::new()?;
    let folder = project(&terminal, "any");
    for (name, language, why) in [
        ("Party", "c", "lower-case letters"),
        ("7up", "c", "begins with a letter"),
        ("../up", "c", "lower-case letters"),
        ("lights", "python", "comes with Lamplighter"),
        ("match", "rust", "means something to Rust"),
        ("blinker", "cobol", "rust, python, javascript, c"),
    ] {
        let told = new(&terminal, name, language, &folder).await?;
        assert_eq!(told.code, Some(2), "{name}: {}", told.text());
        assert!(told.stderr.contains(why), "{name}: {}", told.stderr);
        assert!(!folder.exists(), "{name}");
    }
    Ok(())
}
