//! Looking into a certificate: its fingerprint, its common name, its key.

use std::{fmt, str::FromStr};

use x509_parser::prelude::{FromDer, X509Certificate};

/// The SHA-256 of a certificate's DER. Shown and read as 64 hexadecimal digits; colons are accepted.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of a certificate in DER.
    pub fn of(der: &[u8]) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, der);
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(digest.as_ref()) {
            *to = *from;
        }
        Self(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Fingerprint {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Fingerprint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits: Vec<u32> =
            text.trim().chars().filter(|c| *c != ':').map_while(|c| c.to_digit(16)).take(65).collect();
        let plain = text.trim().chars().filter(|c| *c != ':').count();
        if digits.len() != 64 || plain != 64 {
            return Err("a SHA-256 fingerprint has 64 hexadecimal digits".to_owned());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair.iter().fold(0, |value: u8, digit| (value << 4) | u8::try_from(*digit).unwrap_or(0));
        }
        Ok(Self(bytes))
    }
}

/// The common name of a certificate's subject, lower case. `None` if there is none, or more than one.
pub(crate) fn common_name(der: &[u8]) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let mut names = certificate.subject().iter_common_name();
    let name = names.next()?.as_str().ok()?.to_lowercase();
    names.next().is_none().then_some(name)
}

/// The subject's public key, and its algorithm's identifier, both as `SignatureVerificationAlgorithm` wants them.
pub(super) struct PublicKey {
    pub(super) algorithm: Vec<u8>,
    pub(super) key: Vec<u8>,
}

/// The public key of a certificate of any version; webpki reads those of version 3 only.
pub(super) fn public_key(der: &[u8]) -> Option<PublicKey> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let info = certificate.public_key();
    // The identifier is the content of the first SEQUENCE inside the SEQUENCE of the key info.
    let (_, outer) = der_content(info.raw)?;
    let (_, algorithm) = der_content(outer)?;
    Some(PublicKey { algorithm: algorithm.to_vec(), key: info.subject_public_key.data.to_vec() })
}

/// Splits one DER element with a length of at most two bytes: (what follows, its content).
fn der_content(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (header, length) = match *bytes.get(1)? {
        short @ 0..=0x7f => (2, usize::from(short)),
        0x81 => (3, usize::from(*bytes.get(2)?)),
        0x82 => (4, usize::from(*bytes.get(2)?) << 8 | usize::from(*bytes.get(3)?)),
        _ => return None,
    };
    let end = header + length;
    Some((bytes.get(end..)?, bytes.get(header..end)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_survives_the_way_to_text_and_back() {
        let fingerprint = Fingerprint::of(b"anything");
        assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
        let text = fingerprint.to_string();
        let with_colons = text.as_bytes().chunks(2).map(String::from_utf8_lossy).collect::<Vec<_>>();
        assert_eq!(with_colons.join(":").to_uppercase().parse(), Ok(fingerprint));
    }

    #[test]
    fn what_is_no_fingerprint_is_refused() {
        for text in ["", "00", &"g".repeat(64), &"0".repeat(65), &"0".repeat(63), &format!("{}zz", "0".repeat(64))] {
            assert!(text.parse::<Fingerprint>().is_err(), "{text}");
        }
    }

    #[test]
    fn rubbish_has_no_common_name_and_no_key() {
        for bytes in [&b""[..], b"\x30", b"\x30\x82\xff\xff", b"hello"] {
            assert_eq!(common_name(bytes), None);
            assert!(public_key(bytes).is_none());
        }
    }
}
