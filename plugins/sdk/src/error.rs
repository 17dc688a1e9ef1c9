//! Constructs the contract's errors and converts between them.

use crate::{Error, FieldError, NoMatch, ToolError, Unavailable};

impl ToolError {
    /// Reports one wrong argument. `reason` says what would be right.
    pub fn invalid(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::InvalidArguments(vec![FieldError { field: field.into(), reason: reason.into() }])
    }

    /// Reports that nothing has that name.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::NotFound(NoMatch { message: message.into(), candidates: Vec::new() })
    }

    /// Reports any other failure.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }
}

/// Converts the error of a host function into the error of the call.
impl From<Error> for ToolError {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(message) => Self::Denied(message),
            Error::Invalid(message) => Self::invalid("", message),
            Error::NotFound(message) => Self::not_found(message),
            Error::Unavailable(unavailable) => Self::Unavailable(unavailable),
            Error::Timeout(message) => Self::Timeout(message),
            Error::Rejected(message) => Self::Failed(format!("The bridge refused: {message}")),
            Error::Other(message) => Self::Other(message),
        }
    }
}

/// Returns the text of an error without its kind.
pub(crate) fn message(error: &Error) -> &str {
    match error {
        Error::Unavailable(Unavailable { message, .. })
        | Error::Denied(message)
        | Error::Invalid(message)
        | Error::NotFound(message)
        | Error::Timeout(message)
        | Error::Rejected(message)
        | Error::Other(message) => message,
    }
}
