//! Encodes responses: the CLIP envelope, documents of the v1 API, events, and the HTML pages that the web server sends.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, ETAG, SERVER};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::Value;

use crate::world::{Rejection, SoftError, Written};

/// A response before it is encoded.
#[derive(Debug)]
pub(super) enum Reply {
    /// A CLIP v2 envelope, which has a status, `errors` and `data`.
    Clip(StatusCode, Vec<SoftError>, Vec<Value>),
    /// A document of the v1 API, which always has status 200.
    V1(Value),
    /// An HTML page that the web server in front of the bridge sends.
    Page(StatusCode),
    /// An event stream that stays open.
    Events(Body),
    /// The result that a long poll has: the id of the last frame, and the events.
    Polled(String, Vec<Value>),
}

impl Reply {
    pub(super) fn found(data: Vec<Value>) -> Self {
        Self::Clip(StatusCode::OK, Vec::new(), data)
    }

    /// Answers a write with the reference to its resource. The status is 207 if there are soft errors, else `status`.
    pub(super) fn written(status: StatusCode, written: Written) -> Self {
        let status = if written.soft_errors.is_empty() { status } else { StatusCode::MULTI_STATUS };
        Self::Clip(status, written.soft_errors, vec![written.reference])
    }

    pub(super) fn error(status: StatusCode, description: impl Into<String>) -> Self {
        Self::Clip(status, vec![SoftError::without_code(description)], Vec::new())
    }

    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Clip(status, ..) | Self::Page(status) => *status,
            Self::V1(_) | Self::Events(_) | Self::Polled(..) => StatusCode::OK,
        }
    }

    pub(super) fn into_response(self) -> Response<Body> {
        let status = self.status();
        let mut headers = HeaderMap::new();
        let (content_type, body) = match self {
            Self::Clip(_, errors, data) => {
                let errors: Value = errors.iter().map(SoftError::to_json).collect();
                // Not with `json!`, which would copy `data`, perhaps a whole home.
                let data = Value::from(data);
                ("application/json", Body::from(format!(r#"{{"errors":{errors},"data":{data}}}"#)))
            }
            Self::V1(document) => ("application/json", Body::from(document.to_string())),
            Self::Page(status) => ("text/html", Body::from(html_page(status))),
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

impl From<Rejection> for Reply {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Invalid(description) => Self::error(StatusCode::BAD_REQUEST, description),
            Rejection::NotFound => Self::error(StatusCode::NOT_FOUND, "Not Found"),
            Rejection::NotAllowed => Self::error(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed"),
            Rejection::Full(description) => Self::error(StatusCode::INSUFFICIENT_STORAGE, description),
            Rejection::Internal => Self::error(StatusCode::INTERNAL_SERVER_ERROR, "Internal Error"),
        }
    }
}

fn html_page(status: StatusCode) -> String {
    let reason = status.canonical_reason().unwrap_or("Error");
    let code = status.as_u16();
    format!(
        "<html>\n<head><title>{reason}</title></head>\n<body>\n<center><h1>{code} {reason}</h1>\n\
         <p>No lamp is lit at this address.</p></center>\n<hr><center>nginx</center>\n</body>\n</html>\n"
    )
}
