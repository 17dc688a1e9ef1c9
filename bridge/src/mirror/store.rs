//! What the mirror holds, and its one writer.

use std::{collections::HashMap, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use serde_json::{Map, Value};
use tokio::{sync::watch, time::Instant};

use super::Connection;
use crate::{
    clip::{Change, Event},
    home::{Home, Id, build},
};

/// One consistent state of the mirror.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) home: Arc<Home>,
    pub(crate) connection: Connection,
    /// When it was filled last, or when the stream that kept it ended; `None` before the first filling.
    pub(crate) confirmed: Option<Instant>,
    /// Times the stream was connected anew.
    pub(crate) reconnects: u64,
    /// The number of the snapshot in which a light last changed, for those that did.
    pub(crate) touched: Arc<HashMap<Id, u64>>,
    /// Grows with each snapshot.
    pub(crate) revision: u64,
}

/// The one writer. Not `Clone`: two would overwrite each other.
pub(super) struct Store {
    resources: build::Resources,
    current: Snapshot,
    published: Arc<ArcSwap<Snapshot>>,
    revision: watch::Sender<u64>,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self {
            home: Arc::default(),
            connection: Connection::Connecting,
            confirmed: None,
            reconnects: 0,
            touched: Arc::default(),
            revision: 0,
        }
    }
}

impl Snapshot {
    /// How long ago the bridge last confirmed it; a live stream confirms it all the time.
    pub(crate) fn age(&self) -> Option<Duration> {
        match self.connection {
            Connection::Live => self.confirmed.map(|_| Duration::ZERO),
            _ => self.confirmed.map(|at| at.elapsed()),
        }
    }
}

impl Store {
    pub(super) fn new(published: Arc<ArcSwap<Snapshot>>, revision: watch::Sender<u64>) -> Self {
        Self { resources: build::Resources::new(), current: Snapshot::default(), published, revision }
    }

    /// What was published last.
    pub(super) fn snapshot(&self) -> &Snapshot {
        &self.current
    }

    /// Takes everything the bridge has in place of what there was.
    pub(super) fn replace(&mut self, resources: Vec<Value>) {
        self.resources = resources.into_iter().filter_map(identified).collect();
        self.current.confirmed = Some(Instant::now());
        self.rebuild();
    }

    pub(super) fn connection(&mut self, connection: Connection) {
        let was_live = self.current.connection == Connection::Live;
        if was_live {
            self.current.confirmed = self.current.confirmed.map(|_| Instant::now());
        } else if connection == Connection::Live && self.current.connection != Connection::Connecting {
            self.current.reconnects += 1;
        }
        self.current.connection = connection;
        self.publish();
    }

    /// Applies the events of one frame, as one change. Returns false if something of it made no sense, so that the
    /// bridge may have meant something else.
    pub(super) fn apply(&mut self, events: &[Event]) -> bool {
        let mut sense = true;
        for event in events {
            for value in &event.data {
                sense &= self.apply_one(event.change, value);
            }
        }
        if !events.is_empty() {
            self.current.confirmed = Some(Instant::now());
            self.rebuild();
        }
        sense
    }

    fn apply_one(&mut self, change: Change, value: &Value) -> bool {
        let Some(id) = value["id"].as_str().map(ToOwned::to_owned) else { return false };
        match change {
            Change::Add => {
                let added = identified(value.clone()).filter(|(_, resource)| makes_sense(resource));
                let sense = added.is_some();
                self.resources.extend(added);
                return sense;
            }
            Change::Update => {
                if let Some(resource) = self.resources.get_mut(&id) {
                    return update(resource, value);
                }
                // Firmware tells of types that it does not list.
                tracing::debug!(id, "an event for something unknown");
            }
            Change::Delete => {
                self.resources.remove(&id);
            }
            Change::Other => tracing::debug!(%value, "an event of an unknown type"),
        }
        true
    }

