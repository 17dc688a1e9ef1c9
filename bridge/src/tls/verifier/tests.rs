//! Runs whole handshakes in memory. The bridges' certificates are made here, and the tests' own roots take the place of
//! Signify's.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, SigningKey,
    date_time_ymd,
};
use rustls::{
    ClientConnection, ProtocolVersion, ServerConfig, ServerConnection, SupportedProtocolVersion,
    crypto::ring::sign::any_supported_type,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
    version::{TLS12, TLS13},
};

use super::*;
use crate::tls::{client_config, provider};

const BRIDGE_ID: &str = "001788fffe123456";
const TLS_VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

type Authority = CertifiedIssuer<'static, KeyPair>;

/// The chain that a bridge shows, which begins with the leaf, and the key to the leaf.
#[derive(Clone, Debug)]
struct Shown(Arc<CertifiedKey>);

impl Shown {
    fn new(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Self {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Self(Arc::new(CertifiedKey::new(chain, any_supported_type(&key).expect("a key that rcgen made"))))
    }

    fn pin(&self) -> Identity {
        Identity::Pinned(Fingerprint::of(&self.0.cert[0]))
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

fn named(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CountryName, "NL");
    params.distinguished_name.push(DnType::OrganizationName, "Philips Hue");
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = date_time_ymd(2017, 1, 1);
    params.not_after = date_time_ymd(2038, 1, 19);
    params
}

fn authority(common_name: &str, above: Option<&Authority>) -> Authority {
    let mut params = named(common_name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let key = KeyPair::generate().expect("a key");
    match above {
        Some(above) => CertifiedIssuer::signed_by(params, key, above).expect("a certificate"),
        None => CertifiedIssuer::self_signed(params, key).expect("a certificate"),
    }
}

fn der(authority: &Authority) -> CertificateDer<'static> {
    authority.as_ref().der().clone()
}

/// Makes a bridge whose certificate is issued by `issuer`, and which shows `above` too.
fn issued(params: &CertificateParams, issuer: &Authority, above: &[&Authority]) -> Shown {
    let key = KeyPair::generate().expect("a key");
    let leaf = params.signed_by(&key, issuer).expect("a certificate");
    let chain = std::iter::once(leaf.der().clone()).chain(above.iter().map(|authority| der(authority)));
    Shown::new(chain.collect(), &key)
}

/// Makes an old bridge, whose certificate is signed by itself.
fn self_signed() -> Shown {
    let key = KeyPair::generate().expect("a key");
    let certificate = named(BRIDGE_ID).self_signed(&key).expect("a certificate");
    Shown::new(vec![certificate.der().clone()], &key)
}

/// Makes a bridge of the oldest kind, whose certificate is of X.509 version 1, which had no extensions.
fn of_version_1() -> Shown {
    let key = KeyPair::generate().expect("a key");
    let modern = named(BRIDGE_ID).self_signed(&key).expect("a certificate");
    let [to_be_signed, algorithm, _] = &elements(modern.der())[..] else { panic!("three parts") };
    // The version comes first and the extensions last, each under a tag of its own; version 1 has neither.
    let kept = elements(to_be_signed).into_iter().filter(|part| !matches!(part[0], 0xa0 | 0xa3));
    let old = sequence(&kept.flat_map(<[u8]>::to_vec).collect::<Vec<_>>());
    let signature = key.sign(&old).expect("a signature");
    let bits = element(0x03, &[&[0], &signature[..]].concat());
    let certificate = sequence(&[&old, *algorithm, &bits].concat());
    Shown::new(vec![certificate.into()], &key)
}

/// Returns the elements that a DER element contains, each with its tag and length.
fn elements(der: &[u8]) -> Vec<&[u8]> {
    let mut rest = &der[header(der)..];
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let length = match rest[1] {
            0x81 => usize::from(rest[2]),
            0x82 => usize::from(rest[2]) << 8 | usize::from(rest[3]),
            short => usize::from(short),
        };
        let (part, after) = rest.split_at(header(rest) + length);
        parts.push(part);
        rest = after;
    }
    parts
}

/// Returns how many bytes a DER element's tag and length take.
fn header(der: &[u8]) -> usize {
    match der[1] {
        0x81 => 3,
        0x82 => 4,
        _ => 2,
    }
}

fn sequence(content: &[u8]) -> Vec<u8> {
    element(0x30, content)
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("a small certificate").to_be_bytes();
    [&[tag, 0x82], &length[..], content].concat()
}

fn known(identity: Identity) -> Expectation {
    Expectation::Known { bridge_id: BRIDGE_ID.to_owned(), identity }
}

/// Runs a handshake. Returns the version that was agreed upon, or why the client refused.
fn handshake(
    verifier: &Arc<Verifier>,
    shown: &Shown,
    version: &'static SupportedProtocolVersion,
) -> Result<Option<ProtocolVersion>, TlsError> {
    let server = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[version])
        .expect("a version that ring speaks")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(shown.clone()));
    let client = client_config(Arc::clone(verifier) as Arc<dyn ServerCertVerifier>).expect("a configuration");
    let name = ServerName::try_from("192.168.1.2").expect("an address");
    let mut client = ClientConnection::new(Arc::new(client), name).expect("a client");
    let mut server = ServerConnection::new(Arc::new(server)).expect("a server");
    while client.is_handshaking() || server.is_handshaking() {
        let mut wire = Vec::new();
        client.write_tls(&mut wire).expect("memory");
        server.read_tls(&mut &wire[..]).expect("memory");
        server.process_new_packets().expect("a good client");
        wire.clear();
        server.write_tls(&mut wire).expect("memory");
        client.read_tls(&mut &wire[..]).expect("memory");
        client.process_new_packets()?;
    }
    Ok(client.protocol_version())
}

