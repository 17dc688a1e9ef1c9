//! Tests of what events change in the published snapshots.

use std::time::Duration;

use serde_json::json;

use super::*;

fn writer() -> (SnapshotWriter, Arc<ArcSwap<Snapshot>>) {
    let published = Arc::new(ArcSwap::from_pointee(Snapshot::default()));
    let mut writer = SnapshotWriter::new(Arc::clone(&published), watch::channel(0).0);
    writer.replace_all(vec![json!({"id": "l", "type": "light", "on": {"on": false}, "metadata": {"name": "Lamp"},
        "dimming": {"brightness": 10.0}, "color": {"xy": {"x": 0.3, "y": 0.3}},
        "color_temperature": {"mirek": 300, "mirek_valid": true}})]);
    (writer, published)
}

fn events(text: &Value) -> Vec<Event> {
    Event::read_all(&text.to_string()).expect("a list")
}

fn lamp(published: &ArcSwap<Snapshot>) -> crate::home::Light {
    published.load().home.light(&Id::new("l")).cloned().expect("the lamp")
}

#[tokio::test]
async fn an_update_changes_only_what_it_names() {
    let (mut writer, published) = writer();
    writer.apply(&events(&json!([{"type": "update", "data": [
        {"id": "l", "type": "light", "on": {"on": true}},
        {"id": "l", "type": "light", "dimming": {"brightness": 20.16}}]}])));
    let lamp = lamp(&published);
    assert_eq!((lamp.state.on, lamp.state.brightness, lamp.state.mirek), (true, Some(20.16), Some(300)));
    assert_eq!(lamp.name, "Lamp");
}

#[tokio::test]
async fn a_colour_ends_the_colour_temperature() {
    let (mut writer, published) = writer();
    writer.apply(&events(&json!([{"type": "update", "data": [
        {"id": "l", "type": "light", "color": {"xy": {"x": 0.6, "y": 0.3}}}]}])));
    assert_eq!(lamp(&published).state.mirek, None);
}

#[tokio::test]
async fn what_is_added_is_there_and_what_is_deleted_is_gone() {
    let (mut writer, published) = writer();
    writer.apply(&events(&json!([{"type": "add", "data": [{"id": "m", "type": "light"}]},
        {"type": "delete", "data": [{"id": "l", "type": "light"}]}])));
    let home = Arc::clone(&published.load().home);
    assert!(home.light(&Id::new("m")).is_some() && home.light(&Id::new("l")).is_none());
}

#[tokio::test]
async fn only_lights_that_changed_are_touched() {
    let (mut writer, published) = writer();
    let before = published.load().light_revisions.get(&Id::new("l")).copied();
    writer.apply(&events(&json!([{"type": "update", "data": [{"id": "x", "type": "light", "on": {"on": true}}]}])));
    assert_eq!(published.load().light_revisions.get(&Id::new("l")).copied(), before);
    writer.apply(&events(&json!([{"type": "update", "data": [{"id": "l", "type": "light", "on": {"on": true}}]}])));
    assert_eq!(published.load().light_revisions.get(&Id::new("l")).copied(), Some(published.load().revision));
}

#[tokio::test]
async fn a_value_of_another_kind_is_as_if_it_were_not_there() {
    let (mut writer, published) = writer();
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
        let is_plausible = writer.apply(&events(&json!([{"type": "update", "data": [entry]}])));
        assert_eq!(is_plausible, member.get("type").is_some(), "{member}");
        let lamp = lamp(&published);
        assert_eq!((lamp.name.as_str(), lamp.state.on, lamp.state.brightness), ("Lamp", false, Some(10.0)), "{member}");
        assert!(lamp.state.xy.is_some() && lamp.can.dimming, "{member}");
    }
}

#[tokio::test]
async fn a_second_add_is_the_resource_as_it_is_now() {
    let (mut writer, published) = writer();
    let add = |brightness: f64| {
        events(&json!([{"type": "add", "data": [{"id": "l", "type": "light", "dimming": {"brightness": brightness}}]}]))
    };
    writer.apply(&add(20.0));
    writer.apply(&add(30.0));
    assert_eq!((published.load().home.lights.len(), lamp(&published).state.brightness), (1, Some(30.0)));
}

