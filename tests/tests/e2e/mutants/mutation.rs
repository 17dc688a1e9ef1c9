//! Ways to corrupt a WebAssembly component: single bytes, whole sections with correct lengths, and wrong lengths.

use std::ops::Range;

use lamplighter_test_guests::sections::{
    COMPONENT_PREAMBLE, CORE_MODULE, CORE_PREAMBLE, NESTED_COMPONENT, leb, section, sections,
};
use proptest::{prelude::*, sample::Index};

/// A seed component and the changes to it.
#[derive(Clone, Debug)]
pub(super) struct Mutant {
    seed: Index,
    sections: Vec<SectionChange>,
    bytes: Vec<ByteChange>,
}

/// A change of a section, in the component or in a module within it.
#[derive(Clone, Debug)]
enum SectionChange {
    Drop(Index),
    Double(Index),
    Swap(Index, Index),
    /// Gives it another id.
    Rename(Index, u8),
    /// Replaces it by a section of another seed.
    Graft(Index, Index, Index),
}

/// A change of bytes, and its place.
#[derive(Clone, Debug)]
struct ByteChange {
    place: Place,
    change: Change,
}

#[derive(Clone, Debug)]
enum Change {
    Flip(u8),
    Insert(Vec<u8>),
    /// Overwrites what is there, mostly a length or an index, with a number.
    Number(u32),
    Remove(u8),
    Truncate,
}

/// The place of a change. Lengths and counts stand within a few bytes of the beginning of a section.
#[derive(Clone, Debug)]
enum Place {
    Anywhere(Index),
    AtSection(Index, usize),
    /// In code or data of a core module, so that the types around it stay valid and the change is run.
    InCode(Index, Index),
}

pub(super) fn mutant() -> impl Strategy<Value = Mutant> {
    let none = || Just(Vec::new());
    let anywhere = prop_oneof![place(), place(), code()];
    let changes = prop_oneof![
        4 => (none(), prop::collection::vec(flip(), 1..4)),
        2 => (none(), prop::collection::vec(byte_change(anywhere), 1..3)),
        2 => (prop::collection::vec(section_change(), 1..3), prop::collection::vec(byte_change(place()), 0..2)),
    ];
    (any::<Index>(), changes).prop_map(|(seed, (sections, bytes))| Mutant { seed, sections, bytes })
}

fn section_change() -> impl Strategy<Value = SectionChange> {
    let index = any::<Index>;
    prop_oneof![
        index().prop_map(SectionChange::Drop),
        index().prop_map(SectionChange::Double),
        (index(), index()).prop_map(|(one, other)| SectionChange::Swap(one, other)),
        (index(), 0..16_u8).prop_map(|(section, id)| SectionChange::Rename(section, id)),
        (index(), index(), index()).prop_map(|(section, seed, from)| SectionChange::Graft(section, seed, from)),
    ]
}

fn byte_change(place: impl Strategy<Value = Place> + 'static) -> impl Strategy<Value = ByteChange> {
    let change = prop_oneof![
        6 => (1..=255_u8).prop_map(Change::Flip),
        2 => prop::collection::vec(any::<u8>(), 1..16).prop_map(Change::Insert),
        4 => prop_oneof![0..300_u32, Just(0x7fff_ffff), Just(u32::MAX), any::<u32>()].prop_map(Change::Number),
        2 => (1..32_u8).prop_map(Change::Remove),
        1 => Just(Change::Truncate),
    ];
    (place, change).prop_map(|(place, change)| ByteChange { place, change })
}

/// Flips one bit. It changes no length, so the mutant passes many checks.
fn flip() -> impl Strategy<Value = ByteChange> {
    (code(), 0..8_u8).prop_map(|(place, bit)| ByteChange { place, change: Change::Flip(1 << bit) })
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![
        any::<Index>().prop_map(Place::Anywhere),
        (any::<Index>(), 0..12_usize).prop_map(|(section, offset)| Place::AtSection(section, offset)),
    ]
}

fn code() -> impl Strategy<Value = Place> {
    (any::<Index>(), any::<Index>()).prop_map(|(section, offset)| Place::InCode(section, offset))
}

impl Mutant {
    /// Builds the changed component.
    pub(super) fn bytes(&self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut tree = Tree::read(self.seed.get::<Vec<u8>>(seeds));
        for change in &self.sections {
            change.apply(&mut tree, seeds);
        }
        let mut bytes = tree.write();
        for change in &self.bytes {
            change.apply(&mut bytes);
        }
        bytes
    }
}

impl ByteChange {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let at = self.place.within(bytes);
        match &self.change {
            Change::Flip(bits) => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= bits;
                }
            }
            Change::Insert(new) => {
                bytes.splice(at..at, new.iter().copied());
            }
            Change::Number(number) => {
                let number = leb(*number);
                let end = bytes.len().min(at + number.len());
                bytes.splice(at..end, number);
            }
            Change::Remove(count) => {
                bytes.drain(at..bytes.len().min(at + usize::from(*count)));
            }
            Change::Truncate => bytes.truncate(at),
        }
    }
}

