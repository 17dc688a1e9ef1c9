//! The bridges that `lamplighter pair` has paired with, stored in `bridges.toml` beside `config.toml`.
//!
//! The file lies in the folder of the configuration, not in that of the state: a person chooses and maintains it, and
//! losing it costs a walk to the bridge, while state may be deleted at any time. It is apart from `config.toml`, which
//! people write and the program never changes.
//!
//! ```toml
//! default = "001788fffe123456"
//!
//! [bridges.001788fffe123456]
//! name = "Hue Bridge"
//! host = "192.168.1.2"
//! key = "…"
//! certificate_sha256 = "…"            # only for a bridge whose certificate is not issued by Signify
//! ```

mod store;

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use hue_bridge::{ApplicationKey, Identity};

use super::{
    error::{ConfigError, Located, listed},
    table::{Table, quoted},
    validate,
};

pub(crate) use store::{Store, StoreError};

/// The comment that begins the file.
const FILE_HEADER: &str = "\
# The bridges that Lamplighter is paired with, written by `lamplighter pair` and `lamplighter bridge`.
# The keys open your home: keep this file to yourself. Comments of your own are not kept.
";

/// Why no bridge was found. The text continues a sentence that begins with the name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LookupError {
    /// There is no such bridge. Holds a sentence about those that there are.
    #[error("names no stored bridge: {0}")]
    Unknown(String),
    /// Several bridges have the name. Holds their list.
    #[error("names more than one stored bridge; say which by its id: {0}")]
    Ambiguous(String),
}

/// A paired bridge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredBridge {
    /// Identifies the bridge by 16 hexadecimal digits in lower case.
    pub(crate) id: String,
    /// The name that people use.
    pub(crate) name: String,
    /// The last known address, with a port if it is not 443.
    pub(crate) host: String,
    /// The application key that pairing gave.
    pub(crate) key: ApplicationKey,
    /// How the bridge proves that it is itself.
    pub(crate) identity: Identity,
}

/// All paired bridges by id, and the default one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bridges {
    bridges: BTreeMap<String, StoredBridge>,
    default: Option<String>,
}

impl Bridges {
    /// Returns all bridges, sorted by their ids.
    pub(crate) fn all(&self) -> impl Iterator<Item = &StoredBridge> {
        self.bridges.values()
    }