#[tokio::test]
async fn a_room_that_is_deleted_leaves_its_lights_without_one() {
    let (mut writer, published) = writer();
    writer.apply(&events(&json!([{"type": "add", "data": [
        {"id": "d", "type": "device"}, {"id": "m", "type": "light", "owner": {"rid": "d", "rtype": "device"}},
        {"id": "r", "type": "room", "metadata": {"name": "Den"}, "children": [{"rid": "d", "rtype": "device"}]}]}])));
    let room = || published.load().home.light(&Id::new("m")).and_then(|light| light.room.clone());
    assert_eq!(room().as_deref(), Some("Den"));
    writer.apply(&events(&json!([{"type": "delete", "data": [{"id": "r"}]}])));
    assert_eq!((room(), published.load().home.groups.len()), (None, 0));
}

#[tokio::test]
async fn a_ghost_of_a_button_changes_nothing() {
    let (mut writer, published) = writer();
    writer.apply(&events(&json!([{"type": "add", "data": [{"id": "b", "type": "button", "button":
        {"last_event": "short_release", "button_report": {"event": "short_release", "updated": "2026-01-01T00:00:00Z"}}}]}])));
    let before = published.load().home.sensors.clone();
    // After a reboot, buttons report events that did not happen; those have no `button_report`.
    writer.apply(&events(&json!([{"type": "update", "data": [
        {"id": "b", "type": "button", "button": {"last_event": "initial_press"}}]}])));
    assert_eq!(published.load().home.sensors, before);
}

#[tokio::test]
async fn a_container_is_one_change_however_many_lights_it_is_about() {
    let (mut writer, published) = writer();
    let lights = |brightness: f64| -> Vec<Value> {
        let light = |n| json!({"id": format!("l{n}"), "type": "light", "dimming": {"brightness": brightness}});
        (0..1000).map(light).collect()
    };
    writer.replace_all(lights(10.0));
    let before = published.load().revision;
    writer.apply(&events(&json!([{"type": "update", "data": lights(20.0)}, {"type": "update", "data": lights(30.0)}])));
    let now = published.load();
    assert_eq!(now.revision, before + 1);
    assert!(now.home.lights.iter().all(|light| light.state.brightness == Some(30.0)));
    assert_eq!(now.light_revisions.values().filter(|revision| **revision == now.revision).count(), 1000);
}

#[test]
fn readers_see_one_home_at_a_time() {
    let published = Arc::new(ArcSwap::from_pointee(Snapshot::default()));
    let mut writer = SnapshotWriter::new(Arc::clone(&published), watch::channel(0).0);
    let home = |brightness: f64| -> Vec<Value> {
        let light = |n| json!({"id": format!("l{n}"), "type": "light", "dimming": {"brightness": brightness}});
        (0..20).map(light).collect()
    };
    writer.replace_all(home(0.0));
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
                writer.replace_all(home(brightness));
            } else {
                writer.apply(&events(&json!([{"type": "update", "data": home(brightness)}])));
            }
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[tokio::test(start_paused = true)]
async fn the_age_counts_from_the_end_of_the_stream() {
    let (mut writer, published) = writer();
    writer.set_connection(Connection::Live);
    tokio::time::advance(Duration::from_mins(5)).await;
    assert_eq!(published.load().age(), Some(Duration::ZERO), "a live stream confirms it all the time");
    writer.set_connection(Connection::Down(crate::Error::Timeout));
    tokio::time::advance(Duration::from_secs(7)).await;
    assert_eq!(published.load().age(), Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn rubbish_in_the_stream_does_no_harm() {
    let (mut writer, published) = writer();
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
        writer.apply(&Event::read_all(text).unwrap_or_default());
    }
    assert_eq!(published.load().home.lights.len(), 1);
}