/// Runs handshakes in both versions of TLS, with this root in place of Signify's. The error is in the verifier's words.
fn verify(expectation: impl Fn() -> Expectation, root: &Authority, shown: &Shown) -> Result<(), String> {
    let mut roots = RootCertStore::empty();
    roots.add(der(root)).expect("a root");
    let roots = Arc::new(roots);
    for version in TLS_VERSIONS {
        let verifier = Arc::new(Verifier::with_roots(expectation(), &provider(), Arc::clone(&roots)));
        let agreed = handshake(&verifier, shown, version).map_err(|error| error_text(&error))?;
        assert_eq!(agreed, Some(version.version));
    }
    Ok(())
}

fn error_text(error: &TlsError) -> String {
    match error {
        TlsError::InvalidCertificate(CertificateError::Other(other)) => other.0.to_string(),
        other => other.to_string(),
    }
}

#[test]
fn a_bridge_is_known_by_a_chain_to_a_root_although_it_has_no_alternative_name() {
    let root = authority("root-bridge", None);
    let leaf = issued(&named(BRIDGE_ID), &root, &[]);
    assert_eq!(verify(|| known(Identity::Signify), &root, &leaf), Ok(()));
    assert_eq!(verify(|| known(Identity::Signify), &root, &issued(&named(BRIDGE_ID), &root, &[&root])), Ok(()));
}

#[test]
fn an_intermediate_authority_is_followed_if_it_is_shown() {
    let root = authority("Hue Root CA 01", None);
    let between = authority("Hue Issuing CA", Some(&root));
    assert_eq!(verify(|| known(Identity::Signify), &root, &issued(&named(BRIDGE_ID), &between, &[&between])), Ok(()));
    let refused = verify(|| known(Identity::Signify), &root, &issued(&named(BRIDGE_ID), &between, &[]));
    assert!(refused.clone().is_err_and(|words| words.contains("not issued by Signify")), "{refused:?}");
}

#[test]
fn an_id_in_upper_case_is_the_same_id() {
    let root = authority("root-bridge", None);
    assert_eq!(
        verify(|| known(Identity::Signify), &root, &issued(&named(&BRIDGE_ID.to_uppercase()), &root, &[])),
        Ok(())
    );
}

#[test]
fn another_root_of_the_same_name_vouches_for_nothing() {
    let root = authority("root-bridge", None);
    let impostor = authority("root-bridge", None);
    let shown = issued(&named(BRIDGE_ID), &impostor, &[&impostor]);
    let refused = verify(|| known(Identity::Signify), &root, &shown);
    assert!(refused.clone().is_err_and(|words| words.contains("not issued by Signify")), "{refused:?}");
    assert!(verify(|| known(Identity::Signify), &root, &self_signed()).is_err());
}

#[test]
fn a_certificate_that_expired_is_refused_and_so_is_one_that_may_not_be_issued() {
    let root = authority("root-bridge", None);
    let mut expired = named(BRIDGE_ID);
    expired.not_after = date_time_ymd(2024, 1, 1);
    let refused = verify(|| known(Identity::Signify), &root, &issued(&expired, &root, &[]));
    assert!(refused.clone().is_err_and(|words| words.contains("not issued by Signify")), "{refused:?}");
    // Another bridge's certificate is no authority, although a root issued it.
    let key = KeyPair::generate().expect("a key");
    let bridge = CertifiedIssuer::signed_by(named("001788fffe000000"), key, &root).expect("a certificate");
    assert!(verify(|| known(Identity::Signify), &root, &issued(&named(BRIDGE_ID), &bridge, &[&bridge])).is_err());
}

