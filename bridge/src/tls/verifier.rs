//! Verifies the certificate that the bridge shows.

use std::sync::{Arc, LazyLock};

use parking_lot::Mutex;
use rustls::{
    CertificateError, DigitallySignedStruct, Error as TlsError, OtherError, PeerMisbehaved, RootCertStore,
    SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor,
    },
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    server::ParsedCertificate,
};

use super::{
    Identity,
    certificate::{Fingerprint, common_name, parse_bridge_id, public_key},
};

#[cfg(test)]
mod tests;

const SIGNIFY_ROOTS: &[u8] = include_bytes!("signify-roots.pem");

/// The certificate that the server has to show.
#[derive(Debug)]
pub(crate) enum Expectation {
    /// The server has to be this bridge, and prove it in this way.
    Known {
        /// The bridge id, which has 16 hexadecimal digits in lower case.
        bridge_id: String,
        /// The proof that it has to give.
        identity: Identity,
    },
    /// Trust on first use, for pairing: accepts any bridge, or the one with this id, and from then on only the first
    /// certificate seen.
    FirstUse {
        /// The bridge id, which has 16 hexadecimal digits in lower case.
        bridge_id: Option<String>,
        /// The first certificate seen.
        seen: Mutex<Option<SeenCertificate>>,
    },
}

/// The certificate that a bridge showed at first use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenCertificate {
    /// The common name, which has 16 hexadecimal digits in lower case.
    pub(crate) bridge_id: String,
    /// The proof to demand of the bridge from now on.
    pub(crate) identity: Identity,
    fingerprint: Fingerprint,
}

#[cfg(test)]
impl SeenCertificate {
    pub(crate) fn for_test(bridge_id: &str, identity: Identity) -> Self {
        Self { bridge_id: bridge_id.to_owned(), identity, fingerprint: Fingerprint::of(b"a certificate") }
    }
}

impl Expectation {
    /// Accepts any bridge, or the one with this id, and then always that one.
    pub(crate) fn first_use(bridge_id: Option<&str>) -> Self {
        Self::FirstUse { bridge_id: bridge_id.map(str::to_lowercase), seen: Mutex::default() }
    }
}

/// Checks certificates against an [`Expectation`]; rustls checks the signatures.
#[derive(Debug)]
pub(crate) struct Verifier {
    expectation: Expectation,
    algorithms: WebPkiSupportedAlgorithms,
    roots: Arc<RootCertStore>,
}

/// Why a certificate was refused, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct VerifyError(String);

impl Verifier {
    pub(crate) fn new(expectation: Expectation, provider: &CryptoProvider) -> Self {
        Self::with_roots(expectation, provider, signify_roots())
    }

    /// Like [`Verifier::new`], but with other roots than Signify's, which cannot sign a test's bridge.
    fn with_roots(expectation: Expectation, provider: &CryptoProvider, roots: Arc<RootCertStore>) -> Self {
        Self { expectation, algorithms: provider.signature_verification_algorithms, roots }
    }

    /// The certificate seen at first use.
    pub(crate) fn seen_certificate(&self) -> Option<SeenCertificate> {
        match &self.expectation {
            Expectation::Known { .. } => None,
            Expectation::FirstUse { seen, .. } => seen.lock().clone(),
        }
    }