    /// Returns whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.bridges.is_empty()
    }

    /// Returns the default bridge. A single bridge is the default even if the file does not say so.
    pub(crate) fn default_bridge(&self) -> Option<&StoredBridge> {
        match &self.default {
            Some(id) => self.bridges.get(id),
            None => self.bridges.values().next().filter(|_| self.bridges.len() == 1),
        }
    }

    /// Finds the bridge with this id or name, of any case.
    pub(crate) fn find(&self, id_or_name: &str) -> Result<&StoredBridge, LookupError> {
        if let Some(bridge) = self.bridges.get(&id_or_name.to_lowercase()) {
            return Ok(bridge);
        }
        let wanted = id_or_name.trim().to_lowercase();
        let named: Vec<_> = self.all().filter(|bridge| bridge.name.to_lowercase() == wanted).collect();
        match named[..] {
            [bridge] => Ok(bridge),
            [] => Err(LookupError::Unknown(self.listing())),
            _ => Err(LookupError::Ambiguous(describe(&named))),
        }
    }

    /// Returns a sentence about the bridges that are stored.
    pub(super) fn listing(&self) -> String {
        let all: Vec<_> = self.all().collect();
        match all.len() {
            0 => "there is none yet; `lamplighter pair` stores one".to_owned(),
            1 => format!("there is {}", describe(&all)),
            _ => format!("there are {}", describe(&all)),
        }
    }

    /// Adds a bridge, or replaces the one with its id. The first bridge becomes the default.
    pub(crate) fn put(&mut self, bridge: StoredBridge) {
        if self.bridges.is_empty() {
            self.default = Some(bridge.id.clone());
        }
        self.bridges.insert(bridge.id.clone(), bridge);
    }

    /// Stores the present address of a bridge. Returns whether the bridge is stored.
    pub(crate) fn set_host(&mut self, id: &str, host: &str) -> bool {
        let known = self.bridges.get_mut(id);
        let is_known = known.is_some();
        if let Some(bridge) = known {
            host.clone_into(&mut bridge.host);
        }
        is_known
    }

    /// Makes a bridge the default one.
    pub(crate) fn set_default(&mut self, id_or_name: &str) -> Result<StoredBridge, StoreError> {
        let bridge = self.lookup(id_or_name)?;
        self.default = Some(bridge.id.clone());
        Ok(bridge)
    }

    /// Removes a bridge. If it was the default and one bridge is left, that one becomes the default.
    pub(crate) fn forget(&mut self, id_or_name: &str) -> Result<StoredBridge, StoreError> {
        let bridge = self.lookup(id_or_name)?;
        self.bridges.remove(&bridge.id);
        if self.default.as_ref() == Some(&bridge.id) {
            self.default = None;
            self.default = self.default_bridge().map(|left| left.id.clone());
        }
        Ok(bridge)
    }

    /// Puts a bridge in the place of another one, whose home it has now. It is the default if the other one was.
    pub(crate) fn replace(&mut self, old: &str, new: StoredBridge) {
        if self.default_bridge().is_some_and(|default| default.id == old) {
            self.default = Some(new.id.clone());
        }
        self.bridges.remove(old);
        self.bridges.insert(new.id.clone(), new);
    }

    /// Finds the bridge with this id or name, of any case, or says for which one there is none.
    pub(crate) fn lookup(&self, id_or_name: &str) -> Result<StoredBridge, StoreError> {
        self.find(id_or_name).cloned().map_err(|source| StoreError::Lookup { wanted: id_or_name.to_owned(), source })
    }

    /// Parses the text that the file holds.
    fn parse(file: &Path, text: &str) -> Result<Self, ConfigError> {
        let mut table = Table::parse(file, text)?;
        let default = table.validated("default", validate::bridge_id)?;
        let bridges = table.table("bridges")?.tables()?.into_iter();
        let bridges =
            bridges.map(|(id, entry)| StoredBridge::read(id, entry).map(|bridge| (bridge.id.clone(), bridge)));
        let bridges = bridges.collect::<Result<BTreeMap<_, _>, _>>()?;
        table.finish()?;
        match default {
            Some(default) if !bridges.contains_key(&default.value) => Err(default
                .location
                .error("names a bridge that is not in this file; name one that is, or leave it out")),
            default => Ok(Self { bridges, default: default.map(|default| default.value) }),
        }
    }

    /// Formats the text that the file will hold.
    fn to_text(&self) -> String {
        let mut text = FILE_HEADER.to_owned();
        if let Some(default) = self.default_bridge() {
            let _ = write!(text, "\ndefault = {}\n", quoted(&default.id));
        }
        for bridge in self.all() {
            let _ = write!(text, "\n[bridges.{}]\nname = {}\n", bridge.id, quoted(&bridge.name));
            let _ = write!(text, "host = {}\nkey = {}\n", quoted(&bridge.host), quoted(bridge.key.reveal()));
            let _ = match bridge.identity {
                Identity::Pinned(fingerprint) => writeln!(text, "certificate_sha256 = \"{fingerprint}\""),
                Identity::Signify => writeln!(text, "# its certificate is issued by Signify"),
            };
        }
        text
    }
}

impl StoredBridge {
    /// Reads one `[bridges.ID]`.
    fn read(id: Located<String>, mut entry: Table<'_>) -> Result<Self, ConfigError> {
        let location = id.location.clone();
        let missing =
            |key: &str| location.error(format!("has no `{key}`; pair with the bridge again by `lamplighter pair`"));
        let name = entry.text("name")?.map(|name| name.value).unwrap_or_default();
        let host = entry.validated("host", validate::bridge_host)?.ok_or_else(|| missing("host"))?.value;
        let key = entry.validated("key", validate::bridge_key)?.ok_or_else(|| missing("key"))?.value;
        let identity = entry.validated("certificate_sha256", validate::pinned_identity)?;
        entry.finish()?;
        let id = id.try_map(|id| validate::bridge_id(&id))?.value;
        Ok(Self { id, name, host, key, identity: identity.map_or(Identity::Signify, |identity| identity.value) })
    }
}

