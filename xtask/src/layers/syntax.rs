//! Reads the paths that a Rust source names: `use` trees, `crate::…` in expressions and types, and those inside macros.
//!
//! It works on tokens, so that a macro's arguments count like all other code and comments and literals do not count.
//! Method calls name no module, so a dependency through a method alone is not seen.

use std::str::FromStr;

use anyhow::{Result, anyhow};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// The keywords that begin a path inside the crate.
const PATH_KEYWORDS: [&str; 3] = ["crate", "super", "self"];

/// The keywords that begin an item, which ends with a block or a semicolon.
const ITEM_KEYWORDS: [&str; 13] = [
    "async",
    "const",
    "enum",
    "extern",
    "fn",
    "impl",
    "macro_rules",
    "mod",
    "pub",
    "static",
    "struct",
    "trait",
    "type",
];

/// What one source file, or one inline module of it, contains.
#[derive(Debug, Default)]
pub(super) struct Syntax {
    /// The modules that the source declares.
    pub(super) modules: Vec<Declared>,
    /// Holds every path, in the order of the source.
    pub(super) paths: Vec<NamedPath>,
}

/// A module that a `mod` item declares.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) name: String,
    /// Holds the file that a `#[path]` attribute names.
    pub(super) file: Option<String>,
    /// Holds the content of an inline module.
    pub(super) inline: Option<Syntax>,
}

/// A path as written.
#[derive(Debug)]
pub(super) struct NamedPath {
    pub(super) line: usize,
    pub(super) segments: Vec<String>,
    /// The name that a `use` item at the module's top level gives to the path.
    pub(super) alias: Option<String>,
}

impl Syntax {
    /// Parses a source text. Code under `#[cfg(test)]` is left out.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let tokens =
            TokenStream::from_str(text).map_err(|error| anyhow!("line {}: {error}", error.span().start().line))?;
        let mut syntax = Self::default();
        syntax.read(tokens, true);
        Ok(syntax)
    }

    fn read(&mut self, tokens: TokenStream, is_module_level: bool) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let (mut at, mut file) = (0, None);
        while at < tokens.len() {
            let rest = &tokens[at..];
            if let Some(attribute) = attribute(rest) {
                at += 2;
                if is_test_only(attribute) {
                    at += item_length(&tokens[at..]);
                } else if let Some(path) = path_attribute(attribute) {
                    file = Some(path);
                } else {
                    self.read(attribute.stream(), false);
                }
                continue;
            }
            at += if is_keyword(rest, "mod") && is_module_level {
                self.module(rest, file.take())
            } else if is_keyword(rest, "use") && !is_punctuation(rest.get(1), '<') {
                self.use_item(&rest[1..], is_module_level)
            } else if let TokenTree::Group(group) = &rest[0] {
                self.read(group.stream(), false);
                1
            } else {
                self.path(&tokens, at)
            };
        }
    }

    /// Reads `mod name;` or `mod name { … }` and returns the number of its tokens.
    fn module(&mut self, tokens: &[TokenTree], file: Option<String>) -> usize {
        let Some(name) = identifier(tokens.get(1)) else {
            return 1;
        };
        let inline = match tokens.get(2) {
            Some(TokenTree::Group(group)) => {
                let mut syntax = Self::default();
                syntax.read(group.stream(), true);
                Some(syntax)
            }
            _ => None,
        };
        self.modules.push(Declared { name, file, inline });
        3
    }

    /// Reads the tree of a `use` item and returns the number of tokens, the keyword and the semicolon included.
    fn use_item(&mut self, tokens: &[TokenTree], is_module_level: bool) -> usize {
        let end = tokens.iter().position(|token| is_punctuation(Some(token), ';')).unwrap_or(tokens.len());
        self.use_tree(&tokens[..end], &[], is_module_level);
        end + 2
    }

    fn use_tree(&mut self, tokens: &[TokenTree], prefix: &[String], is_module_level: bool) {
        let mut segments = prefix.to_vec();
        let mut alias = None;
        let mut line = 0;
        let mut tokens = tokens.iter();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Group(group) => {
                    let inner: Vec<_> = group.stream().into_iter().collect();
                    for tree in inner.split(|token| is_punctuation(Some(token), ',')) {
                        self.use_tree(tree, &segments, is_module_level);
                    }
                    return;
                }
                TokenTree::Ident(word) if word == "as" => alias = identifier(tokens.next()),
                // `a::{self}` names `a`.
                TokenTree::Ident(word) if word == "self" && !segments.is_empty() => line = start(token),
                TokenTree::Ident(word) => {
                    line = start(token);
                    segments.push(word.to_string());
                }
                _ => {}
            }
        }
        if line > 0 {
            let alias = alias.or_else(|| segments.last().cloned()).filter(|_| is_module_level);
            self.paths.push(NamedPath { line, segments, alias });
        }
    }

    /// Reads a path that begins at this token, if one does, and returns the number of its tokens.
    fn path(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let Some(first) = identifier(tokens.get(at)) else {
            return 1;
        };
        let mut segments = vec![first];
        let mut end = at + 1;
        while is_separator(&tokens[end..]) {
            let Some(segment) = identifier(tokens.get(end + 2)) else {
                break;
            };
            segments.push(segment);
            end += 3;
        }
        let continues = at >= 2 && is_separator(&tokens[at - 2..]) && at >= 3 && ends_path(&tokens[at - 3]);
        if segments.len() > 1 && !continues {
            self.paths.push(NamedPath { line: start(&tokens[at]), segments, alias: None });
        }
        end - at
    }
}