    fn check(&self, leaf: &CertificateDer<'_>, chain: &[CertificateDer<'_>], now: UnixTime) -> Result<(), VerifyError> {
        let name = common_name(leaf).ok_or_else(|| VerifyError("its certificate names no bridge".to_owned()))?;
        match &self.expectation {
            Expectation::Known { bridge_id, identity: Identity::Signify } => {
                self.check_chain(leaf, chain, now).map_err(|error| not_issued_by_signify(&error))?;
                check_name(&name, bridge_id)
            }
            Expectation::Known { bridge_id, identity: Identity::Pinned(pinned) } => {
                check_name(&name, bridge_id)?;
                check_pin(leaf, *pinned)
            }
            Expectation::FirstUse { bridge_id, seen } => {
                let fingerprint = Fingerprint::of(leaf);
                let by_signify = self.check_chain(leaf, chain, now).is_ok();
                let identity = if by_signify { Identity::Signify } else { Identity::Pinned(fingerprint) };
                check_first_use(SeenCertificate { bridge_id: name, identity, fingerprint }, bridge_id.as_deref(), seen)
            }
        }
    }

    fn check_chain(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), TlsError> {
        let parsed = ParsedCertificate::try_from(leaf)?;
        verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, chain, now, self.algorithms.all)
    }

    /// Checks the signature of a version 1 certificate, which webpki does not read. Old bridges have them, and they are
    /// pinned.
    fn check_signature(&self, message: &[u8], leaf: &[u8], signed: &DigitallySignedStruct) -> Result<(), TlsError> {
        let key = public_key(leaf).ok_or(CertificateError::BadEncoding)?;
        let candidates = self.algorithms.mapping.iter().filter(|(scheme, _)| *scheme == signed.scheme);
        let verified = candidates
            .flat_map(|(_, algorithms)| algorithms.iter())
            .filter(|algorithm| algorithm.public_key_alg_id().as_ref() == key.algorithm)
            .any(|algorithm| algorithm.verify_signature(&key.key, message, signed.signature()).is_ok());
        if verified { Ok(()) } else { Err(CertificateError::BadSignature.into()) }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        match self.check(end_entity, intermediates, now) {
            Ok(()) => Ok(ServerCertVerified::assertion()),
            Err(error) => Err(CertificateError::Other(OtherError(Arc::new(error))).into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        if ParsedCertificate::try_from(cert).is_ok() {
            return verify_tls12_signature(message, cert, dss, &self.algorithms);
        }
        self.check_signature(message, cert, dss).map(|()| HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        if ParsedCertificate::try_from(cert).is_ok() {
            return verify_tls13_signature(message, cert, dss, &self.algorithms);
        }
        // TLS 1.3 forbids PKCS#1 and SHA-1 in handshake signatures (RFC 8446, section 4.2.3); a Hue bridge has a
        // P-256 key.
        if dss.scheme != SignatureScheme::ECDSA_NISTP256_SHA256 {
            return Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into());
        }
        self.check_signature(message, cert, dss).map(|()| HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Returns Signify's two roots, which are parsed once.
fn signify_roots() -> Arc<RootCertStore> {
    static SIGNIFY_ROOT_STORE: LazyLock<Arc<RootCertStore>> = LazyLock::new(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(CertificateDer::pem_slice_iter(SIGNIFY_ROOTS).filter_map(Result::ok));
        Arc::new(roots)
    });
    Arc::clone(&SIGNIFY_ROOT_STORE)
}

fn not_issued_by_signify(error: &TlsError) -> VerifyError {
    VerifyError(format!(
        "its certificate is not issued by Signify ({error}). Old bridges sign their own: pair again, to \
         store its fingerprint"
    ))
}

/// Compares ids without regard to case: a Bridge Pro writes its id in upper case, other bridges in lower case.
fn check_name(name: &str, bridge_id: &str) -> Result<(), VerifyError> {
    if name.eq_ignore_ascii_case(bridge_id) {
        return Ok(());
    }
    Err(VerifyError(format!(
        "it is the bridge {name}, not {bridge_id}: another bridge may have taken over the address; correct the \
         address, or pair with the other bridge; if the home was moved to the other bridge: \
         lamplighter bridge move {bridge_id} {name}"
    )))
}

fn check_pin(leaf: &[u8], pinned: Fingerprint) -> Result<(), VerifyError> {
    let seen = Fingerprint::of(leaf);
    if seen == pinned {
        return Ok(());
    }
    Err(VerifyError(format!(
        "its certificate has the fingerprint {seen}, but {pinned} was seen at pairing: if the bridge was reset or got \
         a new certificate, pair again; if not, another device may intercept the connection"
    )))
}

fn check_first_use(
    certificate: SeenCertificate,
    expected_id: Option<&str>,
    seen: &Mutex<Option<SeenCertificate>>,
) -> Result<(), VerifyError> {
    let id = &certificate.bridge_id;
    if parse_bridge_id(id).is_none() {
        return Err(VerifyError("its certificate does not carry a bridge id: this is no Hue bridge".to_owned()));
    }
    if let Some(expected_id) = expected_id {
        check_name(id, expected_id)?;
    }
    let mut seen = seen.lock();
    match &*seen {
        Some(first) if first.fingerprint != certificate.fingerprint => {
            Err(VerifyError("its certificate is another one than at the last connection".to_owned()))
        }
        _ => {
            *seen = Some(certificate);
            Ok(())
        }
    }
}
