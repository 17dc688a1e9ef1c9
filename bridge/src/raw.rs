//! Raw requests: any CLIP v2 request as JSON, for what the rest of the crate does not offer. They are checked, paced, and
//! retried only where that is harmless. Nothing is planned or clamped, and no outcomes per light are reported.

use parking_lot::Mutex;
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::{
    attempt_error::AttemptError,
    budget::Cost,
    client::Reply,
    clip::Request,
    error::Error,
    home::{Home, Id},
    mirror::MirrorReader,
    paced_client::PacedClient,
    pending_writes::PendingWrites,
};

pub use crate::clip::Method;

/// Limits the body of a request. The largest that a bridge accepts is a scene of 150 lights, about 20 KiB.
const MAX_BODY_BYTES: usize = 64 << 10;
/// Limits the body of a reply. All resources of a bridge with 150 lamps take about 2 MB.
const MAX_REPLY_BYTES: usize = 8 << 20;
/// The longest resource type or id that is accepted.
const MAX_NAME_LENGTH: usize = 64;
/// Limits the Zigbee messages that one light command is charged for.
const MAX_LIGHT_MESSAGES: u32 = 10;

/// Members of a PUT body that are idempotent: they set a state. Requests with any other member are sent only once:
/// deltas, alerts, signals, `identify`, timed effects, and whatever firmware will add.
const REPEATABLE_MEMBERS: [&str; 24] = [
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
/// Members of a light's PUT body that cost no Zigbee message: the bridge keeps them, or sends them with another member.
const MEMBERS_WITHOUT_MESSAGE: [&str; 3] = ["dynamics", "metadata", "type"];

/// The reply that [`crate::Bridge::clip`] returns.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipReply {
    /// The status: 200, 201, or 207 for partial success. A refusal is an error.
    pub status: u16,
    /// The body, which is `{"errors": [...], "data": [...]}`.
    pub body: Value,
}

/// Sends a request, and records the lights that it may have changed.
pub(crate) async fn send(
    client: &PacedClient,
    mirror: &MirrorReader,
    pending: &Mutex<PendingWrites>,
    request: &Request,
    deadline: Instant,
) -> Result<ClipReply, Error> {
    let revision = mirror.snapshot().revision;
    let sent = client.send(request, request_cost(request), is_repeatable(request), deadline).await;
    if !sent.as_ref().is_err_and(AttemptError::may_repeat_any) {
        pending.lock().record_unknown(affected_lights(&mirror.snapshot().home, request), revision);
    }
    let reply = sent.map_err(|error| match request.method {
        Method::Get => error.into_read_error(),
        _ => error.into_write_error(),
    })?;
    parse_clip_reply(&reply)
}

/// Parses a reply, unless its body is too large to hand on.
fn parse_clip_reply(reply: &Reply) -> Result<ClipReply, Error> {
    if reply.body.len() > MAX_REPLY_BYTES {
        return Err(Error::Protocol(format!("an answer of more than {} MiB", MAX_REPLY_BYTES >> 20)));
    }
    let body = serde_json::from_slice(&reply.body).map_err(|error| Error::Protocol(error.to_string()))?;
    Ok(ClipReply { status: reply.status, body })
}

/// Builds a request, if it is valid.
pub(crate) fn build_request(method: Method, path: &[&str], body: Option<Value>) -> Result<Request, Error> {
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
    (1..=MAX_NAME_LENGTH).contains(&text.len()) && text.bytes().all(plain)
}

