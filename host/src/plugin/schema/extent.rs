//! How large a schema is once its references are followed. A short text can stand for a validation without end: forty
//! definitions that each refer twice to the next are a trillion.

use std::collections::HashMap;

use serde_json::Value;

/// Most rules a schema may stand for.
const MAX_NODES: usize = 10_000;

/// What a schema costs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extent {
    /// Nodes, those behind references counted each time they are reached.
    pub(super) nodes: usize,
    /// Regular expressions, each counted once.
    pub(super) patterns: usize,
}

impl Extent {
    /// Measures a schema.
    ///
    /// # Errors
    /// What is not allowed in it: references that leave the document, that multiply, or that lead back more than once;
    /// identifiers that would give references another base; other dialects.
    pub(super) fn of(schema: &Value) -> Result<Self, String> {
        let mut anchors = HashMap::new();
        let patterns = collect(schema, &mut anchors)?;
        let mut walk = Walk { root: schema, anchors, nodes: 0, back: 0, path: Vec::new() };
        walk.follow(schema)?;
        Ok(Self { nodes: walk.nodes, patterns })
    }
}

/// Checks each keyword once, gathers anchors, and counts regular expressions.
fn collect<'s>(schema: &'s Value, anchors: &mut HashMap<&'s str, &'s Value>) -> Result<usize, String> {
    let mut patterns = 0;
    match schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                check(name, value)?;
                match (name.as_str(), value) {
                    ("$anchor", Value::String(anchor)) => drop(anchors.insert(anchor, schema)),
                    ("pattern", Value::String(_)) => patterns += 1,
                    ("patternProperties", Value::Object(properties)) => patterns += properties.len(),
                    _ => {}
                }
                patterns += collect(value, anchors)?;
            }
        }
        Value::Array(items) => {
            for item in items {
                patterns += collect(item, anchors)?;
            }
        }
        _ => {}
    }
    Ok(patterns)
}

fn check(name: &str, value: &Value) -> Result<(), String> {
    let Some(target) = value.as_str() else { return Ok(()) };
    match name {
        "$ref" if !target.starts_with('#') => {
            Err(format!("its $ref {target:?} leaves the document; only #... is allowed"))
        }
        "$dynamicRef" | "$recursiveRef" => Err(format!("it has a {name}; use $ref")),
        "$schema" if !target.starts_with("https://json-schema.org/draft/2020-12/schema") => {
            Err(format!("its $schema is {target:?}; only JSON Schema 2020-12 is understood"))
        }
        "$id" => Err("it has an $id, which would let references leave the document".to_owned()),
        _ => Ok(()),
    }
}

/// A walk along the schema and its references, as a validator goes.
struct Walk<'s> {
    root: &'s Value,
    anchors: HashMap<&'s str, &'s Value>,
    nodes: usize,
    /// References that lead back to where the walk came from.
    back: usize,
    path: Vec<*const Value>,
}

impl<'s> Walk<'s> {
    fn follow(&mut self, schema: &'s Value) -> Result<(), String> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(format!("with its references followed it has more than {MAX_NODES} parts"));
        }
        self.path.push(schema);
        match schema {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value.as_str().filter(|_| name == "$ref") {
                        Some(target) => self.refer(target)?,
                        // Definitions count where they are referred to.
                        None if name == "$defs" || name == "definitions" => {}
                        None => self.follow(value)?,
                    }
                }
            }
            Value::Array(items) => items.iter().try_for_each(|item| self.follow(item))?,
            _ => {}
        }
        self.path.pop();
        Ok(())
    }

    /// What a reference leads to that does not exist is the compiler's to say.
    fn refer(&mut self, target: &str) -> Result<(), String> {
        let name = target.trim_start_matches('#');
        let found = if name.is_empty() || name.starts_with('/') {
            self.root.pointer(&name.replace("%25", "%").replace("%24", "$"))
        } else {
            self.anchors.get(name).copied()
        };
        let Some(schema) = found else { return Ok(()) };
        if !self.path.contains(&std::ptr::from_ref(schema)) {
            return self.follow(schema);
        }
        self.back += 1;
        // With one way back a validation is as long as the value is deep; with two it doubles with each level.
        if self.back > 1 { Err("it refers to itself more than once".to_owned()) } else { Ok(()) }
    }
}
