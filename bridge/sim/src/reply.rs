//! What the bridge answers: the CLIP envelope, v1 documents, and the front end's HTML pages.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, ETAG, SERVER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

/// The header that tells an application its id.
const APPLICATION: &str = "hue-application-id";

/// An answer that is ready to be sent.
#[derive(Debug)]
pub(crate) enum Reply {
    /// A CLIP v2 envelope.
    Clip(StatusCode, Vec<Complaint>, Vec<Value>),
    /// A document of the old API, always with status 200.
    V1(Value),
    /// A page of the web server in front of the application.
    Page(StatusCode),
    /// An open event stream.
    Events(Body),
    /// What a long poll brought: the id of the last frame, and the events.
    Polled(String, Vec<Value>),
    /// The id of the application that asked, in a header.
    Application(String),
}

/// One entry of `errors`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Complaint {
    description: String,
    /// What a write that was otherwise done had trouble with, and which attribute.
    trouble: Option<(Trouble, String)>,
}

/// Why an attribute that was written may not be as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The light or group cannot be reached; the command is lost.
    Unreachable,
    /// The light or group is off; the value is kept for when it is on.
    SoftOff,
    /// It is not able to.
    Unsupported,
    /// Not this value.
    Invalid,
}

impl Trouble {
    fn code(self) -> &'static str {
        match self {
            Self::Unreachable => "communication_error",
            Self::SoftOff => "attribute_may_have_no_effect",
            Self::Unsupported | Self::Invalid => "client_error",
        }
    }
}

impl Complaint {
    fn new(trouble: Trouble, attribute: &str, description: String) -> Self {
        Self { description, trouble: Some((trouble, attribute.to_owned())) }
    }

    pub(crate) fn unreachable(rtype: &str, id: &str, attribute: &str) -> Self {
        let description =
            format!("device ({rtype}) {id} has communication issues, command ({attribute}) may not have effect");
        Self::new(Trouble::Unreachable, attribute, description)
    }

    pub(crate) fn soft_off(rtype: &str, id: &str, attribute: &str) -> Self {
        let description = format!("device ({rtype}) {id} is \"soft off\", command ({attribute}) may not have effect");
        Self::new(Trouble::SoftOff, attribute, description)
    }

    pub(crate) fn unsupported(id: &str, attribute: &str) -> Self {
        let description = format!("attribute ({attribute}) is not supported by resource {id}");
        Self::new(Trouble::Unsupported, attribute, description)
    }

    pub(crate) fn invalid(id: &str, attribute: &str) -> Self {
        let description = format!("invalid attribute value ({attribute}) for resource {id}");
        Self::new(Trouble::Invalid, attribute, description)
    }

    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.trouble.as_ref().map(|(trouble, _)| *trouble)
    }

    /// The attribute it is about, as `.on.on`; empty if it is about the request.
    pub(crate) fn attribute(&self) -> &str {
        self.trouble.as_ref().map_or("", |(_, attribute)| attribute)
    }

    fn to_json(&self) -> Value {
        match &self.trouble {
            Some((trouble, _)) => json!({"description": self.description, "error_code": trouble.code()}),
            None => json!({"description": self.description}),
        }
    }
}

impl Reply {
    pub(crate) fn found(data: Vec<Value>) -> Self {
        Self::Clip(StatusCode::OK, Vec::new(), data)
    }

    /// The reference of what was written; 207 if there is something to complain about.
    pub(crate) fn written(rtype: &str, id: &str, complaints: Vec<Complaint>) -> Self {
        let status = if complaints.is_empty() { StatusCode::OK } else { StatusCode::MULTI_STATUS };
        Self::Clip(status, complaints, vec![json!({"rid": id, "rtype": rtype})])
    }

    pub(crate) fn created(rtype: &str, id: &str) -> Self {
        Self::Clip(StatusCode::CREATED, Vec::new(), vec![json!({"rid": id, "rtype": rtype})])
    }

    pub(crate) fn refused(status: StatusCode, description: impl Into<String>) -> Self {
        Self::Clip(status, vec![Complaint { description: description.into(), trouble: None }], Vec::new())
    }

    pub(crate) fn bad_request(description: impl Into<String>) -> Self {
        Self::refused(StatusCode::BAD_REQUEST, description)
    }

    pub(crate) fn not_found() -> Self {
        Self::refused(StatusCode::NOT_FOUND, "Not Found")
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Clip(status, ..) | Self::Page(status) => *status,
            Self::V1(_) | Self::Events(_) | Self::Polled(..) | Self::Application(_) => StatusCode::OK,
        }
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let status = self.status();
        let mut headers = HeaderMap::new();
        let (content_type, body) = match self {
            Self::Clip(_, complaints, data) => {
                let errors: Value = complaints.iter().map(Complaint::to_json).collect();
                // In two parts: `json!` would copy what may be a whole home.
                let data = Value::from(data);
                ("application/json", Body::from(format!(r#"{{"errors":{errors},"data":{data}}}"#)))
            }
            Self::V1(document) => ("application/json", Body::from(document.to_string())),
            Self::Page(status) => ("text/html", Body::from(page(status))),
            Self::Events(body) => ("text/event-stream", body),
            Self::Polled(id, events) => {
                headers.extend(HeaderValue::from_str(&id).ok().map(|id| (ETAG, id)));
                ("application/json", Body::from(Value::Array(events).to_string()))
            }
            Self::Application(id) => {
                headers.extend(HeaderValue::from_str(&id).ok().map(|id| (HeaderName::from_static(APPLICATION), id)));
                ("text/plain", Body::empty())
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        response.headers_mut().insert(SERVER, HeaderValue::from_static("nginx"));
        response
    }
}

fn page(status: StatusCode) -> String {
    let reason = status.canonical_reason().unwrap_or("Error");
    let code = status.as_u16();
    format!(
        "<html>\n<head><title>{reason}</title></head>\n<body>\n<center><h1>{code} {reason}</h1>\n\
         <p>No lamp is lit at this address.</p></center>\n<hr><center>nginx</center>\n</body>\n</html>\n"
    )
}
