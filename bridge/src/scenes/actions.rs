//! A scene's actions: the states that it gives its lights, as the bridge stores them.

use serde_json::{Map, Value, json};

use super::SceneLights;
use crate::{
    change::{Brightness, Change, Color, Power},
    error::Error,
    home::{Home, Id, Light},
    plan,
};

/// The attributes of an action that set the light's colour: a new one replaces all of them.
const COLOR_ATTRIBUTES: [&str; 5] = ["color", "color_temperature", "effects", "effects_v2", "gradient"];

/// Builds the actions of a new scene.
pub(super) fn new_actions(home: &Home, members: &[Id], lights: &SceneLights) -> Result<Vec<Value>, Error> {
    let actions: Vec<Value> = match lights {
        SceneLights::Current => {
            let lights = members.iter().filter_map(|id| home.light(id));
            lights.map(|light| action(light, &plan::present_state_body(light))).collect()
        }
        SceneLights::Given(given) => {
            check_given(home, members, given)?;
            merge_actions(home, Vec::new(), given)?
        }
    };
    if actions.is_empty() {
        return Err(Error::Invalid("a scene needs at least one light".to_owned()));
    }
    Ok(actions)
}

/// Merges changes into the stored actions. Attributes that are not named stay, known or not.
pub(super) fn merge_actions(home: &Home, mut actions: Vec<Value>, given: &[(Id, Change)]) -> Result<Vec<Value>, Error> {
    for (id, change) in given {
        let light = light(home, id)?;
        let stored = actions.iter_mut().find(|action| action["target"]["rid"] == id.as_str());
        if let Some(Value::Object(stored)) = stored.map(|action| &mut action["action"]) {
            merge_attributes(stored, plan::scene_action_body(light, change)?);
        } else {
            let power = change.power.or(Some(Power::On));
            let body = plan::scene_action_body(light, &Change { power, ..change.clone() })?;
            actions.push(action(light, &Value::Object(body)));
        }
    }
    Ok(actions)
}

/// Refuses changes that a scene cannot hold, and lights outside its group.
pub(super) fn check_given(home: &Home, members: &[Id], given: &[(Id, Change)]) -> Result<(), Error> {
    for (id, change) in given {
        let light = light(home, id)?;
        if !members.contains(id) {
            return Err(Error::Invalid(format!("{} is not in the scene's room or zone", light.name)));
        }
        let relative = matches!(change.power, Some(Power::Toggle))
            || matches!(change.brightness, Some(Brightness::Delta(_)))
            || matches!(change.color, Some(Color::MirekDelta(_)));
        if relative || change.transition.is_some() {
            return Err(Error::Invalid("a scene takes no toggle, no delta and no transition".to_owned()));
        }
    }
    Ok(())
}

fn light<'a>(home: &'a Home, id: &Id) -> Result<&'a Light, Error> {
    home.light(id).ok_or_else(|| Error::not_found("light", id))
}

fn merge_attributes(stored: &mut Map<String, Value>, given: Map<String, Value>) {
    if COLOR_ATTRIBUTES.iter().any(|name| given.contains_key(*name)) {
        stored.retain(|name, _| !COLOR_ATTRIBUTES.contains(&name.as_str()));
    }
    stored.extend(given);
}

fn action(light: &Light, action: &Value) -> Value {
    json!({"target": {"rid": light.id.as_str(), "rtype": "light"}, "action": action})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home::build;

    fn home() -> Home {
        let lamp = |id: &str| {
            json!({"id": id, "type": "light", "on": {"on": true}, "dimming": {"brightness": 50.0},
                "color_temperature": {"mirek": 300, "mirek_schema": {"mirek_minimum": 153, "mirek_maximum": 500}}})
        };
        build::home(&["a", "b", "c"].map(|id| (id.to_owned(), lamp(id))).into())
    }

    fn stored() -> Vec<Value> {
        let gradient =
            json!({"points": [{"color": {"xy": {"x": 0.3, "y": 0.3}}}, {"color": {"xy": {"x": 0.4, "y": 0.3}}}]});
        vec![
            json!({"target": {"rid": "a", "rtype": "light"}, "action": {"on": {"on": false}, "gradient": gradient,
                "dimming": {"brightness": 20.0}, "something_new": {"kept": true}}}),
            json!({"target": {"rid": "b", "rtype": "light"}, "action": {"on": {"on": true}}, "another": 1}),
        ]
    }

    fn given(id: &str, change: Change) -> Vec<(Id, Change)> {
        vec![(Id::new(id), change)]
    }

    #[test]
    fn what_is_not_named_stays_known_or_not() {
        let brighter = Change { brightness: Some(Brightness::Percent(80.0)), ..Change::default() };
        let changed = merge_actions(&home(), stored(), &given("a", brighter)).expect("changed");
        let mut expected = stored();
        expected[0]["action"]["dimming"]["brightness"] = json!(80.0);
        assert_eq!(changed, expected);
    }

    #[test]
    fn a_colour_takes_the_place_of_gradient_and_effect() {
        let white = Change { color: Some(Color::Mirek(250)), ..Change::default() };
        let changed = merge_actions(&home(), stored(), &given("a", white)).expect("changed");
        let action = &changed[0]["action"];
        assert_eq!((action.get("gradient"), &action["color_temperature"]["mirek"]), (None, &json!(250)));
        assert_eq!((&action["on"]["on"], &action["something_new"]["kept"]), (&json!(false), &json!(true)));
    }

    #[test]
    fn a_light_that_the_scene_had_not_is_added_and_on() {
        let dim = Change { brightness: Some(Brightness::Percent(5.0)), ..Change::default() };
        let changed = merge_actions(&home(), stored(), &given("c", dim)).expect("changed");
        assert_eq!((changed.len(), &changed[2]["action"]["on"]["on"]), (3, &json!(true)));
    }
}
