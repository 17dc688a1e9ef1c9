//! Argument conversion: the right value in another type than the schema's. Clients and models write `"40"`, `40.0` or
//! `null` where `40` or nothing is meant.
//!
//! A value that its schema accepts stays as it is, except a number without fraction where the schema says integer. A
//! refused value is converted only if that makes it valid; each JSON type has one conversion at most:
//!
//! | written | is taken as |
//! |---|---|
//! | text that is exactly a JSON number, boolean, list or object | that value |
//! | a number | its decimal text |
//! | `null`, or text of no length, for a property that may be absent | absence |

use std::collections::BTreeSet;

use jsonschema::{
    JsonType, ValidationError, Validator,
    error::{TypeKind, ValidationErrorKind},
};
use serde_json::{Number, Value};

use crate::contract::json;

/// Limits the fields of one value that are converted.
const MAX_CONVERTED_FIELDS: usize = 64;

/// Tells which field was converted. Holds no value: arguments may be private.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conversion {
    /// Is the field as a JSON Pointer.
    pub(crate) field: String,
    /// Names the JSON type that was written.
    pub(crate) from: &'static str,
    /// Names the JSON type that was taken, or `absence`.
    pub(crate) to: &'static str,
}

/// Identifies a violation: the field and the rule, without the values that its message quotes.
type Rule = (String, String);

/// Converts the fields that the schema refuses. The value stays refused if that is not enough.
pub(super) fn convert_refused(validator: &Validator, value: &mut Value) -> Vec<Conversion> {
    let fields = refused_fields(validator, value);
    let mut violated = violated_rules(validator, value);
    fields.into_iter().filter_map(|field| convert_field(validator, value, &mut violated, field)).collect()
}

/// Converts each number without fraction to an integer where the schema says integer.
pub(super) fn convert_integers(validator: &Validator, value: &mut Value) -> Vec<Conversion> {
    let mut fields = Vec::new();
    // A fraction in their place is refused exactly where only integers are allowed.
    let mut probe = value.clone();
    collect_whole_floats(&mut probe, &mut String::new(), &mut fields);
    if fields.is_empty() {
        return Vec::new();
    }
    let mut integers = BTreeSet::new();
    for error in validator.iter_errors(&probe) {
        visit_causes(&error, &mut |cause| {
            if wants_integer(cause.kind()) {
                integers.insert(cause.instance_path().as_str().to_owned());
            }
        });
    }
    fields.retain(|field| integers.contains(field));
    fields.into_iter().filter_map(|field| convert_integer(value, field)).collect()
}

/// Returns whether a value holds a number that is written with a fraction of zero.
pub(super) fn has_whole_float(value: &Value) -> bool {
    match value {
        Value::Number(number) => to_integer(number).is_some(),
        Value::Array(items) => items.iter().any(has_whole_float),
        Value::Object(fields) => fields.values().any(has_whole_float),
        _ => false,
    }
}

fn convert_integer(value: &mut Value, field: String) -> Option<Conversion> {
    let place = value.pointer_mut(&field)?;
    *place = Value::Number(to_integer(place.as_number()?)?);
    Some(Conversion { field, from: "number", to: "integer" })
}

/// Replaces each number without fraction by one with a fraction, and collects where.
fn collect_whole_floats(value: &mut Value, path: &mut String, found: &mut Vec<String>) {
    match value {
        Value::Number(number) if to_integer(number).is_some() => {
            *value = Value::from(0.5);
            found.push(path.clone());
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                descend(path, &index.to_string(), |path| collect_whole_floats(item, path, found));
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                descend(path, &escape(name), |path| collect_whole_floats(field, path, found));
            }
        }
        _ => {}
    }
}

fn descend(path: &mut String, step: &str, visit: impl FnOnce(&mut String)) {
    let length = path.len();
    path.push('/');
    path.push_str(step);
    visit(path);
    path.truncate(length);
}

