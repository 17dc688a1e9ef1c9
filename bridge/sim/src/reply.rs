//! What the bridge answers: the CLIP envelope, documents of the old API, and the front end's HTML pages.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, ETAG, SERVER};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

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
}

/// One entry of `errors`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Complaint {
    description: String,
    /// The code, if a write had trouble with an attribute and was done otherwise.
    code: Option<&'static str>,
}

impl Complaint {
    /// The light or group cannot be reached; the command is lost.
    pub(crate) fn unreachable(rtype: &str, id: &str, attribute: &str) -> Self {
        let description =
            format!("device ({rtype}) {id} has communication issues, command ({attribute}) may not have effect");
        Self { description, code: Some("communication_error") }
    }

    /// The light or group is off; the value is kept for when it is on.
    pub(crate) fn soft_off(rtype: &str, id: &str, attribute: &str) -> Self {
        let description = format!("device ({rtype}) {id} is \"soft off\", command ({attribute}) may not have effect");
        Self { description, code: Some("attribute_may_have_no_effect") }
    }

    /// It is not able to.
    pub(crate) fn unsupported(id: &str, attribute: &str) -> Self {
        let description = format!("attribute ({attribute}) is not supported by resource {id}");
        Self { description, code: Some("client_error") }
    }

    /// Not this value.
    pub(crate) fn invalid(id: &str, attribute: &str) -> Self {
        let description = format!("invalid attribute value ({attribute}) for resource {id}");
        Self { description, code: Some("client_error") }
    }

    fn to_json(&self) -> Value {
        match self.code {
            Some(code) => json!({"description": self.description, "error_code": code}),
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
        Self::Clip(status, vec![Complaint { description: description.into(), code: None }], Vec::new())
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
            Self::V1(_) | Self::Events(_) | Self::Polled(..) => StatusCode::OK,
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
