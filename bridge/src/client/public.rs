//! Reads public URLs over HTTPS, where the usual certificate authorities are trusted.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use rustls::pki_types::CertificateDer;

use super::http::{client_builder, read_ok_body};
use crate::{attempt_error::AttemptError, tls};

/// Reads a public URL. Trusts the operating system's certificate authorities, and `extra_root` (DER) beside them.
pub(crate) async fn get_public(url: &str, extra_root: Option<&[u8]>, timeout: Duration) -> Result<Bytes, AttemptError> {
    let setup_error = |error| AttemptError::Connect(format!("TLS cannot be set up: {error}"));
    let extra_root = extra_root.map(|der| CertificateDer::from(der.to_vec()));
    let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(extra_root, tls::provider());
    let builder = client_builder(Arc::new(verifier.map_err(setup_error)?), timeout).map_err(setup_error)?;
    read_ok_body(builder.timeout(timeout).build()?.get(url).send().await?).await
}