    fn rebuild(&mut self) {
        let home = build::home(&self.resources);
        let next = self.current.revision + 1;
        let changed = home.lights.iter().filter(|light| self.current.home.light(&light.id) != Some(*light));
        let changed: Vec<Id> = changed.map(|light| light.id.clone()).collect();
        if !changed.is_empty() {
            let touched = Arc::make_mut(&mut self.current.touched);
            touched.extend(changed.into_iter().map(|id| (id, next)));
            touched.retain(|id, _| home.light(id).is_some());
        }
        self.current.home = Arc::new(home);
        self.publish();
    }

    fn publish(&mut self) {
        self.current.revision += 1;
        self.published.store(Arc::new(self.current.clone()));
        self.revision.send_replace(self.current.revision);
    }
}

/// A resource by its id; `None` for what is none.
fn identified(value: Value) -> Option<(String, Value)> {
    value["type"].as_str()?;
    let id = value["id"].as_str().filter(|id| !id.is_empty())?.to_owned();
    Some((id, value))
}

/// Whether the load-bearing parts of a resource are of the kind that they should be, where they are there.
pub(super) fn makes_sense(resource: &Value) -> bool {
    let on = resource.pointer("/on/on").is_none_or(Value::is_boolean);
    on && resource.pointer("/metadata/name").is_none_or(Value::is_string)
}

/// Merges what changed; false if some of it made no sense. A light that is given a colour, and no temperature with it,
/// shows no temperature any more.
fn update(resource: &mut Value, change: &Value) -> bool {
    let colored = change.pointer("/color/xy").is_some() && change.get("color_temperature").is_none();
    if let Some(temperature) = resource.get_mut("color_temperature").and_then(Value::as_object_mut)
        && colored
    {
        temperature.insert("mirek".to_owned(), Value::Null);
        temperature.insert("mirek_valid".to_owned(), Value::Bool(false));
    }
    let (Value::Object(resource), Value::Object(change)) = (resource, change) else { return false };
    merge_members(resource, change.iter().filter(|(key, _)| *key != "id" && *key != "type"))
}

/// Objects are merged, field by field; everything else is replaced, but not by something of another kind: that is as
/// if it were not there, and makes it false. `null` is of every kind.
fn merge(into: &mut Value, from: &Value) -> bool {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => merge_members(into, from.iter()),
        (into, from) => {
            let alike = is_alike(into, from);
            if alike {
                *into = from.clone();
            } else {
                tracing::debug!(%into, %from, "an event with a value of another kind");
            }
            alike
        }
    }
}

