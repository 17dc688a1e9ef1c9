//! Makes identifiers: the ids of CLIP v2, which are reproducible, and the short ones that the v1 API has.

use serde_json::Value;
use uuid::Uuid;

use super::store::Store;

/// The namespace in which version 5 UUIDs are made: "lamplighter-sim!".
const ID_NAMESPACE: Uuid = Uuid::from_u128(0x6c61_6d70_6c69_6768_7465_722d_7369_6d21);
const BASE62_DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Returns the id that belongs to a type and a name.
pub(super) fn named(rtype: &str, name: &str) -> String {
    Uuid::new_v5(&ID_NAMESPACE, format!("{rtype}/{name}").as_bytes()).to_string()
}

/// Returns a new id, for a resource that a client creates.
pub(super) fn random() -> String {
    Uuid::new_v4().to_string()
}

/// Returns the `id_v1` of a scene: `/scenes/` and 16 characters that follow from its id.
pub(super) fn scene_v1(id: &str) -> String {
    let mut rest = Uuid::new_v5(&ID_NAMESPACE, id.as_bytes()).as_u128();
    let mut token = String::from("/scenes/");
    for _ in 0..16 {
        #[allow(clippy::cast_possible_truncation, reason = "below 62")]
        let digit = (rest % 62) as usize;
        token.push(char::from(BASE62_DIGITS[digit]));
        rest /= 62;
    }
    token
}

/// Returns the first free `id_v1` of a v1 collection such as `/groups/`; numbers begin at 1.
pub(super) fn next_v1(store: &Store, collection: &str) -> String {
    let number = |resource: &Value| resource["id_v1"].as_str()?.strip_prefix(collection)?.parse::<u32>().ok();
    let last = store.all().filter_map(number).max().unwrap_or(0);
    format!("{collection}{}", last + 1)
}