fn is_id(text: &str) -> bool {
    (1..=MAX_NAME_LENGTH).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn check_size(body: &Map<String, Value>) -> Result<(), Error> {
    let size = serde_json::to_vec(body).map_or(usize::MAX, |text| text.len());
    if size > MAX_BODY_BYTES {
        return Err(Error::Invalid(format!("a body of more than {} KiB", MAX_BODY_BYTES >> 10)));
    }
    Ok(())
}

/// Returns the cost of a request, by the rules for planned steps: a light command by its Zigbee messages, a group command
/// or recall one group token.
pub(crate) fn request_cost(request: &Request) -> Cost {
    let Some(body) = request.body.as_ref().and_then(Value::as_object).filter(|_| request.method == Method::Put) else {
        return Cost::REQUEST_ONLY;
    };
    match resource_type(request) {
        "light" => Cost::light(count_messages(body)),
        "grouped_light" => Cost::GROUP_COMMAND,
        "scene" | "smart_scene" if body.contains_key("recall") => Cost::GROUP_COMMAND,
        "device" if body.contains_key("identify") => Cost::light(1),
        _ => Cost::REQUEST_ONLY,
    }
}

fn count_messages(body: &Map<String, Value>) -> u32 {
    let messages = body.keys().filter(|name| !MEMBERS_WITHOUT_MESSAGE.contains(&name.as_str())).count();
    u32::try_from(messages).unwrap_or(u32::MAX).clamp(1, MAX_LIGHT_MESSAGES)
}

/// Whether sending the request twice has the same effect as sending it once.
pub(crate) fn is_repeatable(request: &Request) -> bool {
    match request.method {
        Method::Get | Method::Delete => true,
        Method::Post => false,
        Method::Put => {
            let members = request.body.as_ref().and_then(Value::as_object);
            members.is_some_and(|members| members.keys().all(|name| REPEATABLE_MEMBERS.contains(&name.as_str())))
        }
    }
}

/// Returns the lights that a request may have changed.
pub(crate) fn affected_lights(home: &Home, request: &Request) -> Vec<Id> {
    if request.method != Method::Put {
        return Vec::new();
    }
    let id = Id::new(request.path.rsplit('/').next().unwrap_or_default());
    let lights_of = |group: &Id| home.group(group).map(|group| group.lights.clone()).unwrap_or_default();
    match resource_type(request) {
        "light" => home.light(&id).into_iter().map(|light| light.id.clone()).collect(),
        "grouped_light" => {
            let group = home.groups.iter().find(|group| group.grouped_light.as_ref() == Some(&id));
            group.map(|group| group.lights.clone()).unwrap_or_default()
        }
        "scene" | "smart_scene" => home.scene(&id).map(|scene| lights_of(&scene.group_id)).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn resource_type(request: &Request) -> &str {
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
        build_request(Method::Put, &[kind, "1-a"], Some(body)).expect("a request that makes sense")
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
            (Method::Put, &["light", "a"], Some(json!({"x": "y".repeat(MAX_BODY_BYTES)}))),
        ] {
            let result = build_request(method, path, body);
            assert!(matches!(result, Err(Error::Invalid(_))), "{method:?} {path:?}: {result:?}");
        }
        assert_eq!(build_request(Method::Get, &[], None).map(|request| request.path), Ok(String::new()));
        assert_eq!(build_request(Method::Get, &["light", "1-a"], None).map(|it| it.path), Ok("light/1-a".to_owned()));
    }

    #[test]
    fn a_request_costs_what_the_bridge_has_to_do() {
        for (request, expected) in [
            (put("light", json!({"on": {}, "dimming": {}, "color": {}, "dynamics": {}})), Cost::light(3)),
            (put("light", json!({"metadata": {}})), Cost::light(1)),
            (put("grouped_light", json!({"on": {}})), Cost::GROUP_COMMAND),
            (put("scene", json!({"recall": {}})), Cost::GROUP_COMMAND),
            (put("smart_scene", json!({"recall": {}})), Cost::GROUP_COMMAND),
            (put("scene", json!({"metadata": {}})), Cost::REQUEST_ONLY),
            (put("device", json!({"identify": {}})), Cost::light(1)),
            (put("motion", json!({"enabled": true})), Cost::REQUEST_ONLY),
            (Request::get_all(), Cost::REQUEST_ONLY),
            (Request::post("scene", json!({"recall": {}})), Cost::REQUEST_ONLY),
        ] {
            assert_eq!(request_cost(&request), expected, "{request:?}");
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
