//! Reads a certificate: its fingerprint, its common name and its public key.

use std::{fmt, str::FromStr};

use x509_parser::{
    asn1_rs::Sequence,
    prelude::{FromDer, X509Certificate},
};

const FINGERPRINT_BYTES: usize = 32;

/// Parses a bridge id and returns it in lower case; `None` unless it has 16 hexadecimal digits.
///
/// It is the common name of a bridge's certificate, and a bridge tells it in its public configuration and by mDNS.
pub fn parse_bridge_id(text: &str) -> Option<String> {
    let valid = text.len() == 16 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    valid.then(|| text.to_ascii_lowercase())
}

/// The SHA-256 of a certificate's DER. Its text form has 64 hexadecimal digits; parsing accepts colons too.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; FINGERPRINT_BYTES]);

impl Fingerprint {
    /// Computes the fingerprint of a certificate that is given in DER.
    pub fn of(der: &[u8]) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, der);
        let mut bytes = [0; FINGERPRINT_BYTES];
        bytes.copy_from_slice(digest.as_ref());
        Self(bytes)
    }

    /// Returns the bytes of the fingerprint, which are 32.
    pub fn as_bytes(&self) -> &[u8; FINGERPRINT_BYTES] {
        &self.0
    }
}

impl From<[u8; FINGERPRINT_BYTES]> for Fingerprint {
    fn from(bytes: [u8; FINGERPRINT_BYTES]) -> Self {
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

/// A text is not a fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 fingerprint has 64 hexadecimal digits")]
pub struct ParseFingerprintError;

impl FromStr for Fingerprint {
    type Err = ParseFingerprintError;

    fn from_str(text: &str) -> Result<Self, ParseFingerprintError> {
        let digits: Option<Vec<u32>> = text.trim().chars().filter(|c| *c != ':').map(|c| c.to_digit(16)).collect();
        let digits = digits.filter(|digits| digits.len() == 2 * FINGERPRINT_BYTES).ok_or(ParseFingerprintError)?;
        let mut bytes = [0; FINGERPRINT_BYTES];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = u8::try_from(pair[0] << 4 | pair[1]).map_err(|_| ParseFingerprintError)?;
        }
        Ok(Self(bytes))
    }
}

/// Returns the common name of the certificate's subject in lower case; `None` unless it has exactly one.
pub(super) fn common_name(der: &[u8]) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let mut names = certificate.subject().iter_common_name();
    let name = names.next()?.as_str().ok()?.to_lowercase();
    names.next().is_none().then_some(name)
}

/// The subject's public key and its algorithm identifier, in the form that `SignatureVerificationAlgorithm` expects.
pub(super) struct PublicKey {
    pub(super) algorithm: Vec<u8>,
    pub(super) key: Vec<u8>,
}

/// Returns the public key of a certificate of any version; webpki reads those of version 3 only.
pub(super) fn public_key(der: &[u8]) -> Option<PublicKey> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let info = certificate.public_key();
    // The identifier is the content of the first SEQUENCE inside the SEQUENCE of the key info.
    let (_, outer) = Sequence::from_der(info.raw).ok()?;
    let (_, algorithm) = Sequence::from_der(&outer.content).ok()?;
    Some(PublicKey { algorithm: algorithm.content.to_vec(), key: info.subject_public_key.data.to_vec() })
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
