//! Checks that the documents name what exists: each path in backticks, and each item in brackets behind a source file, as in
//! `xtask/src/main.rs` (`run`).

use std::fs;
use std::path::{Path, PathBuf};

/// The documents that are checked.
const DOCUMENTS: [&str; 3] = ["ARCHITECTURE.md", "CONTRIBUTING.md", "GLOSSARY.md"];

/// The keywords before the name of an item.
const ITEM_KEYWORDS: [&str; 8] = ["fn", "struct", "enum", "trait", "type", "const", "static", "mod"];

#[test]
fn documents_name_files_and_items_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a package of the workspace");
    let wrong: Vec<_> = DOCUMENTS.into_iter().flat_map(|document| wrong_names(root, document)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Returns a line for each name in a document that leads nowhere.
fn wrong_names(root: &Path, document: &str) -> Vec<String> {
    let text = fs::read_to_string(root.join(document)).expect("the document exists");
    let mut wrong = Vec::new();
    let (mut file, mut is_in_brackets) = (None::<PathBuf>, false);
    // Every other piece stands between backticks.
    for (index, piece) in text.split('`').enumerate() {
        if index % 2 == 0 {
            is_in_brackets = piece.trim() == "(" || (is_in_brackets && piece.trim() == ",");
        } else if let Some(file) = file.as_ref().filter(|_| is_in_brackets) {
            if !has_item(file, piece) {
                wrong.push(format!("{document}: {} has no item `{piece}`", file.display()));
            }
        } else {
            let path = is_path(root, piece).then(|| root.join(piece));
            if path.as_ref().is_some_and(|path| !path.exists()) {
                wrong.push(format!("{document}: there is no `{piece}`"));
            }
            file = path.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
        }
    }
    wrong
}

/// Tells whether a text in backticks is a path from the repository's root, and neither a pattern nor a built file.
fn is_path(root: &Path, text: &str) -> bool {
    let is_pattern = text.contains(|c: char| c.is_whitespace() || "{}*…<>=:@".contains(c));
    let begins_here = text.split_once('/').is_some_and(|(first, _)| first != "target" && root.join(first).exists());
    let is_source = Path::new(text).extension().is_some_and(|it| it == "rs") && !text.starts_with("foo");
    !is_pattern && (begins_here || is_source)
}

fn has_item(file: &Path, item: &str) -> bool {
    let name = item.rsplit("::").next().unwrap_or(item);
    let source = fs::read_to_string(file).unwrap_or_default();
    let words = source.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let words: Vec<_> = words.collect();
    words.windows(2).any(|pair| ITEM_KEYWORDS.contains(&pair[0]) && pair[1] == name)
}
