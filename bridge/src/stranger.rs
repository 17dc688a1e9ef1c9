//! A bridge that one has no key for: what it says of itself, once its certificate agrees.

use std::{sync::Arc, time::Duration};

use serde_json::Value;

use crate::{
    client::Unpaired,
    error::Error,
    failure::Failure,
    tls::{self, Expectation, Identity, Seen, Verifier},
};

/// The first software with the API this crate speaks, by what other clients go by.
const FIRST_SOFTWARE: u64 = 1_948_086_000;
const NO_BRIDGE: &str = "there is no Hue bridge at this address";

/// What a bridge tells everybody. Its certificate carries the same id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// 16 hexadecimal digits, lower case.
    pub id: String,
    /// The name people gave it.
    pub name: String,
    /// `BSB002` is the square bridge, `BSB003` the Bridge Pro. May be empty.
    pub model: String,
    /// Its firmware, such as `1978293000`. May be empty.
    pub software: String,
    /// The version of the older API, such as `1.78.0`. May be empty.
    pub api_version: String,
    /// Whether it has the API that this crate speaks.
    pub clip_v2: bool,
    /// How it can prove from now on that it is itself: by Signify's word where there is one, or else by the very
    /// certificate that it showed.
    pub identity: Identity,
}

/// A bridge that answered, and a connection to it.
pub(crate) struct Stranger {
    pub(crate) facts: Facts,
    pub(crate) client: Unpaired,
}

impl Stranger {
    /// Asks who is at `host`. Sends nothing secret, and nothing at all before the certificate is as expected.
    pub(crate) async fn meet(host: &str, expected_id: Option<&str>, patience: Duration) -> Result<Self, Error> {
        let verifier = Arc::new(Verifier::new(Expectation::first_use(expected_id), &tls::provider()));
        let client = Unpaired::new(host, &verifier, patience)?;
        let config = public_config(&client).await?;
        let seen = verifier.seen().ok_or_else(|| Error::Identity("no certificate was seen".to_owned()))?;
        let mut facts = facts(&config, seen)?;
        facts.clip_v2 = facts.clip_v2 || forbids_strangers(&client).await;
        Ok(Self { facts, client })
    }
}

/// The part of the configuration that everybody may read. It is answered for any key, so it proves none.
async fn public_config(client: &Unpaired) -> Result<Value, Error> {
    let no_bridge = || Error::Protocol(NO_BRIDGE.to_owned());
    let body = client.get("/api/config").await.map_err(|failure| match failure {
        Failure::Rejected(..) | Failure::Unauthorized => no_bridge(),
        failure => failure.of_reading(),
    })?;
    serde_json::from_slice(&body).map_err(|_| no_bridge())
}

/// What the bridge says, if its certificate says the same of its id.
fn facts(config: &Value, seen: Seen) -> Result<Facts, Error> {
    let text = |key: &str| config[key].as_str().unwrap_or_default().to_owned();
    let id = text("bridgeid");
    if id.is_empty() {
        return Err(Error::Protocol(NO_BRIDGE.to_owned()));
    }
    if !seen.bridge_id.eq_ignore_ascii_case(&id) {
        return Err(Error::Identity(format!(
            "it is that of {}, but the bridge says it is another one",
            seen.bridge_id
        )));
    }
    let software = text("swversion");
    Ok(Facts {
        id: seen.bridge_id,
        name: text("name"),
        model: text("modelid"),
        api_version: text("apiversion"),
        clip_v2: software.parse::<u64>().is_ok_and(|version| version >= FIRST_SOFTWARE),
        software,
        identity: seen.identity,
    })
}

/// A bridge with CLIP v2 turns strangers away where one without does not know the path.
async fn forbids_strangers(client: &Unpaired) -> bool {
    matches!(client.status("/clip/v2/resource").await, Ok(401 | 403))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tls::Fingerprint;

    const ID: &str = "001788fffe123456";

    fn seen() -> Seen {
        Seen::for_test(ID, Identity::Pinned(Fingerprint::of(b"a certificate")))
    }

    #[test]
    fn what_a_real_bridge_answers_is_understood() {
        let config = json!({
            "name": "Hue Bridge", "datastoreversion": "172", "swversion": "1967054020", "apiversion": "1.67.0",
            "mac": "00:17:88:12:34:56", "bridgeid": "001788FFFE123456", "factorynew": false, "replacesbridgeid": null,
            "modelid": "BSB002", "starterkitid": ""
        });
        let facts = facts(&config, seen()).expect("a bridge");
        assert_eq!((facts.id.as_str(), facts.name.as_str(), facts.model.as_str()), (ID, "Hue Bridge", "BSB002"));
        assert_eq!(
            (facts.software.as_str(), facts.api_version.as_str(), facts.clip_v2),
            ("1967054020", "1.67.0", true)
        );
    }

    #[test]
    fn software_before_clip_v2_is_told_from_later_one() {
        for (software, clip_v2) in [("1947108030", false), ("1948086000", true), ("01036659", false), ("?", false)] {
            let config = json!({"bridgeid": ID, "swversion": software});
            assert_eq!(facts(&config, seen()).map(|facts| facts.clip_v2), Ok(clip_v2), "{software}");
        }
    }

    #[test]
    fn fields_that_are_missing_or_strange_do_no_harm() {
        let odd = json!({"bridgeid": ID, "name": null, "swversion": 1_978_293_000, "modelid": ["BSB002"]});
        let facts = facts(&odd, seen()).expect("a bridge");
        assert_eq!((facts.name.as_str(), facts.model.as_str(), facts.clip_v2), ("", "", false));
    }

    #[test]
    fn who_tells_no_id_or_another_than_its_certificate_is_refused() {
        for config in [json!({}), json!([]), json!("page"), json!({"bridgeid": ""})] {
            assert!(matches!(facts(&config, seen()), Err(Error::Protocol(_))), "{config}");
        }
        let liar = json!({"bridgeid": "001788FFFE000000"});
        assert!(matches!(facts(&liar, seen()), Err(Error::Identity(_))));
    }
}
