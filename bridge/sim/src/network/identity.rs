//! The certificate of the bridge, made like those of older real bridges, and the TLS configuration with it.

use std::sync::Arc;

use rcgen::{
    CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, SerialNumber, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

/// The certificate and private key that prove a bridge's id.
///
/// Clients take another simulator with the same identity for the same bridge.
#[derive(Clone)]
pub struct Identity {
    pub(crate) bridge_id: String,
    pub(crate) der: CertificateDer<'static>,
    pub(crate) pem: String,
    pub(crate) config: Arc<ServerConfig>,
}

/// Shows the id but not the private key.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("bridge_id", &self.bridge_id).finish_non_exhaustive()
    }
}

/// The reason why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The certificate could not be made.
    #[error("could not make a certificate")]
    Make(#[from] rcgen::Error),
    /// The certificate could not be used.
    #[error("could not use the certificate")]
    Use(#[from] rustls::Error),
}

impl Identity {
    /// Generates a key and a certificate for a bridge id: ECDSA P-256, self-signed, with the id as CN and no other name.
    pub(crate) fn generate(bridge_id: &str) -> Result<Self, CertificateError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = certificate_params(bridge_id).self_signed(&key)?;
        let der = certificate.der().clone();
        let private = PrivatePkcs8KeyDer::from(key.serialize_der());
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![der.clone()], private.into())?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { bridge_id: bridge_id.to_owned(), der, pem: certificate.pem(), config: Arc::new(config) })
    }
}

fn certificate_params(bridge_id: &str) -> CertificateParams {
    let mut name = DistinguishedName::new();
    name.push(DnType::CountryName, "NL");
    name.push(DnType::OrganizationName, "Philips Hue");
    name.push(DnType::CommonName, bridge_id);
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = name;
    parameters.serial_number = u64::from_str_radix(bridge_id, 16).ok().map(SerialNumber::from);
    parameters.not_before = date_time_ymd(2017, 1, 1);
    parameters.not_after = date_time_ymd(2038, 1, 19);
    parameters
}
