//! The bridges that `lamplighter pair` has paired with, in a file of their own: `bridges.toml`, beside `config.toml`.
//!
//! In the folder of the configuration, not in that of the state: what is there is chosen and looked after by a person,
//! and losing it costs a walk to the bridge, while state may be deleted at any time. Apart from `config.toml`, which
//! people write and the program never touches.
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

mod file;

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use super::error::{ConfigError, Place, Placed, listed};
use super::secret::Secret;
use super::table::{Table, quoted};
use super::{BridgeConfig, Places, meant};

pub(crate) use file::{Store, StoreError};

const HEADER: &str = "\
# The bridges that Lamplighter is paired with, written by `lamplighter pair` and `lamplighter bridge`.
# The keys open your home: keep this file to yourself. Comments of your own are not kept.
";

/// A bridge that was paired with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredBridge {
    /// 16 hexadecimal digits in lower case.
    pub(crate) id: String,
    /// What people call it.
    pub(crate) name: String,
    /// Where it was last seen: an address, with a port if it is not 443.
    pub(crate) host: String,
    /// What pairing gave.
    pub(crate) key: Secret,
    /// SHA-256 of the only certificate to accept; without it, one that Signify has issued.
    pub(crate) certificate: Option<[u8; 32]>,
}

/// All bridges that were paired with, by id, and which one is meant when nobody says which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bridges {
    bridges: BTreeMap<String, StoredBridge>,
    default: Option<String>,
}

impl Bridges {
    /// In the order of their ids.
    pub(crate) fn all(&self) -> impl Iterator<Item = &StoredBridge> {
        self.bridges.values()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.bridges.is_empty()
    }

    /// The one that is meant when nobody says which: a lone bridge is, even if the file does not say so.
    pub(crate) fn preferred(&self) -> Option<&StoredBridge> {
        match &self.default {
            Some(id) => self.bridges.get(id),
            None => self.bridges.values().next().filter(|_| self.bridges.len() == 1),
        }
    }

    /// The one with this id or name, of any case. The error says what there is instead, and goes on after "… ".
    pub(crate) fn find(&self, id_or_name: &str) -> Result<&StoredBridge, String> {
        if let Some(bridge) = self.bridges.get(&id_or_name.to_lowercase()) {
            return Ok(bridge);
        }
        let wanted = id_or_name.trim().to_lowercase();
        let named: Vec<_> = self.all().filter(|bridge| bridge.name.to_lowercase() == wanted).collect();
        match named[..] {
            [bridge] => Ok(bridge),
            [] => Err(format!("names no stored bridge: {}", self.listing())),
            _ => Err(format!("names more than one stored bridge; say which by its id: {}", describe(&named))),
        }
    }

    fn listing(&self) -> String {
        let all: Vec<_> = self.all().collect();
        match all[..] {
            [] => "there is none yet; `lamplighter pair` stores one".to_owned(),
            _ => format!("there {} {}", if all.len() == 1 { "is" } else { "are" }, describe(&all)),
        }
    }

    /// Adds a bridge, or replaces the one with its id. The first becomes the default.
    pub(crate) fn put(&mut self, bridge: StoredBridge) {
        if self.bridges.is_empty() {
            self.default = Some(bridge.id.clone());
        }
        self.bridges.insert(bridge.id.clone(), bridge);
    }

    /// Notes where a bridge is by now; false if there is no such bridge.
    pub(crate) fn moved(&mut self, id: &str, host: &str) -> bool {
        let known = self.bridges.get_mut(id);
        let is_known = known.is_some();
        if let Some(bridge) = known {
            host.clone_into(&mut bridge.host);
        }
        is_known
    }

    /// Makes a bridge the default one.
    pub(crate) fn set_default(&mut self, id_or_name: &str) -> Result<StoredBridge, String> {
        let bridge = self.find(id_or_name)?.clone();
        self.default = Some(bridge.id.clone());
        Ok(bridge)
    }

    /// Takes a bridge out. If it was the default and one is left, that becomes it.
    pub(crate) fn forget(&mut self, id_or_name: &str) -> Result<StoredBridge, String> {
        let bridge = self.find(id_or_name)?.clone();
        self.bridges.remove(&bridge.id);
        if self.default.as_ref() == Some(&bridge.id) {
            self.default = None;
            self.default = self.preferred().map(|left| left.id.clone());
        }
        Ok(bridge)
    }

    /// Understands the text of the file.
    fn parse(file: &Path, text: &str) -> Result<Self, ConfigError> {
        let mut table = Table::parse(file, text)?;
        let default = table.text("default")?.as_ref().map(meant::bridge_id_placed).transpose()?;
        let mut bridges = BTreeMap::new();
        for (id, entry) in table.table("bridges")?.tables()? {
            let bridge = stored(&id, entry)?;
            bridges.insert(bridge.id.clone(), bridge);
        }
        table.finish()?;
        match default {
            Some(default) if !bridges.contains_key(&default.value) => {
                Err(default.place.error("names a bridge that is not in this file; name one that is, or leave it out"))
            }
            default => Ok(Self { bridges, default: default.map(|default| default.value) }),
        }
    }

    /// The text of the file.
    fn text(&self) -> String {
        let mut text = HEADER.to_owned();
        if let Some(default) = self.preferred() {
            let _ = write!(text, "\ndefault = {}\n", quoted(&default.id));
        }
        for bridge in self.all() {
            let _ = write!(text, "\n[bridges.{}]\nname = {}\n", bridge.id, quoted(&bridge.name));
            let _ = write!(text, "host = {}\nkey = {}\n", quoted(&bridge.host), quoted(bridge.key.expose()));
            match &bridge.certificate {
                Some(digest) => {
                    let _ = writeln!(text, "certificate_sha256 = {}", quoted(&hexadecimal(digest)));
                }
                None => text.push_str("# its certificate is issued by Signify\n"),
            }
        }
        text
    }
}

