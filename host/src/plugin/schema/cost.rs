//! The cost of a schema once its references are followed. A short text can take endless time to validate: forty
//! definitions that each refer twice to the next are a trillion rules.

use std::collections::HashMap;

use serde_json::Value;

use crate::contract::Invalid;

/// Limits the rules of a schema with its references followed.
const MAX_NODES: usize = 10_000;

/// Measures a schema, to estimate the time that validation takes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SchemaCost {
    /// Counts the nodes; a node behind references counts each time it is reached.
    pub(super) nodes: usize,
    /// Counts the regular expressions. Each counts once, however often it is reached.
    pub(super) patterns: usize,
}

impl SchemaCost {
    /// Measures a schema.
    ///
    /// # Errors
    /// Its references leave the document, multiply, or lead back more than once; it has an identifier, which would give
    /// references another base; or it has another dialect.
    pub(super) fn measure(schema: &Value) -> Result<Self, Invalid> {
        let mut anchors = HashMap::new();
        let patterns = scan_keywords(schema, &mut anchors)?;
        let mut walk = Walk { root: schema, anchors, nodes: 0, cycles: 0, path: Vec::new() };
        walk.visit(schema)?;
        Ok(Self { nodes: walk.nodes, patterns })
    }
}

/// Checks each keyword once, gathers anchors, and counts regular expressions.
fn scan_keywords<'s>(schema: &'s Value, anchors: &mut HashMap<&'s str, &'s Value>) -> Result<usize, Invalid> {
    let mut patterns = 0;
    match schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                check_keyword(name, value)?;
                match (name.as_str(), value) {
                    ("$anchor", Value::String(anchor)) => drop(anchors.insert(anchor, schema)),
                    ("pattern", Value::String(_)) => patterns += 1,
                    ("patternProperties", Value::Object(properties)) => patterns += properties.len(),
                    _ => {}
                }
                patterns += scan_keywords(value, anchors)?;
            }
        }
        Value::Array(items) => {
            for item in items {
                patterns += scan_keywords(item, anchors)?;
            }
        }
        _ => {}
    }
    Ok(patterns)
}

fn check_keyword(name: &str, value: &Value) -> Result<(), Invalid> {
    let Some(target) = value.as_str() else { return Ok(()) };
    let rule = match name {
        "$ref" if !target.starts_with('#') => {
            format!("its $ref {target:?} leaves the document; only #... is allowed")
        }
        "$dynamicRef" | "$recursiveRef" => format!("it has a {name}; use $ref"),
        "$schema" if !target.starts_with("https://json-schema.org/draft/2020-12/schema") => {
            format!("its $schema is {target:?}; only JSON Schema 2020-12 is understood")
        }
        "$id" => "it has an $id, which would let references leave the document".to_owned(),
        _ => return Ok(()),
    };
    Err(Invalid::new(rule))
}

/// Walks along the schema and its references as a validator does.
struct Walk<'s> {
    root: &'s Value,
    anchors: HashMap<&'s str, &'s Value>,
    nodes: usize,
    /// Counts the references that lead back into the path.
    cycles: usize,
    path: Vec<*const Value>,
}

impl<'s> Walk<'s> {
    fn visit(&mut self, schema: &'s Value) -> Result<(), Invalid> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let rule = format!("with its references followed it has more than {MAX_NODES} parts");
            return Err(Invalid::new(rule));
        }
        self.path.push(schema);
        match schema {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value.as_str().filter(|_| name == "$ref") {
                        Some(target) => self.follow_reference(target)?,
                        // Definitions count where they are referred to.
                        None if name == "$defs" || name == "definitions" => {}
                        None => self.visit(value)?,
                    }
                }
            }
            Value::Array(items) => items.iter().try_for_each(|item| self.visit(item))?,
            _ => {}
        }
        self.path.pop();
        Ok(())
    }

    /// Visits the target of a reference. The schema's compiler reports a target that does not exist.
    fn follow_reference(&mut self, target: &str) -> Result<(), Invalid> {
        let name = target.trim_start_matches('#');
        let found = if name.is_empty() || name.starts_with('/') {
            self.root.pointer(&name.replace("%25", "%").replace("%24", "$"))
        } else {
            self.anchors.get(name).copied()
        };
        let Some(schema) = found else { return Ok(()) };
        if !self.path.contains(&std::ptr::from_ref(schema)) {
            return self.visit(schema);
        }
        self.cycles += 1;
        // With one cycle, validation takes as long as the value is deep. With two it doubles with each level.
        if self.cycles > 1 { Err(Invalid::new("it refers to itself more than once")) } else { Ok(()) }
    }
}
