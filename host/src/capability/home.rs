//! `home`: the mirrored home, read only.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hue_bridge::{FindError, Kinds};

use super::{Reach, convert};
use crate::{
    config::Interface,
    plugin::wit::{home, types},
};

/// The bridge's own names have 32.
const MAX_NAME: usize = 200;

impl Reach {
    /// Converts a part of the home this call sees.
    fn read<T>(&mut self, part: impl FnOnce(&hue_bridge::Home) -> T) -> Result<T, types::Error> {
        self.allow(Interface::Home)?;
        Ok(part(&self.view()?.home))
    }

    /// As `home.lights`, shared with other calls.
    pub(crate) fn shared_lights(&mut self) -> Result<Arc<[home::Light]>, types::Error> {
        self.allow(Interface::Home)?;
        let home = self.view()?.home.clone();
        Ok(self.services.lights.of(&home))
    }
}

/// The lights of the home's last copy as the contract has them: converted once for all calls that see it.
#[derive(Default)]
pub(crate) struct SharedLights(Mutex<Option<Converted>>);

struct Converted {
    of: Arc<hue_bridge::Home>,
    lights: Arc<[home::Light]>,
}

impl SharedLights {
    fn of(&self, home: &Arc<hue_bridge::Home>) -> Arc<[home::Light]> {
        // A std Mutex: held while some dozens of lights are converted, never across an await.
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Converted { of, lights }) = &*last
            && Arc::ptr_eq(of, home)
        {
            return lights.clone();
        }
        let lights: Arc<[_]> = home.lights.iter().map(convert::light).collect();
        *last = Some(Converted { of: home.clone(), lights: lights.clone() });
        lights
    }
}

impl home::Host for Reach {
    fn lights(&mut self) -> Result<Vec<home::Light>, types::Error> {
        Ok(self.shared_lights()?.to_vec())
    }

    fn groups(&mut self) -> Result<Vec<home::Group>, types::Error> {
        self.read(|home| home.groups.iter().map(convert::group).collect())
    }

    fn scenes(&mut self) -> Result<Vec<home::Scene>, types::Error> {
        self.read(|home| home.scenes.iter().map(convert::scene).collect())
    }

    fn devices(&mut self) -> Result<Vec<home::Device>, types::Error> {
        self.read(|home| home.devices.iter().map(convert::device).collect())
    }

    fn sensors(&mut self) -> Result<Vec<home::Sensor>, types::Error> {
        self.read(|home| home.sensors.iter().map(convert::sensor).collect())
    }

    fn bridge(&mut self) -> Result<home::BridgeInfo, types::Error> {
        self.read(|home| home.bridge.as_ref().map(convert::bridge))?
            .ok_or_else(|| types::Error::NotFound("the bridge does not describe itself".to_owned()))
    }

    fn how_fresh(&mut self) -> Result<home::Freshness, types::Error> {
        self.allow(Interface::Home)?;
        let freshness = self.view()?.freshness;
        Ok(home::Freshness {
            age_ms: convert::milliseconds(freshness.age.unwrap_or(Duration::MAX)),
            stale: freshness.stale,
        })
    }

    fn refresh(&mut self) -> Result<(), types::Error> {
        self.allow(Interface::Home)?;
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
        self.allow(Interface::Home).map_err(find_error)?;
        // Looking for what is near takes time with the length of the name, and nothing can interrupt it.
        if query.chars().count().max(within.as_ref().map_or(0, |within| within.chars().count())) > MAX_NAME {
            return Err(home::FindError::Other(format!("a name has {MAX_NAME} characters at most")));
        }
        let home = &self.view().map_err(find_error)?.home;
        match home.find(&query, kinds_of(kinds), within.as_deref()) {
            Ok(found) => Ok(convert::candidate(found)),
            Err(FindError::NotFound(near)) => {
                Err(home::FindError::NotFound(near.into_iter().map(convert::candidate).collect()))
            }
            Err(FindError::Ambiguous(all)) => {
                Err(home::FindError::Ambiguous(all.into_iter().map(convert::candidate).collect()))
            }
        }
    }
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

fn find_error(error: types::Error) -> home::FindError {
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
        let (first, again) = (shared.of(&home), shared.of(&home));
        assert!(Arc::ptr_eq(&first, &again));
        let later = shared.of(&Arc::new(hue_bridge::Home::clone(&home)));
        assert!(!Arc::ptr_eq(&first, &later));
    }
}
