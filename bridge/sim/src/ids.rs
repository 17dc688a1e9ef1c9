//! Identifiers: version 2 ids that can be foretold, and the short ones of version 1.

use serde_json::Value;
use uuid::Uuid;

use crate::store::Store;

const NAMESPACE: Uuid = Uuid::from_u128(0x6c61_6d70_6c69_6768_7465_722d_7369_6d21);
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The id of a thing with this name; always the same.
pub(crate) fn named(rtype: &str, name: &str) -> String {
    Uuid::new_v5(&NAMESPACE, format!("{rtype}/{name}").as_bytes()).to_string()
}

/// The id of something that a client creates.
pub(crate) fn fresh() -> String {
    Uuid::new_v4().to_string()
}

/// `/scenes/` and 16 characters that follow from the id.
pub(crate) fn scene_v1(id: &str) -> String {
    let mut rest = Uuid::new_v5(&NAMESPACE, id.as_bytes()).as_u128();
    let mut token = String::from("/scenes/");
    for _ in 0..16 {
        #[allow(clippy::cast_possible_truncation, reason = "below 62")]
        let digit = (rest % 62) as usize;
        token.push(char::from(ALPHABET[digit]));
        rest /= 62;
    }
    token
}

/// The first free number of a version 1 collection such as `/groups/`, from 1.
pub(crate) fn next_v1(store: &Store, collection: &str) -> String {
    let number = |resource: &Value| resource["id_v1"].as_str()?.strip_prefix(collection)?.parse::<u32>().ok();
    let last = store.all().filter_map(number).max().unwrap_or(0);
    format!("{collection}{}", last + 1)
}