/// Tells whether a path begins with `crate`, `super` or `self`.
pub(super) fn is_inside_crate(segments: &[String]) -> bool {
    segments.first().is_some_and(|first| PATH_KEYWORDS.contains(&first.as_str()))
}

fn attribute(tokens: &[TokenTree]) -> Option<&Group> {
    match tokens {
        [TokenTree::Punct(mark), TokenTree::Group(group), ..]
            if mark.as_char() == '#' && group.delimiter() == Delimiter::Bracket =>
        {
            Some(group)
        }
        _ => None,
    }
}

/// Tells whether an attribute is a `cfg` that holds in tests alone: `test`, or `all(…)` with it.
fn is_test_only(attribute: &Group) -> bool {
    let words: Vec<_> =
        attribute.stream().to_string().split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
    let has = |word: &str| words.iter().any(|it| it == word);
    words[0] == "cfg" && has("test") && !has("not") && !has("any")
}

fn path_attribute(attribute: &Group) -> Option<String> {
    let text = attribute.stream().to_string();
    let (name, value) = text.split_once('=')?;
    (name.trim() == "path").then(|| value.trim().trim_matches('"').to_owned())
}

/// Counts the tokens of an item or a field, from after its first attribute.
fn item_length(tokens: &[TokenTree]) -> usize {
    let is_item = tokens.iter().find_map(|token| identifier(Some(token)));
    let is_item =
        is_item.is_some_and(|word| word == "use" || word == "unsafe" || ITEM_KEYWORDS.contains(&word.as_str()));
    let mut is_use = false;
    for (at, token) in tokens.iter().enumerate() {
        is_use |= is_keyword(&tokens[at..], "use");
        let is_block = matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace) && !is_use;
        if is_block || is_punctuation(Some(token), ';') || (!is_item && is_punctuation(Some(token), ',')) {
            return at + 1;
        }
    }
    tokens.len()
}

fn identifier(token: Option<&TokenTree>) -> Option<String> {
    match token {
        Some(TokenTree::Ident(word)) => Some(word.to_string()),
        _ => None,
    }
}

fn is_keyword(tokens: &[TokenTree], keyword: &str) -> bool {
    matches!(tokens.first(), Some(TokenTree::Ident(word)) if word == keyword)
}

fn is_punctuation(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punctuation)) if punctuation.as_char() == mark)
}

fn is_separator(tokens: &[TokenTree]) -> bool {
    is_punctuation(tokens.first(), ':') && is_punctuation(tokens.get(1), ':')
}

/// Tells whether `token::name` goes on with a path: `Vec::<T>::new`, `Type::name`.
fn ends_path(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Ident(_)) || is_punctuation(Some(token), '>')
}

fn start(token: &TokenTree) -> usize {
    token.span().start().line
}