impl From<&StoredBridge> for BridgeConfig {
    fn from(bridge: &StoredBridge) -> Self {
        let StoredBridge { id, host, key, certificate, .. } = bridge.clone();
        Self { host, id, key, certificate, stored: true, rediscover: true }
    }
}

fn stored(id: &Placed<String>, mut entry: Table<'_>) -> Result<StoredBridge, ConfigError> {
    let place = id.place.clone();
    let missing = |key: &str| place.error(format!("has no `{key}`; pair with the bridge again by `lamplighter pair`"));
    let name = entry.text("name")?;
    let host = entry.text("host")?.ok_or_else(|| missing("host"))?;
    let key = entry.text("key")?.ok_or_else(|| missing("key"))?;
    let certificate = entry.text("certificate_sha256")?;
    entry.finish()?;
    Ok(StoredBridge {
        id: meant::bridge_id(id)?,
        name: name.map(|name| name.value).unwrap_or_default(),
        host: meant::bridge_host(host)?,
        key: meant::bridge_key(key.map(Secret::new))?,
        certificate: certificate.as_ref().map(meant::fingerprint).transpose()?,
    })
}

/// `Home` (001788fffe123456) and …
fn describe(bridges: &[&StoredBridge]) -> String {
    let named: Vec<String> = bridges.iter().map(|bridge| format!("{} ({})", bridge.name, bridge.id)).collect();
    listed(&named.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A digest as it is shown.
pub(crate) fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The stored bridge that somebody chose.
pub(super) fn chosen<'a>(bridges: &'a Bridges, choice: &Placed<String>) -> Result<&'a StoredBridge, ConfigError> {
    bridges.find(&choice.value).map_err(|problem| choice.place.error(problem))
}

/// The default, where nobody chose; several without a default are an error, as any of them would be a guess.
pub(super) fn unchosen<'a>(bridges: &'a Bridges, places: &Places) -> Result<Option<&'a StoredBridge>, ConfigError> {
    match (bridges.preferred(), &places.bridges_file) {
        (None, Some(file)) if !bridges.is_empty() => {
            let file = file.as_path();
            let place = Place::Line { file: file.into(), line: 1, key: "default".to_owned() };
            let listing = bridges.listing();
            Err(place.error(format!("is not set: {listing}; choose one by `lamplighter bridge default ID`")))
        }
        (default, _) => Ok(default),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "001788fffe000001";
    const TWO: &str = "ecb5fafffe000002";

    fn bridge(id: &str, name: &str) -> StoredBridge {
        StoredBridge {
            id: id.to_owned(),
            name: name.to_owned(),
            host: "192.168.1.2".to_owned(),
            key: Secret::new("s3cr3t-\"key\""),
            certificate: (id == TWO).then_some([0xab; 32]),
        }
    }

    fn two() -> Bridges {
        let mut bridges = Bridges::default();
        bridges.put(bridge(ONE, "Home"));
        bridges.put(bridge(TWO, "Büro \"oben\"\n"));
        bridges
    }

    fn parse(text: &str) -> Result<Bridges, String> {
        Bridges::parse(Path::new("bridges.toml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_written_is_read_again() {
        assert_eq!(parse(&two().text()), Ok(two()));
        assert_eq!(parse(&Bridges::default().text()), Ok(Bridges::default()));
        assert_eq!(parse(""), Ok(Bridges::default()));
    }

    #[test]
    fn the_first_is_the_default_until_another_is_made_it() {
        let mut bridges = two();
        assert_eq!(bridges.preferred().map(|bridge| bridge.id.as_str()), Some(ONE));
        bridges.put(bridge(ONE, "Home again"));
        assert_eq!(
            (bridges.all().count(), bridges.preferred().map(|bridge| bridge.name.as_str())),
            (2, Some("Home again"))
        );
        bridges.set_default("ECB5FAFFFE000002").expect("it is stored");
        assert_eq!(bridges.preferred().map(|bridge| bridge.id.as_str()), Some(TWO));
        bridges.forget(TWO).expect("it is stored");
        assert_eq!(bridges.preferred().map(|bridge| bridge.id.as_str()), Some(ONE));
        bridges.forget("home again").expect("it is stored");
        assert_eq!(bridges.preferred(), None);
    }

    #[test]
    fn a_bridge_is_found_by_id_or_by_a_name_that_is_its_own() {
        let mut bridges = two();
        assert_eq!(bridges.find("HOME").map(|bridge| bridge.id.as_str()), Ok(ONE));
        let error = bridges.find("kitchen").expect_err("there is none");
        assert!(error.starts_with("names no stored bridge: there are `Home (001788fffe000001)` and"), "{error}");
        bridges.put(bridge("c42996fffe000003", "home"));
        let error = bridges.find("Home").expect_err("there are two");
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
                format!("default = \"{TWO}\"\n{entry}key = \"k\""),
                "bridges.toml:1: default names a bridge that is not in this file; name one that is, or leave it out",
            ),
        ] {
            assert_eq!(parse(&text), Err(message.to_owned()), "{text}");
        }
    }

    #[test]
    fn no_key_is_printed() {
        assert!(!format!("{:?}", two()).contains("s3cr3t"));
        let error = parse(&two().text().replace("host", "hots")).expect_err("no host");
        assert!(!error.contains("s3cr3t"), "{error}");
    }
}
