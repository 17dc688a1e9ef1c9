//! Implements the contract's imports on the fake host of this thread.

pub(crate) mod call {
    use crate::testing::with_host;

    pub(crate) fn id() -> String {
        "call-1".to_owned()
    }

    pub(crate) fn progress(done: f64, total: Option<f64>, message: Option<&str>) {
        with_host(|host| host.progress.push((done, total, message.map(str::to_owned))));
    }

    pub(crate) fn is_cancelled() -> bool {
        with_host(|host| host.cancelled)
    }

    pub(crate) fn time_left_ms() -> u64 {
        30_000
    }

    /// Returns at once: tests do not wait.
    pub(crate) fn sleep(_milliseconds: u64) -> bool {
        !is_cancelled()
    }
}

pub(crate) mod settings {
    use serde_json::Value;

    use crate::Error;
    use crate::testing::with_host;

    #[expect(clippy::unnecessary_wraps, reason = "the contract's signature")]
    pub(crate) fn get() -> Result<String, Error> {
        Ok(with_host(|host| host.settings.as_ref().map_or_else(|| "{}".to_owned(), Value::to_string)))
    }
}

pub(crate) mod log {
    use crate::log::Level;
    use crate::testing::with_host;

    pub(crate) fn write(level: Level, message: &str, _fields: &[(String, String)]) {
        with_host(|host| host.log.push((level, message.to_owned())));
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the contract's signatures")]
pub(crate) mod home {
    use crate::bindings::lamplighter::plugin::home::FindError;
    use crate::home::{BridgeInfo, Device, Freshness, Group, Kinds, Light, Scene, Sensor};
    use crate::testing::{find, with_host};
    use crate::{Candidate, Error};

    /// Implements a read per field of the fake home.
    macro_rules! reads {
        ($($field:ident: $type:ty),+ $(,)?) => {
            $(pub(crate) fn $field() -> Result<$type, Error> {
                Ok(with_host(|host| host.home.$field.clone()))
            })+
        };
    }

    reads! {
        lights: Vec<Light>,
        groups: Vec<Group>,
        devices: Vec<Device>,
        sensors: Vec<Sensor>,
        bridge: BridgeInfo,
        how_fresh: Freshness,
    }

    /// Returns the scenes in the order of the real host: by room and name.
    pub(crate) fn scenes() -> Result<Vec<Scene>, Error> {
        let key = |name: &str| hue_names::natural_key(name);
        let mut scenes = with_host(|host| host.home.scenes.clone());
        scenes.sort_by_cached_key(|scene| (key(scene.group.as_deref().unwrap_or_default()), key(&scene.name)));
        Ok(scenes)
    }

    pub(crate) fn refresh() -> Result<(), Error> {
        Ok(())
    }

    pub(crate) fn find(query: &str, kinds: Kinds, within: Option<&str>) -> Result<Candidate, FindError> {
        with_host(|host| find::find(&host.home, query, kinds, within))
    }
}

pub(crate) mod control {
    use crate::Error;
    use crate::control::{ApplyOptions, ChangePlan, Command, Outcome};
    use crate::testing::{apply, with_host};

    pub(crate) fn apply(commands: &[Command], _options: &ApplyOptions) -> Result<Vec<Outcome>, Error> {
        with_host(|host| apply::apply(host, commands))
    }

    pub(crate) fn plan(commands: &[Command]) -> Result<ChangePlan, Error> {
        with_host(|host| apply::plan(host, commands))
    }
}

pub(crate) mod scenes {
    use crate::Error;
    use crate::home::Scene;
    use crate::scenes::{NewScene, SceneChanges, Source};
    use crate::testing::state::{self, State};
    use crate::testing::with_host;

    pub(crate) fn create(scene: &NewScene) -> Result<String, Error> {
        with_host(|host| {
            granted(host)?;
            let group = host.home.groups.iter().find(|group| group.id == scene.group);
            let mut made = state::scene(&scene.name, group.ok_or_else(|| Error::NotFound(scene.group.clone()))?);
            if let Source::Given(lights) = &scene.lights {
                made.lights = lights.iter().map(|light| light.light.clone()).collect();
            }
            host.home.scenes.push(made.clone());
            Ok(made.id)
        })
    }

    pub(crate) fn update(id: &str, changes: &SceneChanges) -> Result<(), Error> {
        with_host(|host| {
            let scene = granted(host)?.iter_mut().find(|scene| scene.id == id);
            let scene = scene.ok_or_else(|| Error::NotFound(id.to_owned()))?;
            if let Some(name) = &changes.name {
                scene.name.clone_from(name);
            }
            if let Some(Source::Given(lights)) = &changes.lights {
                scene.lights = lights.iter().map(|light| light.light.clone()).collect();
            }
            Ok(())
        })
    }

    pub(crate) fn delete(id: &str) -> Result<(), Error> {
        with_host(|host| {
            let scenes = granted(host)?;
            let place = scenes.iter().position(|scene| scene.id == id);
            scenes.remove(place.ok_or_else(|| Error::NotFound(id.to_owned()))?);
            Ok(())
        })
    }

    fn granted(host: &mut State) -> Result<&mut Vec<Scene>, Error> {
        if host.scenes_denied {
            return Err(Error::Denied("this plugin is not granted `scenes`".to_owned()));
        }
        Ok(&mut host.home.scenes)
    }
}

pub(crate) mod status {
    use crate::Error;
    use crate::status::{HealthReport, MetricsReport};
    use crate::testing::with_host;

    pub(crate) fn health() -> Result<HealthReport, Error> {
        with_host(|host| host.health.clone())
            .ok_or_else(|| Error::Other("the fake host was given no health".to_owned()))
    }

    pub(crate) fn metrics() -> Result<MetricsReport, Error> {
        with_host(|host| host.metrics.clone())
            .ok_or_else(|| Error::Other("the fake host was given no metrics".to_owned()))
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the contract's signatures")]
pub(crate) mod storage {
    use crate::storage::{Entry, KeyPage, Quota, StorageError, Swapped};
    use crate::testing::with_host;

    /// The number of keys in one page, as on the real host.
    const KEYS_PER_PAGE: usize = 1_000;

    pub(crate) fn get(key: &str) -> Result<Option<Entry>, StorageError> {
        check(key)?;
        Ok(with_host(|host| host.stored.get(key).cloned()))
    }

    pub(crate) fn set(key: &str, value: &[u8]) -> Result<u64, StorageError> {
        check(key)?;
        Ok(with_host(|host| {
            host.versions += 1;
            host.stored.insert(key.to_owned(), Entry { value: value.to_owned(), version: host.versions });
            host.versions
        }))
    }

    pub(crate) fn delete(key: &str) -> Result<bool, StorageError> {
        check(key)?;
        Ok(with_host(|host| host.stored.remove(key).is_some()))
    }

    pub(crate) fn compare_and_swap(
        key: &str,
        version: Option<u64>,
        value: Option<&[u8]>,
    ) -> Result<Swapped, StorageError> {
        let there = get(key)?;
        if there.as_ref().map(|entry| entry.version) != version {
            return Ok(Swapped::Conflict(there));
        }
        match value {
            Some(value) => set(key, value).map(|version| Swapped::Done(Some(version))),
            None => delete(key).map(|_| Swapped::Done(None)),
        }
    }

    pub(crate) fn keys(prefix: &str, after: Option<&str>) -> Result<KeyPage, StorageError> {
        Ok(with_host(|host| {
            let after = after.unwrap_or_default();
            let fits = |key: &&String| key.starts_with(prefix) && key.as_str() > after;
            let mut keys: Vec<String> = host.stored.keys().filter(fits).take(KEYS_PER_PAGE + 1).cloned().collect();
            let more = keys.len() > KEYS_PER_PAGE;
            keys.truncate(KEYS_PER_PAGE);
            KeyPage { keys, more }
        }))
    }

    pub(crate) fn usage() -> Result<Quota, StorageError> {
        let used =
            with_host(|host| host.stored.iter().map(|(key, entry)| key.len() + entry.value.len() + 64).sum::<usize>());
        Ok(Quota { used: used as u64, limit: 1 << 20 })
    }

    fn check(key: &str) -> Result<(), StorageError> {
        if (1..=256).contains(&key.len()) {
            Ok(())
        } else {
            Err(StorageError::Invalid("a key has 1 to 256 bytes".into()))
        }
    }
}

pub(crate) mod clip {
    use crate::Error;
    use crate::clip::{Request, Response};
    use crate::testing::with_host;

    /// Returns the responses that the test prepared, and records the requests.
    pub(crate) fn send(request: &Request) -> Result<Response, Error> {
        with_host(|host| {
            host.clip_requests.push(request.clone());
            host.clip_answers.pop_front().ok_or_else(|| Error::Denied("this plugin is not granted `clip`".to_owned()))
        })
    }
}