/// Lists bridges as `Home (001788fffe123456)` and so on.
fn describe(bridges: &[&StoredBridge]) -> String {
    let named: Vec<String> = bridges.iter().map(|bridge| format!("{} ({})", bridge.name, bridge.id)).collect();
    listed(&named.iter().map(String::as_str).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST_ID: &str = "001788fffe000001";
    const SECOND_ID: &str = "ecb5fafffe000002";

    fn bridge(id: &str, name: &str) -> StoredBridge {
        StoredBridge {
            id: id.to_owned(),
            name: name.to_owned(),
            host: "192.168.1.2".to_owned(),
            key: ApplicationKey::new("s3cr3t-\"key\""),
            identity: if id == SECOND_ID { Identity::Pinned([0xab; 32].into()) } else { Identity::Signify },
        }
    }

    fn two() -> Bridges {
        let mut bridges = Bridges::default();
        bridges.put(bridge(FIRST_ID, "Home"));
        bridges.put(bridge(SECOND_ID, "Büro \"oben\"\n"));
        bridges
    }

    fn parse(text: &str) -> Result<Bridges, String> {
        Bridges::parse(Path::new("bridges.toml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_written_is_read_again() {
        assert_eq!(parse(&two().to_text()), Ok(two()));
        assert_eq!(parse(&Bridges::default().to_text()), Ok(Bridges::default()));
        assert_eq!(parse(""), Ok(Bridges::default()));
    }

    #[test]
    fn the_first_is_the_default_until_another_is_made_it() {
        let mut bridges = two();
        assert_eq!(bridges.default_bridge().map(|bridge| bridge.id.as_str()), Some(FIRST_ID));
        bridges.put(bridge(FIRST_ID, "Home again"));
        assert_eq!(
            (bridges.all().count(), bridges.default_bridge().map(|bridge| bridge.name.as_str())),
            (2, Some("Home again"))
        );
        bridges.set_default("ECB5FAFFFE000002").expect("it is stored");
        assert_eq!(bridges.default_bridge().map(|bridge| bridge.id.as_str()), Some(SECOND_ID));
        bridges.forget(SECOND_ID).expect("it is stored");
        assert_eq!(bridges.default_bridge().map(|bridge| bridge.id.as_str()), Some(FIRST_ID));
        bridges.forget("home again").expect("it is stored");
        assert_eq!(bridges.default_bridge(), None);
    }

    #[test]
    fn a_bridge_that_replaces_the_default_is_the_default_with_the_same_name() {
        let mut bridges = two();
        bridges.replace(FIRST_ID, bridge("c42996fffe000003", "Home"));
        let default = bridges.default_bridge().map(|bridge| bridge.id.as_str());
        assert_eq!((default, bridges.all().count()), (Some("c42996fffe000003"), 2));
        assert_eq!(bridges.find("home").map(|bridge| bridge.id.as_str()), Ok("c42996fffe000003"));
        bridges.replace(SECOND_ID, bridge("c42996fffe000004", "Office"));
        assert_eq!(bridges.default_bridge().map(|bridge| bridge.id.as_str()), Some("c42996fffe000003"));
        assert_eq!(parse(&bridges.to_text()), Ok(bridges));
    }

    #[test]
    fn a_bridge_is_found_by_id_or_by_a_name_that_is_its_own() {
        let mut bridges = two();
        assert_eq!(bridges.find("HOME").map(|bridge| bridge.id.as_str()), Ok(FIRST_ID));
        let error = bridges.find("kitchen").expect_err("there is none").to_string();
        assert!(error.starts_with("names no stored bridge: there are `Home (001788fffe000001)` and"), "{error}");
        bridges.put(bridge("c42996fffe000003", "home"));
        let error = bridges.find("Home").expect_err("there are two").to_string();
        assert!(error.contains("more than one") && error.contains("c42996fffe000003"), "{error}");
    }

    #[test]
    fn a_bad_file_is_answered_with_the_line_the_reason_and_the_remedy() {
        let entry = "[bridges.001788fffe000001]\nhost = \"b\"\n";
        for (text, message) in [
            (
                entry.to_owned(),
                "bridges.toml:1: bridges.001788fffe000001 has no `key`; pair with the bridge again by `lamplighter pair`",
            ),
            (
                format!("{entry}key = \"k\"\nhots = \"k\""),
                "bridges.toml:4: bridges.001788fffe000001.hots is not a setting; did you mean `host`?",
            ),
            (
                "[bridges.home]\nhost = \"b\"\nkey = \"k\"".to_owned(),
                "bridges.toml:1: bridges.home must be 16 hexadecimal digits, such as ecb5fafffe123456",
            ),
            (
                format!("default = \"{SECOND_ID}\"\n{entry}key = \"k\""),
                "bridges.toml:1: default names a bridge that is not in this file; name one that is, or leave it out",
            ),
        ] {
            assert_eq!(parse(&text), Err(message.to_owned()), "{text}");
        }
    }

    #[test]
    fn no_key_is_printed() {
        assert!(!format!("{:?}", two()).contains("s3cr3t"));
        let error = parse(&two().to_text().replace("host", "hots")).expect_err("no host");
        assert!(!error.contains("s3cr3t"), "{error}");
    }
}
