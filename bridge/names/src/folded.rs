//! Folded names: without case, accents, spaces and punctuation, which people do not remember.
//!
//! A mark is removed only if it is an accent. Many marks make another letter or a syllable, and stay: the dakuten that
//! tells が from か, the breve of й, and the vowel signs of Devanagari, Thai and other scripts.

use std::ops::RangeInclusive;

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// The length at which a query or a name is cut, in characters. The bridge's names have 32.
const MAX_CHARS: usize = 128;

/// The marks that people leave out when they search.
const ACCENTS: [RangeInclusive<char>; 18] = [
    // Accents of Latin, Greek and Cyrillic.
    '\u{300}'..='\u{36F}',
    // The points of Hebrew.
    '\u{591}'..='\u{5BD}',
    '\u{5BF}'..='\u{5BF}',
    '\u{5C1}'..='\u{5C2}',
    '\u{5C4}'..='\u{5C5}',
    '\u{5C7}'..='\u{5C7}',
    // The vowel signs and hamza marks of Arabic.
    '\u{610}'..='\u{61A}',
    '\u{64B}'..='\u{65F}',
    '\u{670}'..='\u{670}',
    '\u{6D6}'..='\u{6DC}',
    '\u{6DF}'..='\u{6E4}',
    '\u{6E7}'..='\u{6E8}',
    '\u{6EA}'..='\u{6ED}',
    // More accents of any script, and marks around symbols.
    '\u{1AB0}'..='\u{1AFF}',
    '\u{1DC0}'..='\u{1DFF}',
    '\u{20D0}'..='\u{20FF}',
    '\u{FE20}'..='\u{FE2F}',
    // The choice between text and emoji.
    '\u{FE00}'..='\u{FE0F}',
];

/// A folded name: letters and digits only, in lower case and without accents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Folded(String);

impl Folded {
    pub(crate) fn new(name: &str) -> Self {
        let mut folded = String::new();
        let mut base = ' ';
        for c in name.chars().take(MAX_CHARS).nfkd() {
            if !is_combining_mark(c) {
                base = c;
            }
            if !base.is_alphanumeric() || is_accent(base, c) {
                continue;
            }
            // Upper case first: ß is SS, and both forms of a final sigma are Σ.
            folded.extend(c.to_uppercase().flat_map(char::to_lowercase));
        }
        // A name of signs only (an emoji) is compared as it is.
        Self(if folded.is_empty() { name.trim().chars().take(MAX_CHARS).collect() } else { folded })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether the name begins with the other one. A letter and its mark are not separated.
    pub(crate) fn starts_with(&self, other: &Self) -> bool {
        self.rest(other).is_some()
    }

    /// Returns what follows the other name, if this one begins with it.
    pub(crate) fn after(&self, other: &Self) -> Option<Self> {
        self.rest(other).map(|rest| Self(rest.to_owned()))
    }

    fn rest(&self, other: &Self) -> Option<&str> {
        self.0.strip_prefix(&other.0).filter(|rest| !other.is_empty() && begins_with_letter(rest))
    }

    /// Returns whether the other name is a part of this one. A letter and its mark are not separated.
    pub(crate) fn contains(&self, other: &Self) -> bool {
        let mut places = self.0.match_indices(&other.0);
        !other.is_empty() && places.any(|(at, part)| begins_with_letter(&self.0[at + part.len()..]))
    }

    /// Returns the similarity from 0 to 1: the higher one of Jaro-Winkler, which favours a common beginning, and
    /// Damerau-Levenshtein, which compares the wholes.
    pub(crate) fn similarity(&self, other: &Self) -> f64 {
        strsim::jaro_winkler(&self.0, &other.0).max(strsim::normalized_damerau_levenshtein(&self.0, &other.0))
    }
}

/// Returns whether a text does not begin with a mark, which belongs to the letter before it.
fn begins_with_letter(text: &str) -> bool {
    !text.chars().next().is_some_and(is_combining_mark)
}

/// Returns whether a character is a mark that people leave out when they search.
fn is_accent(base: char, mark: char) -> bool {
    ACCENTS.iter().any(|range| range.contains(&mark)) && !makes_cyrillic_letter(base, mark)
}

/// Returns whether a mark makes another Cyrillic letter: й, ї, ў, ѓ, ќ. The dots of ё and marks of stress do not.
fn makes_cyrillic_letter(base: char, mark: char) -> bool {
    let is_optional = match mark {
        '\u{300}' => true,
        '\u{301}' => !matches!(base, 'Г' | 'г' | 'К' | 'к'),
        '\u{308}' => matches!(base, 'Е' | 'е'),
        _ => false,
    };
    matches!(base, '\u{400}'..='\u{52F}') && !is_optional
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says whether two names are equal once they are folded.
    fn same(a: &str, b: &str) -> bool {
        Folded::new(a) == Folded::new(b)
    }

    #[test]
    fn case_accents_spaces_and_punctuation_are_removed() {
        for (written, typed) in [
            ("Küchen-Spot 1", "kuchenspot1"),
            ("Straße", "STRASSE"),
            ("Ἀθῆναι ΦΩΣ", "αθηναι φως"),
            ("İstanbul", "istanbul"),
            ("Ёлка", "елка"),
            ("за́мок", "замок"),
            ("שָׁלוֹם", "שלום"),
            ("غُرْفَة", "غرفة"),
            ("أحمد", "احمد"),
            ("Ｌａｍｐ　１", "lamp 1"),
            ("ガ", "ｶﾞ"),
            ("1️⃣", "1"),
            ("❤️ Lamp", "lamp"),
        ] {
            assert!(same(written, typed), "{written} and {typed}");
        }
    }

    #[test]
    fn a_mark_that_makes_another_letter_stays() {
        for (one, other) in [
            ("がくしつ", "かくしつ"),
            ("パス", "ハス"),
            ("バス", "パス"),
            ("мой", "мои"),
            ("її", "іі"),
            ("कि", "की"),
            ("काम", "कम"),
            ("ขา", "ข้า"),
            ("ดี", "ดู"),
            ("কি", "ক"),
            ("தி", "த"),
            ("거실", "고실"),
        ] {
            assert!(!same(one, other), "{one} and {other}");
        }
    }

    #[test]
    fn a_letter_is_no_part_of_a_letter_with_a_mark() {
        let (school, corner) = (Folded::new("がくしつ"), Folded::new("か"));
        assert!(!school.starts_with(&corner) && !school.contains(&corner));
        assert!(Folded::new("かくしつ").starts_with(&corner));
        assert!(school.contains(&Folded::new("くし")));
    }

    #[test]
    fn a_name_of_signs_only_is_compared_as_it_is() {
        assert!(same("🌙", " 🌙 ") && !same("🌙", "☀"));
        assert!(!same("!!", "??"));
    }
}
