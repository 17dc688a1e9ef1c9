//! Converts lights to the contract's table, in which what several lights have alike is said once.

use std::{collections::HashMap, hash::Hash};

use hue_bridge as hue;

use super::home::{capabilities, reachability, state};
use crate::contract::{
    draft::selection::{Light, LightFields, LightTable, Product, Room},
    home,
};

/// Values that several lights share, each once. A light holds a position.
struct SharedValues<K, V> {
    positions: HashMap<K, u32>,
    values: Vec<V>,
}

/// A table of lights in the making.
struct TableBuilder<'a> {
    fields: LightFields,
    rooms: SharedValues<&'a hue::Id, Room>,
    zones: SharedValues<&'a str, String>,
    products: SharedValues<[Option<&'a str>; 3], Product>,
    capabilities: SharedValues<CapabilitiesKey<'a>, home::Capabilities>,
}

/// What the contract tells of a light's capabilities.
type CapabilitiesKey<'a> = (bool, bool, Option<(u16, u16)>, u8, &'a [String], Option<&'a str>);

/// Converts lights with the fields that are asked for.
pub(in crate::capability) fn light_table<'a>(
    lights: impl Iterator<Item = &'a hue::Light>,
    fields: LightFields,
) -> LightTable {
    let mut builder = TableBuilder {
        fields,
        rooms: SharedValues::new(),
        zones: SharedValues::new(),
        products: SharedValues::new(),
        capabilities: SharedValues::new(),
    };
    let lights = lights.map(|light| builder.light(light)).collect();
    LightTable {
        lights,
        rooms: builder.rooms.values,
        zones: builder.zones.values,
        products: builder.products.values,
        capabilities: builder.capabilities.values,
    }
}

impl<'a> TableBuilder<'a> {
    fn light(&mut self, light: &'a hue::Light) -> Light {
        let has = |field| self.fields.contains(field);
        Light {
            id: light.id.to_string(),
            name: light.name.clone(),
            number: light.number.filter(|_| has(LightFields::NUMBER)),
            device_id: has(LightFields::DEVICE).then(|| light.device_id.to_string()),
            reachability: has(LightFields::REACHABILITY).then(|| reachability(&light.reachability)),
            state: has(LightFields::STATE).then(|| state(&light.state)),
            room: self.room(light),
            zones: self.zones(light),
            product: self.product(light),
            capabilities: self.capabilities(light),
        }
    }

    fn room(&mut self, light: &'a hue::Light) -> Option<u32> {
        let (id, name) = light.room_id.as_ref().zip(light.room.as_ref())?;
        let room = || Room { id: id.to_string(), name: name.clone() };
        self.fields.contains(LightFields::ROOM).then(|| self.rooms.position(id, room))
    }

    fn zones(&mut self, light: &'a hue::Light) -> Vec<u32> {
        let zones = light.zones.iter().filter(|_| self.fields.contains(LightFields::ZONES));
        zones.map(|zone| self.zones.position(zone.as_str(), || zone.clone())).collect()
    }

    fn product(&mut self, light: &'a hue::Light) -> Option<u32> {
        let key = [&light.archetype, &light.product_name, &light.model_id].map(Option::as_deref);
        let product = || {
            let [archetype, product_name, model_id] = key.map(|text| text.map(str::to_owned));
            Product { archetype, product_name, model_id }
        };
        self.fields.contains(LightFields::PRODUCT).then(|| self.products.position(key, product))
    }

    fn capabilities(&mut self, light: &'a hue::Light) -> Option<u32> {
        let can = &light.can;
        let key = (can.dimming, can.color, can.mirek, can.gradient_points, &*can.effects, can.gamut_type.as_deref());
        let wanted = self.fields.contains(LightFields::CAPABILITIES);
        wanted.then(|| self.capabilities.position(key, || capabilities(can)))
    }
}

impl<K: Eq + Hash, V> SharedValues<K, V> {
    fn new() -> Self {
        Self { positions: HashMap::new(), values: Vec::new() }
    }