fn merge_members<'a>(into: &mut Map<String, Value>, from: impl Iterator<Item = (&'a String, &'a Value)>) -> bool {
    let mut sense = true;
    for (key, value) in from {
        match into.get_mut(key) {
            Some(existing) => sense &= merge(existing, value),
            None => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
    sense
}

fn is_alike(a: &Value, b: &Value) -> bool {
    use Value::{Array, Bool, Null, Number, String};
    match (a, b) {
        (Array(_), Array(_)) | (Bool(_), Bool(_)) | (Number(_), Number(_)) | (String(_), String(_)) | (Null, _) => true,
        (_, Null) => !a.is_object(),
        _ => false,
    }
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn store() -> (Store, Arc<ArcSwap<Snapshot>>) {
        let published = Arc::new(ArcSwap::from_pointee(Snapshot::default()));
        let mut store = Store::new(Arc::clone(&published), watch::channel(0).0);
        store.replace(vec![json!({"id": "l", "type": "light", "on": {"on": false}, "metadata": {"name": "Lamp"},
            "dimming": {"brightness": 10.0}, "color": {"xy": {"x": 0.3, "y": 0.3}},
            "color_temperature": {"mirek": 300, "mirek_valid": true}})]);
        (store, published)
    }

    fn events(text: &Value) -> Vec<Event> {
        Event::read_all(&text.to_string()).expect("a list")
    }

    fn lamp(published: &ArcSwap<Snapshot>) -> crate::home::Light {
        published.load().home.light(&Id::new("l")).cloned().expect("the lamp")
    }

    #[tokio::test]
    async fn an_update_changes_only_what_it_names() {
        let (mut store, published) = store();
        store.apply(&events(&json!([{"type": "update", "data": [
            {"id": "l", "type": "light", "on": {"on": true}},
            {"id": "l", "type": "light", "dimming": {"brightness": 20.16}}]}])));
        let lamp = lamp(&published);
        assert_eq!((lamp.state.on, lamp.state.brightness, lamp.state.mirek), (true, Some(20.16), Some(300)));
        assert_eq!(lamp.name, "Lamp");
    }

    #[tokio::test]
    async fn a_colour_ends_the_colour_temperature() {
        let (mut store, published) = store();
        store.apply(&events(&json!([{"type": "update", "data": [
            {"id": "l", "type": "light", "color": {"xy": {"x": 0.6, "y": 0.3}}}]}])));
        assert_eq!(lamp(&published).state.mirek, None);
    }

    #[tokio::test]
    async fn what_is_added_is_there_and_what_is_deleted_is_gone() {
        let (mut store, published) = store();
        store.apply(&events(&json!([{"type": "add", "data": [{"id": "m", "type": "light"}]},
            {"type": "delete", "data": [{"id": "l", "type": "light"}]}])));
        let home = Arc::clone(&published.load().home);
        assert!(home.light(&Id::new("m")).is_some() && home.light(&Id::new("l")).is_none());
    }

    #[tokio::test]
    async fn only_lights_that_changed_are_touched() {
        let (mut store, published) = store();
        let before = published.load().touched.get(&Id::new("l")).copied();
        store.apply(&events(&json!([{"type": "update", "data": [{"id": "x", "type": "light", "on": {"on": true}}]}])));
        assert_eq!(published.load().touched.get(&Id::new("l")).copied(), before);
        store.apply(&events(&json!([{"type": "update", "data": [{"id": "l", "type": "light", "on": {"on": true}}]}])));
        assert_eq!(published.load().touched.get(&Id::new("l")).copied(), Some(published.load().revision));
    }

    #[tokio::test]
    async fn a_value_of_another_kind_is_as_if_it_were_not_there() {
        let (mut store, published) = store();
        for member in [
            json!({"on": "yes"}),
            json!({"on": {"on": 1}}),
            json!({"dimming": {"brightness": "full"}}),
            json!({"dimming": null}),
            json!({"color": []}),
            json!({"metadata": {"name": 7}}),
            json!({"type": "room"}),
        ] {
            let mut entry = member.clone();
            entry["id"] = json!("l");
            let sense = store.apply(&events(&json!([{"type": "update", "data": [entry]}])));
            assert_eq!(sense, member.get("type").is_some(), "{member}");
            let lamp = lamp(&published);
            assert_eq!(
                (lamp.name.as_str(), lamp.state.on, lamp.state.brightness),
                ("Lamp", false, Some(10.0)),
                "{member}"
            );
            assert!(lamp.state.xy.is_some() && lamp.can.dimming, "{member}");
        }
    }

    #[tokio::test]
    async fn a_second_add_is_the_resource_as_it_is_now() {
        let (mut store, published) = store();
        let add = |brightness: f64| {
            events(
                &json!([{"type": "add", "data": [{"id": "l", "type": "light", "dimming": {"brightness": brightness}}]}]),
            )
        };
        store.apply(&add(20.0));
        store.apply(&add(30.0));
        assert_eq!((published.load().home.lights.len(), lamp(&published).state.brightness), (1, Some(30.0)));
    }

    #[tokio::test]
    async fn a_room_that_is_deleted_leaves_its_lights_without_one() {
        let (mut store, published) = store();
        store.apply(&events(&json!([{"type": "add", "data": [
            {"id": "d", "type": "device"}, {"id": "m", "type": "light", "owner": {"rid": "d", "rtype": "device"}},
            {"id": "r", "type": "room", "metadata": {"name": "Den"}, "children": [{"rid": "d", "rtype": "device"}]}]}])));
        let room = || published.load().home.light(&Id::new("m")).and_then(|light| light.room.clone());
        assert_eq!(room().as_deref(), Some("Den"));
        store.apply(&events(&json!([{"type": "delete", "data": [{"id": "r"}]}])));
        assert_eq!((room(), published.load().home.groups.len()), (None, 0));
    }

    #[tokio::test]
    async fn a_ghost_of_a_button_changes_nothing() {
        let (mut store, published) = store();
        store.apply(&events(&json!([{"type": "add", "data": [{"id": "b", "type": "button", "button":
            {"last_event": "short_release", "button_report": {"event": "short_release", "updated": "2026-01-01T00:00:00Z"}}}]}])));
        let before = published.load().home.sensors.clone();
        // After a reboot, buttons tell of events that did not happen; those have no report.
        store.apply(&events(&json!([{"type": "update", "data": [
            {"id": "b", "type": "button", "button": {"last_event": "initial_press"}}]}])));
        assert_eq!(published.load().home.sensors, before);
    }

    #[tokio::test]
    async fn a_container_is_one_change_however_many_lights_it_is_about() {
        let (mut store, published) = store();
        let lights = |brightness: f64| -> Vec<Value> {
            let light = |n| json!({"id": format!("l{n}"), "type": "light", "dimming": {"brightness": brightness}});
            (0..1000).map(light).collect()
        };
        store.replace(lights(10.0));
        let before = published.load().revision;
        store.apply(&events(
            &json!([{"type": "update", "data": lights(20.0)}, {"type": "update", "data": lights(30.0)}]),
        ));
        let now = published.load();
        assert_eq!(now.revision, before + 1);
        assert!(now.home.lights.iter().all(|light| light.state.brightness == Some(30.0)));
        assert_eq!(now.touched.values().filter(|revision| **revision == now.revision).count(), 1000);
    }

    #[test]
    fn readers_see_one_home_at_a_time() {
        let published = Arc::new(ArcSwap::from_pointee(Snapshot::default()));
        let mut store = Store::new(Arc::clone(&published), watch::channel(0).0);
        let home = |brightness: f64| -> Vec<Value> {
            let light = |n| json!({"id": format!("l{n}"), "type": "light", "dimming": {"brightness": brightness}});
            (0..20).map(light).collect()
        };
        store.replace(home(0.0));
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let mut newest = 0;
                    while !done.load(std::sync::atomic::Ordering::Relaxed) {
                        let snapshot = published.load_full();
                        let first = snapshot.home.lights[0].state.brightness;
                        assert_eq!(snapshot.home.lights.len(), 20, "a half-filled home");
                        assert!(snapshot.home.lights.iter().all(|light| light.state.brightness == first));
                        assert!(snapshot.revision >= newest, "back in time");
                        newest = snapshot.revision;
                    }
                });
            }
            for n in 0..200_i32 {
                let brightness = f64::from(n % 100);
                if n % 3 == 0 {
                    store.replace(home(brightness));
                } else {
                    store.apply(&events(&json!([{"type": "update", "data": home(brightness)}])));
                }
            }
            done.store(true, std::sync::atomic::Ordering::Relaxed);
        });
    }

    #[tokio::test(start_paused = true)]
    async fn the_age_counts_from_the_end_of_the_stream() {
        let (mut store, published) = store();
        store.connection(Connection::Live);
        tokio::time::advance(Duration::from_mins(5)).await;
        assert_eq!(published.load().age(), Some(Duration::ZERO), "a live stream confirms it all the time");
        store.connection(Connection::Down(crate::Error::Timeout));
        tokio::time::advance(Duration::from_secs(7)).await;
        assert_eq!(published.load().age(), Some(Duration::from_secs(7)));
    }

    #[tokio::test]
    async fn rubbish_in_the_stream_does_no_harm() {
        let (mut store, published) = store();
        for text in [
            "",
            "{",
            "[]",
            "[1]",
            "[{}]",
            r#"[{"type":"update","data":[1,{},{"id":3}]}]"#,
            r#"[{"type":"update","data":{"id":"l"}}]"#,
            r#"[{"type":"error","data":[{"id":"l","type":"light"}]}]"#,
        ] {
            store.apply(&Event::read_all(text).unwrap_or_default());
        }
        assert_eq!(published.load().home.lights.len(), 1);
    }
}
