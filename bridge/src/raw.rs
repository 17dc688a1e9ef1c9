//! Any request of the API, for those who need what the rest does not offer: checked, paced, and repeated only where
//! that is harmless. Nothing is planned, clamped or told per light.

use serde_json::{Map, Value};

use crate::{
    bridge::Bridge,
    budget::Cost,
    clip::Request,
    error::Error,
    gate::on_clock,
    home::{Home, Id},
};

pub use crate::clip::Method;

/// The longest body that is sent. The largest a bridge takes is a scene of 150 lights, about 20 KiB.
const BODY_LIMIT: usize = 64 << 10;
/// The longest answer that is handed on. Everything that a bridge with 150 lamps has is about 2 MB.
const ANSWER_LIMIT: usize = 8 << 20;

/// What sets a state and adds nothing up, so that sending it twice is as sending it once. All else (deltas, alerts,
/// signals, `identify`, timed effects, what firmware will add) is sent once.
const REPEATABLE: [&str; 24] = [
    "actions",
    "appdata",
    "auto_dynamic",
    "children",
    "color",
    "color_temperature",
    "configuration",
    "dimming",
    "dynamics",
    "effects",
    "effects_v2",
    "enabled",
    "gradient",
    "group",
    "metadata",
    "name",
    "on",
    "palette",
    "powerup",
    "recall",
    "sensitivity",
    "speed",
    "type",
    "week_timeslots",
];
/// What a light keeps without its lamp being told, or that comes along with something else.
const NO_MESSAGE: [&str; 3] = ["dynamics", "metadata", "type"];

/// What the bridge answered to [`Bridge::clip`].
#[derive(Clone, Debug, PartialEq)]
pub struct ClipReply {
    /// 200, 201, or 207 for partial success. A refusal is an error.
    pub status: u16,
    /// `{"errors": [...], "data": [...]}`.
    pub body: Value,
}

impl Bridge {
    /// Sends one request to `/clip/v2/resource` and hands on the bridge's answer.
    ///
    /// `path` is empty for everything (`Get` only), a resource type, or a type and an id. `body` is an object of at
    /// most 64 KiB, for `Put` and `Post` and for nothing else. What makes no sense is [`Error::Invalid`] and is not
    /// sent. The answer may be partial success: look at its `errors`. If it is lost, the request is only sent again
    /// where that is as sending it once.
    pub async fn clip(
        &self,
        method: Method,
        path: &[&str],
        body: Option<Value>,
        deadline: std::time::Instant,
    ) -> Result<ClipReply, Error> {
        let request = checked(method, path, body)?;
        self.check_live()?;
        let revision = self.reader().snapshot().revision;
        let sent = self.gate().send(&request, cost(&request), is_repeatable(&request), on_clock(deadline)).await;
        if !sent.as_ref().is_err_and(crate::failure::Failure::surely_not_done) {
            self.memory().told(changed(&self.view().home, &request), revision);
        }
        let reply = sent.map_err(|failure| match method {
            Method::Get => failure.of_reading(),
            _ => failure.into(),
        })?;
        if reply.body.len() > ANSWER_LIMIT {
            return Err(Error::Protocol(format!("an answer of more than {} MiB", ANSWER_LIMIT >> 20)));
        }
        let body = serde_json::from_slice(&reply.body).map_err(|error| Error::Protocol(error.to_string()))?;
        Ok(ClipReply { status: reply.status, body })
    }
}

fn checked(method: Method, path: &[&str], body: Option<Value>) -> Result<Request, Error> {
    let takes_body = matches!(method, Method::Put | Method::Post);
    match (method, path) {
        (Method::Get, [] | [_] | [_, _]) | (Method::Post, [_]) | (Method::Put | Method::Delete, [_, _]) => {}
        (Method::Post, _) => return Err(invalid("to make something, name its type and no id")),
        (Method::Put | Method::Delete, _) => {
            return Err(invalid("to change or delete something, name its type and id"));
        }
        (Method::Get, _) => return Err(invalid("a resource is named by its type and id, and by nothing else")),
    }
    if let Some(kind) = path.first().filter(|kind| !is_type(kind)) {
        return Err(Error::Invalid(format!("{kind:.64?} is no resource type: it has small letters, digits and `_`")));
    }
    if let Some(id) = path.get(1).filter(|id| !is_id(id)) {
        return Err(Error::Invalid(format!("{id:.64?} is no id: it has letters, digits and `-`")));
    }
    match &body {
        Some(Value::Object(members)) if takes_body => check_size(members)?,
        None if !takes_body => {}
        _ if takes_body => return Err(invalid("the body has to be a JSON object")),
        _ => return Err(invalid("only to make or change something takes a body")),
    }
    Ok(Request { method, path: path.join("/"), body })
}

