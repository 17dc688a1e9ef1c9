//! Reads a TOML table key by key, so that each error names the file, the line and the key.
//!
//! The only file that names the `toml` crate. Its own errors, and those that serde derives, quote what was written,
//! which may be the application key; so only the message of a syntax error is used.

use std::{borrow::Cow, collections::BTreeMap, ops::RangeInclusive, path::Path};

use serde::de::{DeserializeOwned, IntoDeserializer as _};
use serde_json::Value;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::error::{ConfigError, Located, Location, suggestion};

/// The file that a table is in.
#[derive(Clone, Copy)]
struct Source<'t> {
    file: &'t Path,
    text: &'t str,
}

/// One table of a file. Each key is taken once; [`Table::finish`] refuses the keys that nothing took.
pub(super) struct Table<'t> {
    source: Source<'t>,
    path: String,
    entries: DeTable<'t>,
    known: Vec<&'static str>,
}

impl Source<'_> {
    fn line(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
    }

    fn location(&self, table: &str, name: &Spanned<Cow<'_, str>>) -> Location {
        let key = join(table, name.get_ref());
        Location::Line { file: self.file.to_owned(), line: self.line(name.span().start), key }
    }

    fn add_locations(&self, path: &str, entries: &DeTable<'_>, found: &mut BTreeMap<String, Location>) {
        for (name, value) in entries {
            let key = join(path, name.get_ref());
            if let DeValue::Table(inner) = value.get_ref() {
                self.add_locations(&key, inner, found);
            }
            found.insert(key, self.location(path, name));
        }
    }
}

impl<'t> Table<'t> {
    /// Parses the text that a file holds.
    pub(super) fn parse(file: &'t Path, text: &'t str) -> Result<Self, ConfigError> {
        let source = Source { file, text };
        let entries = DeTable::parse(text).map_err(|error| {
            let line = error.span().map_or(1, |span| source.line(span.start));
            let message = error.message().replace('\n', "; ");
            ConfigError::new(format!("{}:{line}: this is not TOML: {message}", file.display()))
        })?;
        Ok(Self { source, path: String::new(), entries: entries.into_inner(), known: Vec::new() })
    }

    /// Lists the location of every key that was not taken yet, by its whole name, such as `plugins.lights.memory_mib`.
    pub(super) fn locations(&self) -> BTreeMap<String, Location> {
        let mut found = BTreeMap::new();
        self.source.add_locations(&self.path, &self.entries, &mut found);
        found
    }

    /// Takes the value at `key`. The error for a value of another type ends with `wanted`.
    pub(super) fn take<T: DeserializeOwned>(
        &mut self,
        key: &'static str,
        wanted: &str,
    ) -> Result<Option<Located<T>>, ConfigError> {
        let Some((location, value)) = self.remove(key) else { return Ok(None) };
        match T::deserialize(value.into_deserializer()) {
            Ok(value) => Ok(Some(Located { value, location })),
            Err(_) => Err(location.error(format!("must be {wanted}"))),
        }
    }

    /// Takes the text at `key`.
    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<Located<String>>, ConfigError> {
        self.take(key, "a text in quotes")
    }

    /// Takes the text at `key` as `validate` understands it.
    pub(super) fn validated<T>(
        &mut self,
        key: &'static str,
        validate: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Result<Option<Located<T>>, ConfigError> {
        self.text(key)?.map(|text| text.try_map(|text| validate(&text))).transpose()
    }

    /// Takes `true` or `false` at `key`.
    pub(super) fn boolean(&mut self, key: &'static str) -> Result<Option<bool>, ConfigError> {
        Ok(self.take(key, "true or false")?.map(|found| found.value))
    }

    /// Takes the whole number at `key`, which must be within `range`.
    pub(super) fn number(&mut self, key: &'static str, range: RangeInclusive<u64>) -> Result<Option<u64>, ConfigError> {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        match self.take::<u64>(key, &wanted)? {
            Some(found) if !range.contains(&found.value) => Err(found.location.error(format!("must be {wanted}"))),
            found => Ok(found.map(|found| found.value)),
        }
    }

