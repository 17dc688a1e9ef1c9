//! Property tests of reading CLIP answers, and of finding names in any home: nothing panics, and nothing is invented.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    home::find::{FindError, Kinds},
    testing::{any_json, cases, documents, mutations},
};

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn any_bytes_are_an_answer_or_none(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = serde_json::from_slice::<Envelope>(&bytes);
    }

    #[test]
    fn any_object_is_an_answer(errors in any_json(), data in any_json()) {
        let text = json!({"errors": errors, "data": data}).to_string();
        let envelope: Envelope = serde_json::from_str(&text).expect("an answer");
        prop_assert_eq!(envelope.data.len(), data.as_array().map_or(0, Vec::len));
        prop_assert!(envelope.first_reference().is_none_or(|reference| !reference.rid.is_empty()));
        let _ = envelope.message();
    }

    #[test]
    fn whatever_is_looked_for_in_whatever_home_what_is_found_is_there(
        query in prop_oneof![".{0,12}", "[lrsz/ ]{1,4}", "[0-9]{1,12}"], within in prop::option::of(".{0,6}"), mutations in mutations(),
    ) {
        let mut document = serde_json::Value::from(documents());
        mutations.apply(&mut document);
        let resources = document.as_array().cloned().unwrap_or_default().into_iter();
        let home = crate::home::build::home(&resources.filter_map(|it| Some((it["id"].as_str()?.to_owned(), it))).collect());
        match home.find(&query, Kinds::ALL, within.as_deref()) {
            Ok(found) => prop_assert!(
                home.light(&found.id).is_some() || home.group(&found.id).is_some() || home.scene(&found.id).is_some()
            ),
            Err(FindError::Ambiguous(candidates)) => prop_assert!(candidates.len() > 1),
            Err(FindError::NotFound(near)) => prop_assert!(near.len() <= 5),
        }
    }
}