/// Returns the integer that a number written as a float is equal to.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn to_integer(number: &Number) -> Option<Number> {
    /// Is the first float beyond the range of `i64`.
    const I64_END: f64 = 9_223_372_036_854_775_808.0;
    let float = number.as_f64().filter(|_| number.is_f64())?;
    (float.fract() == 0.0 && (-I64_END..I64_END).contains(&float)).then(|| Number::from(float as i64))
}

fn wants_integer(kind: &ValidationErrorKind) -> bool {
    match kind {
        ValidationErrorKind::Type { kind: TypeKind::Single(kind) } => *kind == JsonType::Integer,
        ValidationErrorKind::Type { kind: TypeKind::Multiple(kinds) } => kinds.contains(JsonType::Integer),
        _ => false,
    }
}

/// Returns the fields that violations are about, those inside the branches of a combinator included.
fn refused_fields(validator: &Validator, value: &Value) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    for error in validator.iter_errors(value).take(MAX_CONVERTED_FIELDS) {
        visit_causes(&error, &mut |cause| {
            if fields.len() < MAX_CONVERTED_FIELDS && !cause.instance_path().as_str().is_empty() {
                fields.insert(cause.instance_path().as_str().to_owned());
            }
        });
    }
    fields
}

/// Visits an error and those of the branches of a combinator.
fn visit_causes(error: &ValidationError<'_>, visit: &mut impl FnMut(&ValidationError<'_>)) {
    visit(error);
    let (ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context }) = error.kind() else {
        return;
    };
    for cause in context.iter().flatten() {
        visit_causes(cause, visit);
    }
}

/// Converts one field if the schema then accepts it, and nothing else becomes wrong. `violated` are the rules that the
/// value violates.
fn convert_field(
    validator: &Validator,
    value: &mut Value,
    violated: &mut BTreeSet<Rule>,
    field: String,
) -> Option<Conversion> {
    let written = value.pointer(&field)?;
    let from = json_type(written);
    let (converted, to) = match converted(written) {
        Some(other) => {
            let to = json_type(&other);
            (with(value, &field, other)?, to)
        }
        None if is_empty(written) => (without(value, &field)?, "absence"),
        None => return None,
    };
    let after = violated_rules(validator, &converted);
    let is_better = after.len() < violated.len() && after.is_subset(violated);
    is_better.then(|| (*value, *violated) = (converted, after))?;
    Some(Conversion { field, from, to })
}

fn violated_rules(validator: &Validator, value: &Value) -> BTreeSet<Rule> {
    validator.iter_errors(value).map(|error| to_rule(&error)).collect()
}

fn to_rule(error: &ValidationError<'_>) -> Rule {
    let mut rule = error.schema_path().as_str().to_owned();
    if let ValidationErrorKind::Required { property } = error.kind() {
        rule.push_str(&property.to_string());
    }
    (error.instance_path().as_str().to_owned(), rule)
}

/// Returns the value that a text or a number stands for in another type.
fn converted(written: &Value) -> Option<Value> {
    match written {
        Value::String(text) => parse_exactly(text),
        Value::Number(number) => Some(Value::String(to_integer(number).unwrap_or(number.clone()).to_string())),
        _ => None,
    }
}

/// Parses text that is a JSON number, boolean, list or object from its first character to its last.
fn parse_exactly(text: &str) -> Option<Value> {
    if text.trim() != text {
        return None;
    }
    json::parse_value(text).ok().filter(|value| !value.is_null() && !value.is_string())
}

fn is_empty(written: &Value) -> bool {
    written.is_null() || written == ""
}

fn with(value: &Value, field: &str, other: Value) -> Option<Value> {
    let mut converted = value.clone();
    *converted.pointer_mut(field)? = other;
    Some(converted)
}

/// Returns the value without a property; nothing if the field is an item of a list.
fn without(value: &Value, field: &str) -> Option<Value> {
    let (parent, name) = field.rsplit_once('/')?;
    let mut converted = value.clone();
    converted.pointer_mut(parent)?.as_object_mut()?.remove(&unescape(name))?;
    Some(converted)
}

/// Escapes a property's name for a JSON Pointer (RFC 6901).
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn unescape(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests;
