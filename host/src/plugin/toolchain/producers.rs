//! The traces that toolchains leave in the custom sections of a component.

use wasmparser::{Dylink0Subsection, KnownCustom, Parser, Payload, ProducersSectionReader};

/// Lists the tools and libraries that a component names, its core modules included.
#[derive(Debug, Default)]
pub(super) struct Producers<'a> {
    /// The names and versions that `producers` sections give under `processed-by`.
    pub(super) tools: Vec<(&'a str, &'a str)>,
    /// The libraries that `dylink.0` sections need.
    pub(super) libraries: Vec<&'a str>,
}

impl<'a> Producers<'a> {
    /// Reads the custom sections, up to the first damaged one.
    pub(super) fn read(bytes: &'a [u8]) -> Self {
        let mut found = Self::default();
        for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
            let Payload::CustomSection(section) = payload else { continue };
            match section.as_known() {
                KnownCustom::Producers(fields) => found.tools.extend(tools(fields)),
                KnownCustom::Dylink0(parts) => {
                    found.libraries.extend(parts.into_iter().map_while(Result::ok).flat_map(libraries));
                }
                _ => {}
            }
        }
        found
    }
}

fn tools(fields: ProducersSectionReader<'_>) -> Vec<(&str, &str)> {
    let fields = fields.into_iter().map_while(Result::ok).filter(|field| field.name == "processed-by");
    let values = fields.flat_map(|field| field.values.into_iter().map_while(Result::ok));
    values.map(|value| (value.name, value.version)).collect()
}

fn libraries(part: Dylink0Subsection<'_>) -> Vec<&str> {
    if let Dylink0Subsection::Needed(libraries) = part { libraries } else { Vec::new() }
}
