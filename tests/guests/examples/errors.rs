//! Fails with every error of the contract.

use lamplighter_plugin::prelude::*;
use lamplighter_plugin::{Candidate, FieldError, Kind, NoMatch, Unavailable};

/// Selects the failure.
#[derive(Deserialize, JsonSchema)]
struct FailAs {
    /// The variant of `tool-error` to answer.
    kind: Failure,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Failure {
    InvalidArguments,
    NotFound,
    Ambiguous,
    Denied,
    Unavailable,
    Timeout,
    NeedsInput,
    Failed,
    Other,
}

fn fail_as(FailAs { kind }: FailAs) -> Result<String, ToolError> {
    Err(match kind {
        Failure::InvalidArguments => ToolError::InvalidArguments(vec![
            FieldError { field: "kind".to_owned(), reason: "It is wrong on purpose.".to_owned() },
            FieldError { field: "/kind/0".to_owned(), reason: "So is this.".to_owned() },
        ]),
        Failure::NotFound => ToolError::NotFound(no_match("No lamp is called \"lmap\".", &["Lamp"])),
        Failure::Ambiguous => ToolError::Ambiguous(no_match("\"Lamp\" fits two.", &["Lamp", "Lamp"])),
        Failure::Denied => ToolError::Denied("Not granted.".to_owned()),
        Failure::Unavailable => ToolError::Unavailable(Unavailable {
            message: "The bridge is gone.".to_owned(),
            retry_after_ms: Some(1500),
        }),
        Failure::Timeout => ToolError::Timeout("Too late.".to_owned()),
        Failure::NeedsInput => ToolError::NeedsInput(r#"{"message": "Which lamp?"}"#.to_owned()),
        Failure::Failed => ToolError::failed("It did not work."),
        Failure::Other => ToolError::Other("Something else.".to_owned()),
    })
}

fn no_match(message: &str, names: &[&str]) -> NoMatch {
    let candidate = |(place, name): (usize, &&str)| Candidate {
        kind: Kind::Light,
        id: format!("lamp-{place}"),
        name: (*name).to_owned(),
        room: Some(format!("Room {place}")),
    };
    NoMatch { message: message.to_owned(), candidates: names.iter().enumerate().map(candidate).collect() }
}

export_plugin! { tools: [Tool::new("fail_as", "Fails as it is told.", fail_as)] }
