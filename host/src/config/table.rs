//! A TOML table that is read key by key, so that every error is ours: it names the file, the line and the key.
//!
//! The only file that names the `toml` crate. Its own errors quote the line they are about, and that line may hold
//! the application key; so only their message is used.

use std::{
    collections::BTreeMap,
    ops::RangeInclusive,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Place, Placed, suggestion};

/// The text that positions refer to, and what was read of it.
struct Source {
    file: Arc<Path>,
    text: String,
    /// The lines of the keys that were asked for and were there. A std Mutex: held for a line.
    read: Mutex<BTreeMap<String, usize>>,
}

impl Source {
    fn line(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
    }

    fn note(&self, place: &Place) {
        if let Place::Line { line, key, .. } = place {
            self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), *line);
        }
    }
}

/// Where the settings of a file were written.
#[derive(Clone)]
pub(super) struct Lines(Arc<Source>);

impl Lines {
    /// Each key that was read so far, such as `plugins.lights.memory_mib`, with its place.
    pub(super) fn read(&self) -> BTreeMap<String, Place> {
        let lines = self.0.read.lock().unwrap_or_else(PoisonError::into_inner);
        let place = |key: &String, line: usize| Place::Line { file: self.0.file.clone(), line, key: key.clone() };
        lines.iter().map(|(key, line)| (key.clone(), place(key, *line))).collect()
    }
}

/// One table of the file. Each key is taken once; [`Table::finish`] refuses what nobody asked for.
pub(super) struct Table<'t> {
    source: Arc<Source>,
    path: String,
    entries: DeTable<'t>,
    known: Vec<&'static str>,
}

impl<'t> Table<'t> {
    /// The whole file.
    pub(super) fn parse(file: &Path, text: &'t str) -> Result<Self, ConfigError> {
        let source = Source { file: file.into(), text: text.to_owned(), read: Mutex::default() };
        let entries = DeTable::parse(text).map_err(|error| syntax(&source, &error))?.into_inner();
        Ok(Self { source: Arc::new(source), path: String::new(), entries, known: Vec::new() })
    }

    /// Where what is read is written; for this table and those in it.
    pub(super) fn lines(&self) -> Lines {
        Lines(self.source.clone())
    }

    /// The text at `key`.
    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<Placed<String>>, ConfigError> {
        self.read(key, "a text in quotes", |value| match value {
            DeValue::String(text) => Some(text.into_owned()),
            _ => None,
        })
    }

    /// `true` or `false` at `key`.
    pub(super) fn switch(&mut self, key: &'static str) -> Result<Option<bool>, ConfigError> {
        let found = self.read(key, "true or false", |value| value.as_bool())?;
        Ok(found.map(|found| found.value))
    }

    /// The whole number at `key`, inside `range`.
    pub(super) fn number(&mut self, key: &'static str, range: RangeInclusive<u64>) -> Result<Option<u64>, ConfigError> {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        let found = self.read(key, &wanted, |value| whole(&value).filter(|number| range.contains(number)))?;
        Ok(found.map(|found| found.value))
    }

    /// The list of texts at `key`.
    pub(super) fn texts(&mut self, key: &'static str) -> Result<Option<Placed<Vec<String>>>, ConfigError> {
        self.read(key, "a list of texts, such as [\"scenes\"]", |value| match value {
            DeValue::Array(items) => {
                items.into_iter().map(|item| item.into_inner().as_str().map(str::to_owned)).collect()
            }
            _ => None,
        })
    }

    /// The table at `key`; an empty one where there is none.
    pub(super) fn table(&mut self, key: &'static str) -> Result<Self, ConfigError> {
        let path = self.key(key);
        let found = self.read(key, "a table", |value| match value {
            DeValue::Table(entries) => Some(entries),
            _ => None,
        })?;
        let entries = found.map(|found| found.value).unwrap_or_default();
        Ok(Self { source: Arc::clone(&self.source), path, entries, known: Vec::new() })
    }