fn is_type(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn check_size(body: &Map<String, Value>) -> Result<(), Error> {
    let size = serde_json::to_vec(body).map_or(usize::MAX, |text| text.len());
    if size > BODY_LIMIT {
        return Err(Error::Invalid(format!("a body of more than {} KiB", BODY_LIMIT >> 10)));
    }
    Ok(())
}

/// As for planned steps: lights by what their lamps are told, groups and recalls by the second.
fn cost(request: &Request) -> Cost {
    let Some(body) = request.body.as_ref().and_then(Value::as_object).filter(|_| request.method == Method::Put) else {
        return Cost::REQUEST;
    };
    match kind(request) {
        "light" => Cost::light(messages(body)),
        "grouped_light" => Cost::GROUP,
        "scene" | "smart_scene" if body.contains_key("recall") => Cost::GROUP,
        "device" if body.contains_key("identify") => Cost::light(1),
        _ => Cost::REQUEST,
    }
}

fn messages(body: &Map<String, Value>) -> u32 {
    let told = body.keys().filter(|name| !NO_MESSAGE.contains(&name.as_str())).count();
    u32::try_from(told).unwrap_or(u32::MAX).clamp(1, 10)
}

fn is_repeatable(request: &Request) -> bool {
    match request.method {
        Method::Get | Method::Delete => true,
        Method::Post => false,
        Method::Put => {
            let members = request.body.as_ref().and_then(Value::as_object);
            members.is_some_and(|members| members.keys().all(|name| REPEATABLE.contains(&name.as_str())))
        }
    }
}

/// The lights that a request may have changed.
fn changed(home: &Home, request: &Request) -> Vec<Id> {
    if request.method != Method::Put {
        return Vec::new();
    }
    let id = Id::new(request.path.rsplit('/').next().unwrap_or_default());
    let lights_of = |group: &Id| home.group(group).map(|group| group.lights.clone()).unwrap_or_default();
    match kind(request) {
        "light" => home.light(&id).into_iter().map(|light| light.id.clone()).collect(),
        "grouped_light" => {
            let group = home.groups.iter().find(|group| group.grouped_light.as_ref() == Some(&id));
            group.map(|group| group.lights.clone()).unwrap_or_default()
        }
        "scene" | "smart_scene" => home.scene(&id).map(|scene| lights_of(&scene.group_id)).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn kind(request: &Request) -> &str {
    request.path.split('/').next().unwrap_or_default()
}

fn invalid(text: &str) -> Error {
    Error::Invalid(text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn put(kind: &str, body: Value) -> Request {
        checked(Method::Put, &[kind, "1-a"], Some(body)).expect("a request that makes sense")
    }

    #[test]
    fn only_a_type_and_an_id_make_a_path() {
        let object = || Some(json!({}));
        for (method, path, body) in [
            (Method::Get, &["Light"][..], None),
            (Method::Get, &["light/../bridge"], None),
            (Method::Get, &["light", "a/b"], None),
            (Method::Get, &["light", ".."], None),
            (Method::Get, &["light", "a?x"], None),
            (Method::Get, &["light", "%2e"], None),
            (Method::Get, &["", ""], None),
            (Method::Get, &["light", "a", "b"], None),
            (Method::Get, &["light"], object()),
            (Method::Delete, &["scene"], None),
            (Method::Delete, &["scene", "a"], object()),
            (Method::Put, &["light"], object()),
            (Method::Put, &["light", "a"], None),
            (Method::Put, &["light", "a"], Some(json!([]))),
            (Method::Post, &["scene", "a"], object()),
            (Method::Post, &[], object()),
            (Method::Put, &["light", "a"], Some(json!({"x": "y".repeat(BODY_LIMIT)}))),
        ] {
            let result = checked(method, path, body);
            assert!(matches!(result, Err(Error::Invalid(_))), "{method:?} {path:?}: {result:?}");
        }
        assert_eq!(checked(Method::Get, &[], None).map(|request| request.path), Ok(String::new()));
        assert_eq!(checked(Method::Get, &["light", "1-a"], None).map(|it| it.path), Ok("light/1-a".to_owned()));
    }

    #[test]
    fn a_request_costs_what_the_bridge_has_to_do() {
        for (request, expected) in [
            (put("light", json!({"on": {}, "dimming": {}, "color": {}, "dynamics": {}})), Cost::light(3)),
            (put("light", json!({"metadata": {}})), Cost::light(1)),
            (put("grouped_light", json!({"on": {}})), Cost::GROUP),
            (put("scene", json!({"recall": {}})), Cost::GROUP),
            (put("smart_scene", json!({"recall": {}})), Cost::GROUP),
            (put("scene", json!({"metadata": {}})), Cost::REQUEST),
            (put("device", json!({"identify": {}})), Cost::light(1)),
            (put("motion", json!({"enabled": true})), Cost::REQUEST),
            (Request::get_all(), Cost::REQUEST),
            (Request::post("scene", json!({"recall": {}})), Cost::REQUEST),
        ] {
            assert_eq!(cost(&request), expected, "{request:?}");
        }
    }

    #[test]
    fn only_what_sets_a_state_is_repeatable() {
        assert!(is_repeatable(&put("light", json!({"on": {}, "dimming": {}}))));
        assert!(is_repeatable(&Request::delete("scene", "a")) && is_repeatable(&Request::get_all()));
        for body in [
            json!({"dimming_delta": {}}),
            json!({"on": {}, "alert": {}}),
            json!({"identify": {}}),
            json!({"signaling": {}}),
            json!({"something_new": {}}),
        ] {
            assert!(!is_repeatable(&put("light", body.clone())), "{body}");
        }
        assert!(!is_repeatable(&Request::post("scene", json!({"metadata": {}}))));
    }
}
