//! What is asked of each light, merged as it comes.

use std::collections::HashMap;

use super::wish::Wish;
use crate::home::{Id, Light};

/// One wish per light, in the order in which the lights were first named.
#[derive(Default)]
pub(super) struct Wishes<'a> {
    list: Vec<(&'a Light, Wish)>,
    positions: HashMap<&'a Id, usize>,
}

impl<'a> Wishes<'a> {
    pub(super) fn add(&mut self, light: &'a Light, wish: Wish) {
        if let Some(earlier) = self.get_mut(&light.id) {
            return earlier.merge(wish);
        }
        self.positions.insert(&light.id, self.list.len());
        self.list.push((light, wish));
    }

    /// Whether the light is asked to be on or off.
    pub(super) fn on(&self, id: &Id) -> Option<bool> {
        let position = self.positions.get(id)?;
        self.list.get(*position)?.1.on
    }

    fn get_mut(&mut self, id: &Id) -> Option<&mut Wish> {
        let position = self.positions.get(id)?;
        self.list.get_mut(*position).map(|(_, wish)| wish)
    }
}

impl<'a> IntoIterator for Wishes<'a> {
    type Item = (&'a Light, Wish);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}
