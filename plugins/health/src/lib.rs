//! The first-party plugin `health`, which checks the home, the bridge and the host.

mod check;
mod findings;
mod metrics;
mod schemas;

use lamplighter_plugin::prelude::*;

export_plugin! { tools: [check::tool(), metrics::tool()] }

#[cfg(test)]
mod tests {
    use lamplighter_plugin::testing::check_schemas;

    use super::*;

    #[test]
    fn the_written_schemas_follow_from_the_types() {
        check_schemas::<ThisPlugin>(concat!(env!("CARGO_MANIFEST_DIR"), "/src/schemas.rs"));
    }
}