    /// Takes the list of texts at `key`.
    pub(super) fn texts(&mut self, key: &'static str) -> Result<Option<Located<Vec<String>>>, ConfigError> {
        self.take(key, "a list of texts, such as [\"scenes\"]")
    }

    /// Takes the table at `key`; an empty one if there is none.
    pub(super) fn table(&mut self, key: &'static str) -> Result<Self, ConfigError> {
        let entries = match self.remove(key).map(|(location, value)| (location, value.into_inner())) {
            Some((_, DeValue::Table(entries))) => entries,
            Some((location, _)) => return Err(location.error("must be a table")),
            None => DeTable::default(),
        };
        Ok(Self { source: self.source, path: join(&self.path, key), entries, known: Vec::new() })
    }

    /// Takes all entries as tables, for a table whose keys are names.
    pub(super) fn tables(self) -> Result<Vec<(Located<String>, Self)>, ConfigError> {
        let Self { source, path, entries, .. } = self;
        let table = |(name, value): (Spanned<Cow<'t, str>>, Spanned<DeValue<'t>>)| {
            let location = source.location(&path, &name);
            let DeValue::Table(entries) = value.into_inner() else {
                return Err(location.error("must be a table"));
            };
            let table = Self { source, path: join(&path, name.get_ref()), entries, known: Vec::new() };
            Ok((Located { value: name.into_inner().into_owned(), location }, table))
        };
        entries.into_iter().map(table).collect()
    }

    /// Takes all entries as JSON, for a table whose content only its plugin understands.
    pub(super) fn json(self) -> Result<serde_json::Map<String, Value>, ConfigError> {
        let Self { source, path, entries, .. } = self;
        let entry = |(name, value): (Spanned<Cow<'t, str>>, Spanned<DeValue<'t>>)| match to_json(value.into_inner()) {
            Some(value) => Ok((name.into_inner().into_owned(), value)),
            None => Err(source
                .location(&path, &name)
                .error("holds a number that JSON cannot express; plugins read settings as JSON")),
        };
        entries.into_iter().map(entry).collect()
    }

    /// Refuses the first key, in the order of the file, that nothing took.
    pub(super) fn finish(self) -> Result<(), ConfigError> {
        let Some(name) = self.entries.keys().min_by_key(|name| name.span().start) else {
            return Ok(());
        };
        let suggestion = suggestion(name.get_ref(), &self.known);
        Err(self.source.location(&self.path, name).error(format!("is not a setting; {suggestion}")))
    }

    fn remove(&mut self, key: &'static str) -> Option<(Location, Spanned<DeValue<'t>>)> {
        self.known.push(key);
        let (name, value) = self.entries.remove_entry(key)?;
        Some((self.source.location(&self.path, &name), value))
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Quotes a text as TOML does.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// Converts a value to JSON; `None` if JSON cannot express a number in it (infinities, NaN, more than 64 bits).
fn to_json(value: DeValue<'_>) -> Option<Value> {
    Some(match value {
        DeValue::String(text) => Value::from(text),
        DeValue::Boolean(boolean) => Value::from(boolean),
        DeValue::Integer(number) => Value::from(i64::from_str_radix(number.as_str(), number.radix()).ok()?),
        DeValue::Float(number) => serde_json::Number::from_f64(number.as_str().parse().ok()?)?.into(),
        DeValue::Datetime(time) => Value::from(time.to_string()),
        DeValue::Array(items) => items.into_iter().map(|item| to_json(item.into_inner())).collect::<Option<_>>()?,
        DeValue::Table(entries) => {
            let entry = |(name, value): (Spanned<Cow<'_, str>>, Spanned<_>)| {
                Some((name.into_inner().into_owned(), to_json(value.into_inner())?))
            };
            Value::Object(entries.into_iter().map(entry).collect::<Option<_>>()?)
        }
    })
}