impl Place {
    fn within(&self, bytes: &[u8]) -> usize {
        let mut found = Vec::new();
        find_sections(bytes, 0, &mut found);
        match self {
            Self::Anywhere(index) => index.index(bytes.len() + 1),
            Self::AtSection(index, offset) => {
                let section = found.get(index.index(found.len().max(1)));
                section.map_or(0, |section| (section.begins + offset).min(bytes.len()))
            }
            Self::InCode(index, offset) => {
                found.retain(|section| section.runs);
                let section = found.get(index.index(found.len().max(1)));
                section.map_or(0, |section| section.contents.start + offset.index(section.contents.len().max(1)))
            }
        }
    }
}

/// The place of a section in the bytes.
struct Found {
    /// The offset of its id.
    begins: usize,
    contents: Range<usize>,
    /// Is set for code, data and globals of a core module.
    runs: bool,
}

/// Finds the sections, including those of components and modules within.
fn find_sections(bytes: &[u8], offset: usize, found: &mut Vec<Found>) {
    const CONTENT_SECTIONS: [u8; 3] = [6, 10, 11];
    let Some(rest) = bytes.get(8..) else { return };
    let is_module = bytes.starts_with(&CORE_PREAMBLE);
    let mut begins = offset + 8;
    for (id, contents) in sections(rest) {
        let start = begins + section(id, contents).len() - contents.len();
        let place = start..start + contents.len();
        if !is_module && matches!(id, CORE_MODULE | NESTED_COMPONENT) && contents.starts_with(b"\0asm") {
            find_sections(contents, start, found);
        }
        found.push(Found { begins, contents: place.clone(), runs: is_module && CONTENT_SECTIONS.contains(&id) });
        begins = place.end;
    }
}

// === A component as a tree ===

/// A component or a core module, split into its preamble and its sections.
#[derive(Clone, Debug)]
struct Tree {
    preamble: [u8; 8],
    sections: Vec<(u8, Contents)>,
}

#[derive(Clone, Debug)]
enum Contents {
    Bytes(Vec<u8>),
    Tree(Tree),
}

impl Tree {
    fn read(bytes: &[u8]) -> Self {
        let (preamble, rest) = bytes.split_first_chunk().expect("a seed has a preamble");
        let is_tree = |id, contents: &[u8]| {
            matches!(id, CORE_MODULE | NESTED_COMPONENT)
                && (contents.starts_with(&CORE_PREAMBLE) || contents.starts_with(&COMPONENT_PREAMBLE))
        };
        let read = |(id, contents): (u8, &[u8])| {
            let within = *preamble == COMPONENT_PREAMBLE && is_tree(id, contents);
            (id, if within { Contents::Tree(Self::read(contents)) } else { Contents::Bytes(contents.to_vec()) })
        };
        Self { preamble: *preamble, sections: sections(rest).into_iter().map(read).collect() }
    }

    fn write(&self) -> Vec<u8> {
        let mut bytes = self.preamble.to_vec();
        for (id, contents) in &self.sections {
            match contents {
                Contents::Bytes(contents) => bytes.extend(section(*id, contents)),
                Contents::Tree(tree) => bytes.extend(section(*id, &tree.write())),
            }
        }
        bytes
    }

    /// Finds the list that holds a section, and the section's place in it. Each level is as likely as the next.
    fn find(&mut self, index: Index) -> Option<(&mut Vec<(u8, Contents)>, usize)> {
        let at = index.index(self.sections.len().max(1));
        // Every other index leads one level down, if there is one.
        if index.index(2) == 0 && matches!(self.sections.get(at), Some((_, Contents::Tree(_)))) {
            let Some((_, Contents::Tree(tree))) = self.sections.get_mut(at) else { return None };
            return tree.find(index);
        }
        (at < self.sections.len()).then_some((&mut self.sections, at))
    }
}

impl SectionChange {
    fn apply(&self, tree: &mut Tree, seeds: &[Vec<u8>]) {
        match self {
            Self::Drop(section) => {
                if let Some((sections, at)) = tree.find(*section) {
                    sections.remove(at);
                }
            }
            Self::Double(section) => {
                if let Some((sections, at)) = tree.find(*section) {
                    sections.insert(at, sections[at].clone());
                }
            }
            Self::Swap(one, other) => {
                if let Some((sections, at)) = tree.find(*one) {
                    let other = other.index(sections.len());
                    sections.swap(at, other);
                }
            }
            Self::Rename(section, id) => {
                if let Some((sections, at)) = tree.find(*section) {
                    sections[at].0 = *id;
                }
            }
            Self::Graft(section, seed, from) => {
                let mut other = Tree::read(seed.get::<Vec<u8>>(seeds));
                let Some((sections, at)) = other.find(*from) else { return };
                let graft = sections.swap_remove(at);
                if let Some((sections, at)) = tree.find(*section) {
                    sections[at] = graft;
                }
            }
        }
    }
}
