//! Asks a bridge without a key for its public configuration, and checks that against its certificate.

use std::{sync::Arc, time::Duration};

use serde_json::Value;

use crate::{
    attempt_error::AttemptError,
    client::UnpairedClient,
    error::Error,
    tls::{self, Expectation, Identity, SeenCertificate, Verifier},
};

/// The first software version with CLIP v2, as other clients assume.
const FIRST_CLIP_V2_SOFTWARE: u64 = 1_948_086_000;
const NO_BRIDGE_MESSAGE: &str = "there is no Hue bridge at this address";

/// The part of a bridge's configuration that anybody may read. The bridge's certificate carries the same id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicConfig {
    /// The bridge id, which has 16 hexadecimal digits in lower case.
    pub id: String,
    /// The name that people gave the bridge.
    pub name: String,
    /// The model: `BSB002` is the square bridge, `BSB003` the Bridge Pro. May be empty.
    pub model: String,
    /// The firmware version, such as `1978293000`. May be empty.
    pub software: String,
    /// The version of the older API, such as `1.78.0`. May be empty.
    pub api_version: String,
    /// Is set when the bridge has CLIP v2, the API that this crate speaks.
    pub clip_v2: bool,
    /// The proof to demand from now on: Signify's signature where there is one, otherwise the certificate just seen.
    pub identity: Identity,
}

/// A bridge that answered, and a connection to it.
pub(crate) struct Probe {
    pub(crate) config: PublicConfig,
    pub(crate) client: UnpairedClient,
}

impl Probe {
    /// Asks which bridge is at `host`. Sends nothing secret, and nothing at all before the certificate is as expected.
    pub(crate) async fn connect(host: &str, expected_id: Option<&str>, timeout: Duration) -> Result<Self, Error> {
        let verifier = Arc::new(Verifier::new(Expectation::first_use(expected_id), &tls::provider()));
        let client = UnpairedClient::new(host, Arc::clone(&verifier), timeout)?;
        let answer = get_public_config(&client).await?;
        let certificate =
            verifier.seen_certificate().ok_or_else(|| Error::Identity("no certificate was seen".to_owned()))?;
        let mut config = parse_public_config(&answer, certificate)?;
        config.clip_v2 = config.clip_v2 || rejects_unauthenticated(&client).await;
        Ok(Self { config, client })
    }
}

/// Reads the public configuration. A bridge answers it for any key, so the answer proves no key.
async fn get_public_config(client: &UnpairedClient) -> Result<Value, Error> {
    let no_bridge = || Error::Protocol(NO_BRIDGE_MESSAGE.to_owned());
    let body = client.get("/api/config").await.map_err(|error| match error {
        AttemptError::Rejected(..) | AttemptError::Unauthorized => no_bridge(),
        error => error.into_read_error(),
    })?;
    serde_json::from_slice(&body).map_err(|_| no_bridge())
}

/// Parses the configuration, and refuses it unless it reports the id that the certificate carries.
fn parse_public_config(answer: &Value, certificate: SeenCertificate) -> Result<PublicConfig, Error> {
    let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
    let id = text("bridgeid");
    if id.is_empty() {
        return Err(Error::Protocol(NO_BRIDGE_MESSAGE.to_owned()));
    }
    if !certificate.bridge_id.eq_ignore_ascii_case(&id) {
        return Err(Error::Identity(format!(
            "it is that of {}, but the bridge says it is another one",
            certificate.bridge_id
        )));
    }
    let software = text("swversion");
    Ok(PublicConfig {
        id: certificate.bridge_id,
        name: text("name"),
        model: text("modelid"),
        api_version: text("apiversion"),
        clip_v2: software.parse::<u64>().is_ok_and(|version| version >= FIRST_CLIP_V2_SOFTWARE),
        software,
        identity: certificate.identity,
    })
}

/// Asks CLIP v2 without a key: a bridge that has it answers 401 or 403; an older one does not know the path.
async fn rejects_unauthenticated(client: &UnpairedClient) -> bool {
    matches!(client.get_status("/clip/v2/resource").await, Ok(401 | 403))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tls::Fingerprint;

    const BRIDGE_ID: &str = "001788fffe123456";

    fn certificate() -> SeenCertificate {
        SeenCertificate::for_test(BRIDGE_ID, Identity::Pinned(Fingerprint::of(b"a certificate")))
    }

    #[test]
    fn what_a_real_bridge_answers_is_understood() {
        let config = json!({
            "name": "Hue Bridge", "datastoreversion": "172", "swversion": "1967054020", "apiversion": "1.67.0",
            "mac": "00:17:88:12:34:56", "bridgeid": "001788FFFE123456", "factorynew": false, "replacesbridgeid": null,
            "modelid": "BSB002", "starterkitid": ""
        });
        let parsed = parse_public_config(&config, certificate()).expect("a bridge");
        assert_eq!(
            (parsed.id.as_str(), parsed.name.as_str(), parsed.model.as_str()),
            (BRIDGE_ID, "Hue Bridge", "BSB002")
        );
        assert_eq!(
            (parsed.software.as_str(), parsed.api_version.as_str(), parsed.clip_v2),
            ("1967054020", "1.67.0", true)
        );
    }

    #[test]
    fn software_before_clip_v2_is_told_from_later_one() {
        for (software, clip_v2) in [("1947108030", false), ("1948086000", true), ("01036659", false), ("?", false)] {
            let config = json!({"bridgeid": BRIDGE_ID, "swversion": software});
            assert_eq!(
                parse_public_config(&config, certificate()).map(|parsed| parsed.clip_v2),
                Ok(clip_v2),
                "{software}"
            );
        }
    }

    #[test]
    fn fields_that_are_missing_or_strange_do_no_harm() {
        let odd = json!({"bridgeid": BRIDGE_ID, "name": null, "swversion": 1_978_293_000, "modelid": ["BSB002"]});
        let parsed = parse_public_config(&odd, certificate()).expect("a bridge");
        assert_eq!((parsed.name.as_str(), parsed.model.as_str(), parsed.clip_v2), ("", "", false));
    }

    #[test]
    fn who_tells_no_id_or_another_than_its_certificate_is_refused() {
        for config in [json!({}), json!([]), json!("page"), json!({"bridgeid": ""})] {
            assert!(matches!(parse_public_config(&config, certificate()), Err(Error::Protocol(_))), "{config}");
        }
        let liar = json!({"bridgeid": "001788FFFE000000"});
        assert!(matches!(parse_public_config(&liar, certificate()), Err(Error::Identity(_))));
    }
}
