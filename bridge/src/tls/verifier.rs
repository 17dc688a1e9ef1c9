//! The judge of the bridge's certificate.

use std::sync::{Arc, OnceLock};

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
    certificate::{Fingerprint, common_name, public_key},
};

#[cfg(test)]
mod tests;

const SIGNIFY_ROOTS: &[u8] = include_bytes!("signify-roots.pem");

/// What the other end has to show.
#[derive(Debug)]
pub(crate) enum Expectation {
    /// It is this bridge, and proves it so.
    Known {
        /// 16 hexadecimal digits, lower case.
        bridge_id: String,
        /// The proof.
        identity: Identity,
    },
    /// Pairing: any bridge, or the one with this id. The first certificate seen is the only one accepted from then on.
    FirstUse {
        /// 16 hexadecimal digits, lower case.
        bridge_id: Option<String>,
        /// Who was seen first.
        seen: Mutex<Option<Seen>>,
    },
}

/// Who showed a certificate at first use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// As the certificate has it: 16 hexadecimal digits, in lower case.
    pub(crate) bridge_id: String,
    /// How the bridge can prove from now on that it is itself.
    pub(crate) identity: Identity,
    fingerprint: Fingerprint,
}

#[cfg(test)]
impl Seen {
    pub(crate) fn for_test(bridge_id: &str, identity: Identity) -> Self {
        Self { bridge_id: bridge_id.to_owned(), identity, fingerprint: Fingerprint::of(b"a certificate") }
    }
}

impl Expectation {
    /// Any bridge, or the one with this id, and then always that one.
    pub(crate) fn first_use(bridge_id: Option<&str>) -> Self {
        Self::FirstUse { bridge_id: bridge_id.map(str::to_lowercase), seen: Mutex::default() }
    }
}

/// Checks certificates against an [`Expectation`]; signatures are checked by rustls.
#[derive(Debug)]
pub(crate) struct Verifier {
    expectation: Expectation,
    algorithms: WebPkiSupportedAlgorithms,
    roots: Arc<RootCertStore>,
}

/// Why a certificate was refused, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Refusal(pub(crate) String);

impl Verifier {
    pub(crate) fn new(expectation: Expectation, provider: &CryptoProvider) -> Self {
        Self::with_roots(expectation, provider, signify_roots())
    }

    /// As [`Verifier::new`], with other roots in place of Signify's: nobody else can have those sign a test's bridge.
    fn with_roots(expectation: Expectation, provider: &CryptoProvider, roots: Arc<RootCertStore>) -> Self {
        Self { expectation, algorithms: provider.signature_verification_algorithms, roots }
    }

    /// Who was seen at first use.
    pub(crate) fn seen(&self) -> Option<Seen> {
        match &self.expectation {
            Expectation::Known { .. } => None,
            Expectation::FirstUse { seen, .. } => seen.lock().clone(),
        }
    }

    fn check(&self, leaf: &CertificateDer<'_>, chain: &[CertificateDer<'_>], now: UnixTime) -> Result<(), Refusal> {
        let name = common_name(leaf).ok_or_else(|| refusal("its certificate names no bridge"))?;
        match &self.expectation {
            Expectation::Known { bridge_id, identity: Identity::Signify } => {
                self.check_chain(leaf, chain, now).map_err(|error| not_of_signify(&error))?;
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
                check_first_use(Seen { bridge_id: name, identity, fingerprint }, bridge_id.as_deref(), seen)
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

    /// For certificates of version 1, which webpki refuses to read: old bridges have them, and they are pinned.
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
            Err(refusal) => Err(CertificateError::Other(OtherError(Arc::new(refusal))).into()),
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

fn signify_roots() -> Arc<RootCertStore> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let read = || {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(CertificateDer::pem_slice_iter(SIGNIFY_ROOTS).filter_map(Result::ok));
        Arc::new(roots)
    };
    Arc::clone(ROOTS.get_or_init(read))
}

fn not_of_signify(error: &TlsError) -> Refusal {
    refusal(&format!(
        "its certificate is not issued by Signify ({error}). Old bridges have one of their own making: pair again, so \
         that it is known by its fingerprint"
    ))
}

/// A Bridge Pro writes its id in upper case, the others in lower case.
fn check_name(name: &str, bridge_id: &str) -> Result<(), Refusal> {
    if name.eq_ignore_ascii_case(bridge_id) {
        return Ok(());
    }
    Err(refusal(&format!(
        "it is the bridge {name}, not {bridge_id}: another bridge may have taken over the address; correct the \
         address, or pair with the other bridge"
    )))
}

fn check_pin(leaf: &[u8], pinned: Fingerprint) -> Result<(), Refusal> {
    let seen = Fingerprint::of(leaf);
    if seen == pinned {
        return Ok(());
    }
    Err(refusal(&format!(
        "its certificate has the fingerprint {seen}, but {pinned} was seen at pairing: if the bridge was reset or got \
         a new certificate, pair again; if not, something stands between"
    )))
}

fn check_first_use(now: Seen, expected: Option<&str>, seen: &Mutex<Option<Seen>>) -> Result<(), Refusal> {
    if now.bridge_id.len() != 16 || !now.bridge_id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(refusal("its certificate does not carry a bridge id: this is no Hue bridge"));
    }
    if let Some(expected) = expected {
        check_name(&now.bridge_id, expected)?;
    }
    // The lock is held for these lines only, never across an await.
    let mut seen = seen.lock();
    match &*seen {
        Some(first) if first.fingerprint != now.fingerprint => {
            Err(refusal("it showed another certificate than a moment ago"))
        }
        _ => {
            *seen = Some(now);
            Ok(())
        }
    }
}

fn refusal(text: &str) -> Refusal {
    Refusal(text.to_owned())
}
