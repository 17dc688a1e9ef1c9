//! Defines the model, the firmware and the id that the simulated bridge claims to have.

/// The model id that the square bridge has.
pub(crate) const MODEL_ID: &str = "BSB002";
/// The manufacturer, as devices give it.
pub(crate) const MANUFACTURER_NAME: &str = "Signify Netherlands B.V.";
/// The firmware, as the public configuration gives it.
pub(crate) const SOFTWARE_VERSION: &str = "1978293000";
/// The version of the v1 API that belongs to the firmware.
pub(crate) const API_VERSION: &str = "1.78.0";

/// Returns a bridge id in lower case, or `None` unless it is 16 hexadecimal digits.
pub(crate) fn parse_bridge_id(id: &str) -> Option<String> {
    let is_valid = id.len() == 16 && id.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_valid.then(|| id.to_lowercase())
}

/// Returns the 12 digits of the MAC address, which is the bridge id without the `fffe` in its middle.
pub(crate) fn mac_digits(bridge_id: &str) -> String {
    format!("{}{}", &bridge_id[..6], &bridge_id[10..])
}
