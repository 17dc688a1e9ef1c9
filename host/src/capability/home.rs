//! `home`: the mirrored home, read only.

use std::time::Duration;

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
}

impl home::Host for Reach {
    fn lights(&mut self) -> Result<Vec<home::Light>, types::Error> {
        self.read(|home| home.lights.iter().map(convert::light).collect())
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
