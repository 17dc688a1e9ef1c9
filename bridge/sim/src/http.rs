//! The HTTPS server of the bridge, and the control address beside it.
//!
//! # Layout
//!
//! * `server`, `connection`: accepting, encrypting and ending connections
//! * `service`: one request, from its limits and faults to its record · `rate_limit`: the limits of the web server
//! * `clip`, `schema`: the CLIP v2 API · `long_poll`: events without a stream · `v1`: pairing and the public configuration
//! * `reply`: responses · `corrupt`, `mistype`: responses that a fault damages
//! * `control`: plain HTTP, by which other programs switch faults

mod clip;
mod connection;
pub(crate) mod control;
mod corrupt;
mod distort;
mod long_poll;
mod mistype;
mod rate_limit;
mod reply;
#[cfg(test)]
mod request_fuzz;
mod schema;
pub(crate) mod server;
mod service;
mod v1;