    /// Returns the position of the value with this key; the first mention adds it.
    fn position(&mut self, key: K, value: impl FnOnce() -> V) -> u32 {
        *self.positions.entry(key).or_insert_with(|| {
            self.values.push(value());
            u32::try_from(self.values.len() - 1).unwrap_or(u32::MAX)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn light(name: &str, effects: &[&str]) -> hue::Light {
        hue::Light {
            id: hue::Id::new(name),
            number: Some(3),
            name: name.to_owned(),
            room_id: Some(hue::Id::new("office")),
            room: Some("Office".to_owned()),
            zones: vec!["Upstairs".to_owned(), "Evening".to_owned()],
            device_id: hue::Id::new("device"),
            archetype: Some("sultan_bulb".to_owned()),
            product_name: Some("Hue color lamp".to_owned()),
            model_id: Some("LCA001".to_owned()),
            reachability: hue::Reachability::Connected,
            can: hue::Capabilities {
                effects: effects.iter().map(|&effect| effect.to_owned()).collect(),
                mirek: Some((153, 500)),
                ..hue::Capabilities::default()
            },
            state: hue::LightState { on: true, brightness: Some(40.0), mirek: Some(366), ..hue::LightState::default() },
        }
    }

    fn lights() -> Vec<hue::Light> {
        let spare = hue::Light { room_id: None, room: None, zones: Vec::new(), ..light("spare", &[]) };
        vec![light("a", &["candle", "fire"]), light("b", &["candle", "fire"]), light("c", &["candle"]), spare]
    }

    /// Tells a light of a table as the contract's list of all lights tells it.
    fn looked_up(table: &LightTable, light: &Light) -> home::Light {
        let at = |position: Option<u32>| position.map(|position| usize::try_from(position).unwrap());
        let room = at(light.room).map(|at| &table.rooms[at]);
        let product = &table.products[at(light.product).unwrap()];
        home::Light {
            id: light.id.clone(),
            number: light.number,
            name: light.name.clone(),
            room_id: room.map(|room| room.id.clone()),
            room: room.map(|room| room.name.clone()),
            zones: light.zones.iter().map(|zone| table.zones[at(Some(*zone)).unwrap()].clone()).collect(),
            device_id: light.device_id.clone().unwrap(),
            archetype: product.archetype.clone(),
            product_name: product.product_name.clone(),
            model_id: product.model_id.clone(),
            reachability: light.reachability.clone().unwrap(),
            can: table.capabilities[at(light.capabilities).unwrap()].clone(),
            state: light.state.clone().unwrap(),
        }
    }

    #[test]
    fn a_table_with_all_fields_tells_each_light_as_the_list_of_all_lights_does() {
        let lights = lights();
        let table = light_table(lights.iter(), LightFields::all());
        let told: Vec<_> = table.lights.iter().map(|light| looked_up(&table, light)).collect();
        let all: Vec<_> = lights.iter().map(super::super::light).collect();
        assert_eq!(format!("{told:?}"), format!("{all:?}"));
    }

    #[test]
    fn what_lights_have_alike_is_said_once() {
        let table = light_table(lights().iter(), LightFields::all());
        let lengths = (table.rooms.len(), table.zones.len(), table.products.len(), table.capabilities.len());
        assert_eq!(lengths, (1, 2, 1, 3), "{table:?}");
    }

    #[test]
    fn what_is_not_asked_for_is_not_told() {
        let table = light_table(lights().iter(), LightFields::NUMBER);
        let told = format!("{:?}", table.lights[0]);
        let bare = Light {
            id: "a".to_owned(),
            name: "a".to_owned(),
            number: Some(3),
            room: None,
            zones: Vec::new(),
            device_id: None,
            product: None,
            reachability: None,
            capabilities: None,
            state: None,
        };
        assert_eq!(told, format!("{bare:?}"));
        assert!(table.rooms.is_empty() && table.zones.is_empty() && table.products.is_empty());
        assert!(table.capabilities.is_empty());
    }
}
