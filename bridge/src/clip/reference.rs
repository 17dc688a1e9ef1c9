//! The parts that every resource has: its name, and its references to other resources.

use super::lenient::lenient;

lenient! {
    /// A reference that points from one resource to another: `{"rid": ..., "rtype": ...}`.
    struct Reference {
        rid: String,
        rtype: String,
    }

    struct Metadata {
        name: Option<String>,
        archetype: Option<String>,
    }
}