    /// Every entry as a table under its own name, for tables whose keys are names.
    pub(super) fn tables(self) -> Result<Vec<(Placed<String>, Self)>, ConfigError> {
        let mut tables = Vec::new();
        let Self { source, path, entries, .. } = self;
        for (name, value) in entries {
            let place = place(&source, &path, name.get_ref(), name.span().start);
            let path = join(&path, name.get_ref());
            let DeValue::Table(entries) = value.into_inner() else {
                return Err(place.error("must be a table"));
            };
            let table = Self { source: Arc::clone(&source), path, entries, known: Vec::new() };
            tables.push((Placed::new(name.into_inner().into_owned(), place), table));
        }
        Ok(tables)
    }

    /// Every entry as JSON, for tables whose content belongs to somebody else.
    pub(super) fn json(self) -> Result<serde_json::Map<String, Value>, ConfigError> {
        let mut object = serde_json::Map::new();
        for (name, value) in self.entries {
            let place = place(&self.source, &self.path, name.get_ref(), name.span().start);
            self.source.note(&place);
            let json = json(value.into_inner())
                .ok_or_else(|| place.error("holds a number that JSON cannot express; plugins read settings as JSON"))?;
            object.insert(name.into_inner().into_owned(), json);
        }
        Ok(object)
    }

    /// Refuses the first key, in the order of the file, that was not asked for.
    pub(super) fn finish(self) -> Result<(), ConfigError> {
        let Some(name) = self.entries.keys().min_by_key(|name| name.span().start) else {
            return Ok(());
        };
        let place = place(&self.source, &self.path, name.get_ref(), name.span().start);
        Err(place.error(format!("is not a setting; {}", suggestion(name.get_ref(), &self.known))))
    }

    fn read<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        convert: impl FnOnce(DeValue<'t>) -> Option<T>,
    ) -> Result<Option<Placed<T>>, ConfigError> {
        self.known.push(key);
        let Some((name, value)) = self.entries.remove_entry(key) else {
            return Ok(None);
        };
        let place = place(&self.source, &self.path, key, name.span().start);
        self.source.note(&place);
        match convert(value.into_inner()) {
            Some(value) => Ok(Some(Placed::new(value, place))),
            None => Err(place.error(format!("must be {wanted}"))),
        }
    }

    fn key(&self, name: &str) -> String {
        join(&self.path, name)
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn place(source: &Source, path: &str, name: &str, offset: usize) -> Place {
    Place::Line { file: Arc::clone(&source.file), line: source.line(offset), key: join(path, name) }
}

fn syntax(source: &Source, error: &toml::de::Error) -> ConfigError {
    let line = error.span().map_or(1, |span| source.line(span.start));
    let message = error.message().replace('\n', "; ");
    ConfigError::new(format!("{}:{line}: this is not TOML: {message}", source.file.display()))
}

/// A text in quotes, as TOML wants it.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn whole(value: &DeValue<'_>) -> Option<u64> {
    let number = value.as_integer()?;
    u64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// The value as JSON; `None` if a number in it has no JSON form (infinities, NaN, more than 64 bits).
fn json(value: DeValue<'_>) -> Option<Value> {
    Some(match value {
        DeValue::String(text) => Value::from(text),
        DeValue::Boolean(switch) => Value::from(switch),
        DeValue::Integer(number) => Value::from(i64::from_str_radix(number.as_str(), number.radix()).ok()?),
        DeValue::Float(number) => serde_json::Number::from_f64(number.as_str().parse().ok()?)?.into(),
        DeValue::Datetime(time) => Value::from(time.to_string()),
        DeValue::Array(items) => items.into_iter().map(|item| json(item.into_inner())).collect::<Option<_>>()?,
        DeValue::Table(entries) => {
            let pair = |(name, value): (toml::Spanned<_>, toml::Spanned<_>)| {
                Some((std::borrow::Cow::<str>::into_owned(name.into_inner()), json(value.into_inner())?))
            };
            Value::Object(entries.into_iter().map(pair).collect::<Option<_>>()?)
        }
    })
}
