//! Placeholder of room assets.
/// Names of the trusted-types policies of our scripts.
pub const TRUSTED_TYPES: &str = "htmx";
/// Address of an asset.
#[must_use]
pub fn href(name: &str) -> String {
    format!("/assets/0/{name}")
}
