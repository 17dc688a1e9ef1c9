//! The schemas of a tool: derived from its types when it is listed, or written before the plugin is built.

use lamplighter_report::object_schema;
use schemars::JsonSchema;
use serde_json::Value;

use crate::{IntoToolOutput, schema};

/// The schemas of a tool as JSON text. [`testing::check_schemas`](crate::testing::check_schemas) writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StaticSchemas {
    /// The schema of the arguments.
    pub arguments: &'static str,
    /// The schema of the structured content; empty if the tool has none.
    pub result: &'static str,
}

/// The schemas of a tool, before its author replaces one.
pub(super) enum Schemas {
    /// Derived when they are asked for.
    Derived(DerivedSchemas),
    /// Written before. A component has no code to derive them: it would be two thirds larger.
    Static {
        written: StaticSchemas,
        #[cfg(not(target_arch = "wasm32"))]
        derived: DerivedSchemas,
    },
}

/// Functions that derive schemas from a tool's types.
#[derive(Clone, Copy)]
pub(crate) struct DerivedSchemas {
    arguments: fn() -> Value,
    result: fn() -> Option<Value>,
}

impl Schemas {
    /// Returns the schemas of a function with these types.
    pub(super) fn derived<A: JsonSchema, R: IntoToolOutput>() -> Self {
        Self::Derived(DerivedSchemas::of::<A, R>())
    }

    /// Returns written schemas of a function with these types.
    #[cfg_attr(
        target_arch = "wasm32",
        expect(clippy::extra_unused_type_parameters, reason = "the types give the schemas to compare with")
    )]
    pub(super) fn written<A: JsonSchema, R: IntoToolOutput>(written: StaticSchemas) -> Self {
        Self::Static {
            written,
            #[cfg(not(target_arch = "wasm32"))]
            derived: DerivedSchemas::of::<A, R>(),
        }
    }

    /// Returns the schema of the arguments as JSON text.
    pub(super) fn arguments(&self) -> String {
        match self {
            Self::Derived(derived) => derived.arguments(),
            Self::Static { written, .. } => written.arguments.to_owned(),
        }
    }

    /// Returns the schema of the structured content as JSON text.
    pub(super) fn result(&self) -> Option<String> {
        match self {
            Self::Derived(derived) => derived.result(),
            Self::Static { written, .. } => Some(written.result).filter(|text| !text.is_empty()).map(str::to_owned),
        }
    }

    /// Returns the schemas that follow from the types, whether others are written or not.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn derived_from_types(&self) -> DerivedSchemas {
        match self {
            Self::Derived(derived) | Self::Static { derived, .. } => *derived,
        }
    }
}

impl DerivedSchemas {
    fn of<A: JsonSchema, R: IntoToolOutput>() -> Self {
        Self { arguments: schema::arguments_schema::<A>, result: R::schema }
    }

    /// Derives the schema of the arguments.
    pub(crate) fn arguments(self) -> String {
        (self.arguments)().to_string()
    }

    /// Derives the schema of the structured content, with an object at its root.
    pub(crate) fn result(self) -> Option<String> {
        (self.result)().map(|schema| match schema {
            Value::Object(schema) => Value::Object(object_schema(schema)).to_string(),
            other => other.to_string(),
        })
    }
}
