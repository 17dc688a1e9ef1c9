//! Tests of the layer check on small planted sources.

use std::path::Path;

use super::rules;
use super::sources::Sources;

const SMALL_RULES: &str = r#"
[small]
root = "src/lib.rs"
order = ["config", "plugin", "calls"]
[small.uses]
plugin = ["config"]
calls = ["config", "plugin"]
[small.crates]
wasmtime = ["plugin"]
"#;

/// A crate that keeps the rules.
const GOOD_CRATE: [(&str, &str); 5] = [
    ("src/lib.rs", "mod calls; mod config; mod plugin; fn main() { crate::calls::run() }"),
    ("src/config.rs", "pub struct Limit;"),
    ("src/plugin.rs", "mod load; mod store;\nuse wasmtime::Engine;\npub use self::load::Plugin;"),
    ("src/plugin/load.rs", "use super::store::Store;\nuse crate::config::{self, Limit};\npub struct Plugin;"),
    ("src/calls.rs", "use crate::plugin::Plugin;\nfn run() { vec![crate::config::Limit]; }"),
];

/// Returns the violations of the good crate with some files replaced or added.
fn violations_with(planted: &[(&str, &str)]) -> Vec<String> {
    let read = |file: &Path| {
        let files = planted.iter().chain(&GOOD_CRATE).chain(&[("src/plugin/store.rs", "pub struct Store;")]);
        let mut same = files.filter(|(name, _)| Path::new(name) == file);
        same.next().map(|(_, text)| (*text).to_owned())
    };
    let rules = rules::parse(SMALL_RULES).expect("the rules are well formed");
    let sources = Sources::read(&rules["small"].root, &read).expect("the sources are well formed");
    rules["small"].violations(&sources)
}

#[test]
fn a_crate_that_keeps_the_rules_has_no_violation() {
    assert_eq!(violations_with(&[]), Vec::<String>::new());
}

#[test]
fn an_upward_import_is_named_with_file_and_line() {
    let store = ("src/plugin/store.rs", "pub struct Store;\n\nuse crate::{calls::run, config::Limit};");
    let violations = violations_with(&[store]);
    assert_eq!(violations[0], "src/plugin/store.rs:3: plugin may not use calls (it may use config)");
}

#[test]
fn an_upward_path_in_an_expression_or_a_macro_counts_like_an_import() {
    for text in ["fn f() { crate::calls::run() }", "fn f() { println!(\"{}\", crate::calls::run()) }"] {
        let violations = violations_with(&[("src/config.rs", text)]);
        assert_eq!(violations[0], "src/config.rs:1: config may not use calls (it may use nothing)", "{text}");
    }
}

#[test]
fn a_reexport_hides_no_dependency() {
    let config = ("src/config.rs", "pub use crate::plugin::Plugin as Limit;");
    let calls = ("src/calls.rs", "use crate::config::Limit;");
    let violations = violations_with(&[config, calls]);
    assert_eq!(violations[0], "src/config.rs:1: config may not use plugin (it may use nothing)");
    let unused = "layers.toml, [small]: calls does not use config; take it out of `uses`".to_owned();
    assert!(violations.contains(&unused), "calls uses plugin through config: {violations:?}");
}

#[test]
fn a_circle_below_the_top_is_shown_with_each_step() {
    let store = ("src/plugin/store.rs", "pub struct Store;\nuse super::load::Plugin;");
    let circle = "circle in plugin: load → store (src/plugin/load.rs:1), store → load (src/plugin/store.rs:2)";
    assert_eq!(violations_with(&[store]), [circle]);
}

#[test]
fn a_parent_and_its_child_may_use_each_other() {
    let store = ("src/plugin/store.rs", "pub struct Store;\nuse super::Engine;\nuse super::helper;");
    assert_eq!(violations_with(&[store]), Vec::<String>::new());
}

#[test]
fn code_of_tests_is_exempt() {
    let config = "#[cfg(test)]\nmod tests { use crate::calls::run; }\n#[cfg(test)]\nuse crate::calls::{a, b};\n\
                  #[cfg(test)]\nfn f<A, B>() { crate::calls::run() }\nstruct S { #[cfg(test)] a: crate::calls::A, }";
    assert_eq!(violations_with(&[("src/config.rs", config)]), Vec::<String>::new());
}

#[test]
fn what_follows_code_of_tests_is_not_exempt() {
    let config = "#[cfg(test)]\nuse crate::calls::{a, b};\nstruct S { #[cfg(test)] a: u8, b: crate::calls::B }";
    let violations = violations_with(&[("src/config.rs", config)]);
    assert_eq!(violations[0], "src/config.rs:3: config may not use calls (it may use nothing)");
}

#[test]
fn comments_and_texts_do_not_count() {
    let config = "//! See [`crate::calls::run`].\n/* crate::calls */ const TEXT_A: &str = \"crate::calls::run\";";
    assert_eq!(violations_with(&[("src/config.rs", config)]), Vec::<String>::new());
}

#[test]
fn a_crate_from_outside_is_named_in_its_place_alone() {
    let calls = ("src/calls.rs", "use crate::config;\nuse crate::plugin;\nfn f(_: wasmtime::Engine) {}");
    assert_eq!(violations_with(&[calls]), ["src/calls.rs:3: only plugin may name the crate wasmtime"]);
}

#[test]
fn a_rule_that_points_upwards_is_refused() {
    let upward = SMALL_RULES.replace("[small.crates]", "config = [\"calls\"]\n[small.crates]");
    let error = rules::parse(&upward).err().expect("config lies below calls");
    assert!(format!("{error:#}").contains("config → calls points upwards"), "{error:#}");
}