#[test]
fn a_good_chain_for_another_bridge_is_refused_with_what_to_do() {
    let root = authority("root-bridge", None);
    let refused = verify(|| known(Identity::Signify), &root, &issued(&named("001788fffe000000"), &root, &[]));
    let words = refused.expect_err("another bridge");
    assert!(words.contains("it is the bridge 001788fffe000000, not 001788fffe123456"), "{words}");
    assert!(words.contains("correct the address, or pair with the other bridge"), "{words}");
    assert!(words.contains("lamplighter bridge move 001788fffe123456 001788fffe000000"), "{words}");
}

#[test]
fn a_name_that_is_none_or_two_is_refused() {
    let root = authority("root-bridge", None);
    let mut two = named(BRIDGE_ID);
    two.distinguished_name.push(DnType::CustomDnType(vec![2, 5, 4, 3]), "001788fffe000000");
    let mut none = named(BRIDGE_ID);
    none.distinguished_name = rcgen::DistinguishedName::new();
    for params in [two, none] {
        assert!(verify(|| known(Identity::Signify), &root, &issued(&params, &root, &[])).is_err());
    }
}

#[test]
fn a_pinned_bridge_is_known_by_its_certificate_and_no_root_can_stand_in() {
    let root = authority("root-bridge", None);
    let pinned = self_signed();
    assert_eq!(verify(|| known(pinned.pin()), &root, &pinned), Ok(()));
    let refused = verify(|| known(pinned.pin()), &root, &issued(&named(BRIDGE_ID), &root, &[]));
    assert!(refused.clone().is_err_and(|words| words.contains("pair again")), "{refused:?}");
}

#[test]
fn a_certificate_of_version_1_is_good_enough_to_be_pinned_and_its_signatures_are_checked() {
    let root = authority("root-bridge", None);
    let old = of_version_1();
    assert!(ParsedCertificate::try_from(&old.0.cert[0]).is_err(), "webpki does not read version 1");
    assert_eq!(verify(|| known(old.pin()), &root, &old), Ok(()));
    assert!(verify(|| known(Identity::Signify), &root, &old).is_err());
    // A thief who copied the certificate does not have the key to it.
    let thief = Shown::new(old.0.cert.clone(), &KeyPair::generate().expect("a key"));
    let refused = verify(|| known(old.pin()), &root, &thief);
    assert_eq!(refused, Err(TlsError::from(CertificateError::BadSignature).to_string()));
}

#[test]
fn at_first_use_a_root_is_preferred_and_else_the_certificate_is_pinned() {
    let root = authority("root-bridge", None);
    let mut roots = RootCertStore::empty();
    roots.add(der(&root)).expect("a root");
    let roots = Arc::new(roots);
    let old = of_version_1();
    for (shown, identity) in [
        (issued(&named(&BRIDGE_ID.to_uppercase()), &root, &[]), Identity::Signify),
        (self_signed(), Identity::Pinned(Fingerprint::of(b"replaced below"))),
        (old.clone(), old.pin()),
    ] {
        let identity = if identity == Identity::Signify { identity } else { shown.pin() };
        let verifier = Arc::new(Verifier::with_roots(Expectation::first_use(None), &provider(), Arc::clone(&roots)));
        assert_eq!(verifier.seen_certificate(), None);
        handshake(&verifier, &shown, &TLS13).expect("anybody");
        let seen = verifier.seen_certificate().expect("somebody");
        assert_eq!((seen.bridge_id.as_str(), seen.identity), (BRIDGE_ID, identity));
    }
}

#[test]
fn at_first_use_the_second_certificate_has_to_be_the_first() {
    let verifier = Arc::new(Verifier::new(Expectation::first_use(Some(BRIDGE_ID)), &provider()));
    let first = self_signed();
    for _ in 0..2 {
        handshake(&verifier, &first, &TLS13).expect("the same");
    }
    let refused = handshake(&verifier, &self_signed(), &TLS13).expect_err("another");
    assert!(error_text(&refused).contains("another one than at the last connection"), "{refused}");
}

#[test]
fn the_roots_of_signify_are_both_there() {
    assert_eq!(signify_roots().len(), 2);
}
