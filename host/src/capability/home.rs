//! `home`: the mirrored home, read only.

use std::{sync::Arc, time::Duration};

use hue_bridge::{FindError, Kinds};
use parking_lot::Mutex;

use super::{InstanceContext, convert};
use crate::{
    config::Interface,
    contract::{
        draft::selection::{GroupFields, SceneFields},
        home, milliseconds, types,
    },
};

/// The longest name to look for, in characters. Names on the bridge have 32 at most.
pub(super) const MAX_NAME_CHARS: usize = 200;

impl InstanceContext {
    /// Converts a part of the home that this call sees.
    pub(super) fn read_home<T>(&mut self, part: impl FnOnce(&hue_bridge::Home) -> T) -> Result<T, types::Error> {
        self.check_grant(Interface::Home)?;
        Ok(part(&self.view()?.home))
    }

    /// Returns the result of `home.lights`, shared with other calls.
    pub(crate) fn shared_lights(&mut self) -> Result<Arc<[home::Light]>, types::Error> {
        self.check_grant(Interface::Home)?;
        let home = self.view()?.home.clone();
        Ok(self.services.lights.get(&home))
    }
}

/// Caches the contract's records of all lights, converted once for all calls that see the same copy of the home.
#[derive(Default)]
pub(crate) struct SharedLights(Mutex<Option<Converted>>);

struct Converted {
    home: Arc<hue_bridge::Home>,
    lights: Arc<[home::Light]>,
}

impl SharedLights {
    fn get(&self, home: &Arc<hue_bridge::Home>) -> Arc<[home::Light]> {
        // Held while some dozens of lights are converted, never across an await.
        let mut last = self.0.lock();
        if let Some(last) = &*last
            && Arc::ptr_eq(&last.home, home)
        {
            return last.lights.clone();
        }
        let lights: Arc<[_]> = home.lights.iter().map(convert::light).collect();
        *last = Some(Converted { home: home.clone(), lights: lights.clone() });
        lights
    }
}

impl home::Host for InstanceContext {
    fn lights(&mut self) -> Result<Vec<home::Light>, types::Error> {
        Ok(self.shared_lights()?.to_vec())
    }

    fn groups(&mut self) -> Result<Vec<home::Group>, types::Error> {
        self.read_home(|home| home.groups.iter().map(|group| convert::group(group, GroupFields::all())).collect())
    }

    fn scenes(&mut self) -> Result<Vec<home::Scene>, types::Error> {
        self.read_home(|home| home.scenes.iter().map(|scene| convert::scene(scene, SceneFields::all())).collect())
    }

    fn devices(&mut self) -> Result<Vec<home::Device>, types::Error> {
        self.read_home(|home| home.devices.iter().map(convert::device).collect())
    }

    fn sensors(&mut self) -> Result<Vec<home::Sensor>, types::Error> {
        self.read_home(|home| home.sensors.iter().map(convert::sensor).collect())
    }

    fn bridge(&mut self) -> Result<home::BridgeInfo, types::Error> {
        self.read_home(|home| home.bridge.as_ref().map(convert::bridge))?
            .ok_or_else(|| types::Error::NotFound("the bridge does not describe itself".to_owned()))
    }

    fn how_fresh(&mut self) -> Result<home::Freshness, types::Error> {
        self.check_grant(Interface::Home)?;
        let freshness = self.view()?.freshness;
        Ok(home::Freshness { age_ms: milliseconds(freshness.age.unwrap_or(Duration::MAX)), stale: freshness.stale })
    }

    fn refresh(&mut self) -> Result<(), types::Error> {
        self.check_grant(Interface::Home)?;
        self.bridge()?;
        self.view = None;
        Ok(())
    }

    fn find(
        &mut self,
        query: String,
        kinds: home::Kinds,
        within: Option<String>,
    ) -> Result<types::Candidate, home::FindError> {
        self.check_grant(Interface::Home).map_err(into_find_error)?;
        // The search for near names takes time that grows with the name's length, and nothing can interrupt it.
        if query.chars().count().max(within.as_ref().map_or(0, |within| within.chars().count())) > MAX_NAME_CHARS {
            return Err(home::FindError::Other(format!("a name has {MAX_NAME_CHARS} characters at most")));
        }
        let home = &self.view().map_err(into_find_error)?.home;
        match home.find(&query, kinds_of(kinds), within.as_deref()) {
            Ok(found) => Ok(convert::candidate(found)),
            Err(FindError::NotFound(near)) => Err(home::FindError::NotFound(candidates(near))),
            Err(FindError::Ambiguous(all)) => Err(home::FindError::Ambiguous(candidates(all))),
        }
    }
}

fn candidates(found: Vec<hue_bridge::Candidate>) -> Vec<types::Candidate> {
    found.into_iter().map(convert::candidate).collect()
}

fn kinds_of(kinds: home::Kinds) -> Kinds {
    Kinds {
        light: kinds.contains(home::Kinds::LIGHT),
        room: kinds.contains(home::Kinds::ROOM),
        zone: kinds.contains(home::Kinds::ZONE),
        home: kinds.contains(home::Kinds::HOME),
        scene: kinds.contains(home::Kinds::SCENE),
    }
}

fn into_find_error(error: types::Error) -> home::FindError {
    match error {
        types::Error::Denied(text) => home::FindError::Denied(text),
        types::Error::Unavailable(unavailable) => home::FindError::Unavailable(unavailable),
        other => home::FindError::Other(convert::text(&other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lights_are_converted_once_for_each_copy_of_the_home() {
        let (shared, home) = (SharedLights::default(), Arc::new(hue_bridge::Home::default()));
        let (first, again) = (shared.get(&home), shared.get(&home));
        assert!(Arc::ptr_eq(&first, &again));
        let later = shared.get(&Arc::new(hue_bridge::Home::clone(&home)));
        assert!(!Arc::ptr_eq(&first, &later));
    }
}
