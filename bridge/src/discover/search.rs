//! Runs the discovery methods one after the other and verifies each candidate with the bridge itself.

use std::{collections::HashSet, time::Duration};

use futures::{Stream, StreamExt as _};

use super::{
    CloudOptions, CloudPolicy, Discoveries, DiscoveryError, DiscoveryErrorKind, DiscoveryEvent, DiscoveryMethod,
    FoundBridge, MdnsOptions, Options, candidate::UnverifiedBridge, cloud, mdns,
};
use crate::probe::Probe;

/// Limits the candidates of one method: a hostile network must not keep a search busy for ever.
const MAX_CANDIDATES: usize = 64;
/// Limits the candidates that are probed at the same time.
const MAX_CONCURRENT_PROBES: usize = 8;
/// The model of the round bridge, which has no CLIP v2.
const FIRST_GENERATION_MODEL: &str = "BSB001";

/// A search that is in progress.
pub(super) struct Search<'a, F> {
    options: &'a Options,
    /// Ends the search as soon as the bridge with this id is found.
    wanted: Option<&'a str>,
    on_event: F,
    discoveries: Discoveries,
}

impl<'a, F: FnMut(DiscoveryEvent)> Search<'a, F> {
    pub(super) fn new(options: &'a Options, wanted: Option<&'a str>, on_event: F) -> Self {
        Self { options, wanted, on_event, discoveries: Discoveries::default() }
    }

    pub(super) async fn run(mut self) -> Discoveries {
        if let Some(mdns) = &self.options.mdns {
            self.search_mdns(mdns).await;
        }
        if let Some(cloud) = self.options.cloud.as_ref().filter(|cloud| self.needs_cloud(cloud.policy)) {
            self.search_cloud(cloud).await;
        }
        self.into_discoveries()
    }

    /// Drops the errors about bridges that were found after all.
    fn into_discoveries(self) -> Discoveries {
        let Discoveries { bridges, mut errors } = self.discoveries;
        let is_found = |id: &String| bridges.iter().any(|bridge| bridge.config.id == *id);
        errors.retain(|error| !error.id.as_ref().is_some_and(is_found));
        Discoveries { bridges, errors }
    }

    fn needs_cloud(&self, policy: CloudPolicy) -> bool {
        match self.wanted {
            Some(wanted) => !self.has_found(wanted),
            None => policy == CloudPolicy::Always || self.discoveries.bridges.is_empty(),
        }
    }

    async fn search_mdns(&mut self, options: &MdnsOptions) {
        (self.on_event)(DiscoveryEvent::Started(DiscoveryMethod::Mdns));
        match mdns::browse(options) {
            Ok(candidates) => self.probe_all(candidates).await,
            Err(error) => self.add_error(error),
        }
    }

    async fn search_cloud(&mut self, options: &CloudOptions) {
        (self.on_event)(DiscoveryEvent::Started(DiscoveryMethod::Cloud));
        match cloud::fetch_list(options, self.options.probe_timeout).await {
            Ok(candidates) => self.probe_all(futures::stream::iter(candidates)).await,
            Err(error) => self.add_error(error),
        }
    }

    /// Probes candidates while more of them arrive.
    async fn probe_all(&mut self, candidates: impl Stream<Item = UnverifiedBridge>) {
        let timeout = self.options.probe_timeout;
        let mut seen = HashSet::new();
        let new = candidates.filter(move |candidate| std::future::ready(seen.insert(candidate.addresses.clone())));
        let results = new
            .take(MAX_CANDIDATES)
            .map(|candidate| async move { (probe_candidate(&candidate, timeout).await, candidate) })
            .buffer_unordered(MAX_CONCURRENT_PROBES);
        let mut results = std::pin::pin!(results);
        while let Some((result, candidate)) = results.next().await {
            match result {
                Ok(found) => self.add_bridge(found, &candidate),
                Err(error) => self.add_error(error),
            }
            if self.wanted.is_some_and(|wanted| self.has_found(wanted)) {
                return;
            }
        }
    }

    fn has_found(&self, id: &str) -> bool {
        self.discoveries.bridges.iter().any(|bridge| bridge.config.id.eq_ignore_ascii_case(id))
    }

    fn add_bridge(&mut self, found: FoundBridge, candidate: &UnverifiedBridge) {
        if let Some(claimed) = candidate.id.as_ref().filter(|claimed| **claimed != found.config.id) {
            self.add_error(DiscoveryError {
                method: candidate.method,
                address: Some(found.address.clone()),
                id: Some(claimed.clone()),
                kind: DiscoveryErrorKind::OtherBridge(found.config.id.clone()),
            });
        }
        let known = self.discoveries.bridges.iter_mut().find(|bridge| bridge.config.id == found.config.id);
        match known {
            Some(known) if known.methods.contains(&candidate.method) => {}
            Some(known) => known.methods.push(candidate.method),
            None => {
                (self.on_event)(DiscoveryEvent::Found(found.clone()));
                self.discoveries.bridges.push(found);
            }
        }
    }

    fn add_error(&mut self, error: DiscoveryError) {
        if !self.discoveries.errors.contains(&error) {
            (self.on_event)(DiscoveryEvent::Failed(error.clone()));
            self.discoveries.errors.push(error);
        }
    }
}

/// Probes the addresses of one candidate in turn until one answers. Returns the first address's error if none does.
pub(super) async fn probe_candidate(
    candidate: &UnverifiedBridge,
    timeout: Duration,
) -> Result<FoundBridge, DiscoveryError> {
    let error = |address: Option<&String>, kind| DiscoveryError {
        method: candidate.method,
        address: address.cloned(),
        id: candidate.id.clone(),
        kind,
    };
    if candidate.model.as_deref() == Some(FIRST_GENERATION_MODEL) {
        return Err(error(candidate.addresses.first(), DiscoveryErrorKind::FirstGeneration));
    }
    let mut first = None;
    for address in &candidate.addresses {
        match Probe::connect(address, None, timeout).await {
            Ok(Probe { config, .. }) => {
                return Ok(FoundBridge { address: address.clone(), methods: vec![candidate.method], config });
            }
            Err(cause) => first = first.or(Some(error(Some(address), DiscoveryErrorKind::from(cause)))),
        }
    }
    Err(first.unwrap_or_else(|| error(None, DiscoveryErrorKind::Unreachable("it gives no address".to_owned()))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::parse_bridge_id;

    #[tokio::test]
    async fn a_first_generation_bridge_is_told_without_being_asked() {
        let candidate = UnverifiedBridge {
            method: DiscoveryMethod::Mdns,
            addresses: vec!["192.0.2.1".to_owned()],
            id: parse_bridge_id("001788FFFE123456"),
            model: Some("BSB001".to_owned()),
        };
        let error = probe_candidate(&candidate, Duration::from_secs(5)).await.expect_err("too old");
        assert_eq!(error.kind, DiscoveryErrorKind::FirstGeneration);
        assert_eq!(error.id.as_deref(), Some("001788fffe123456"));
    }
}
