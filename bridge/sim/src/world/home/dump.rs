//! A home read from the JSON of a bridge.

use std::collections::HashSet;

use serde_json::Value;

/// The reason why a text is not a home.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// The text is not JSON.
    #[error("the home is not JSON")]
    Json(#[from] serde_json::Error),
    /// The text is JSON, but not a list of resources.
    #[error("the home is neither an array of resources nor an object with such an array in `data`")]
    Shape,
    /// A resource lacks its `type` or `id`.
    #[error("resource {index} has no text `{member}`")]
    Member {
        /// Is the index that the resource has in the list, from 0.
        index: usize,
        /// Is the name of the member that is missing.
        member: &'static str,
    },
    /// Two resources have the same type and id.
    #[error("resource {index} is the second {rtype} with the id {id}")]
    Twice {
        /// Is the index that the second resource has in the list, from 0.
        index: usize,
        /// Is the type that both resources have.
        rtype: String,
        /// Is the id that both resources have.
        id: String,
    },
}

/// Reads the body of `GET /clip/v2/resource`, or its `data` alone.
pub(super) fn read(text: &str) -> Result<Vec<Value>, HomeError> {
    let resources = match serde_json::from_str(text)? {
        Value::Array(resources) => resources,
        Value::Object(mut envelope) => match envelope.remove("data") {
            Some(Value::Array(resources)) => resources,
            _ => return Err(HomeError::Shape),
        },
        _ => return Err(HomeError::Shape),
    };
    let mut seen = HashSet::new();
    for (index, resource) in resources.iter().enumerate() {
        let (rtype, id) = (text_member(resource, index, "type")?, text_member(resource, index, "id")?);
        if !seen.insert((rtype, id)) {
            return Err(HomeError::Twice { index, rtype: rtype.to_owned(), id: id.to_owned() });
        }
    }
    Ok(resources)
}

fn text_member<'a>(resource: &'a Value, index: usize, member: &'static str) -> Result<&'a str, HomeError> {
    resource[member].as_str().ok_or(HomeError::Member { index, member })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_and_a_bare_array_are_the_same_home() {
        let array = r#"[{"id": "1", "type": "light"}]"#;
        let envelope = format!(r#"{{"errors": [], "data": {array}}}"#);
        assert_eq!(read(array).expect("a home"), read(&envelope).expect("a home"));
    }

    #[test]
    fn the_error_says_which_resource_lacks_what() {
        let error = read(r#"[{"id": "1", "type": "light"}, {"id": "2"}]"#).expect_err("refused");
        assert_eq!(error.to_string(), "resource 1 has no text `type`");
    }

    #[test]
    fn resources_must_differ() {
        let error = read(r#"[{"id": "1", "type": "light"}, {"id": "1", "type": "light"}]"#).expect_err("refused");
        assert!(matches!(error, HomeError::Twice { index: 1, .. }));
    }

    #[test]
    fn other_json_is_not_a_home() {
        assert!(matches!(read("17"), Err(HomeError::Shape)));
        assert!(matches!(read(r#"{"data": {}}"#), Err(HomeError::Shape)));
        assert!(matches!(read("{"), Err(HomeError::Json(_))));
    }
}
