//! The SDK's requests over the HTTP client that the whole program shares: ring, compiled-in roots,
//! nothing read from the disk at start.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use reprise_core::spotify::http::client;

/// Longer than the SDK gives an attempt: its own time-outs end a request.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);

/// The shared client, made when the first request is sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Http {
    client: Arc<OnceLock<Result<reqwest::Client, String>>>,
}

impl Http {
    fn client(&self) -> Result<reqwest::Client, ConnectorError> {
        let made = self.client.get_or_init(|| client(REQUEST_TIMEOUT).map_err(|error| error.to_string()));
        made.clone().map_err(|error| ConnectorError::user(error.into()))
    }
}

impl HttpClient for Http {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Http {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.client();
        HttpConnectorFuture::new(async move { send(client?, request).await })
    }
}

async fn send(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (head, body) = request.into_parts();
    // No operation that we use streams.
    let Some(body) = body.bytes().map(<[u8]>::to_vec) else {
        return Err(ConnectorError::user("a streamed body was to be sent".into()));
    };
    let request = client.request(head.method, head.uri.to_string()).headers(head.headers).body(body);
    let response = request.send().await.map_err(failed)?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.bytes().await.map_err(failed)?;
    let mut response = HttpResponse::new(status.into(), SdkBody::from(body));
    for (name, value) in &headers {
        let value = value.to_str().map_err(|error| ConnectorError::user(error.into()))?;
        response.headers_mut().append(name.as_str().to_owned(), value.to_owned());
    }
    Ok(response)
}

/// What the SDK tries again, and what it does not.
fn failed(error: reqwest::Error) -> ConnectorError {
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if error.is_builder() {
        ConnectorError::user(error.into())
    } else {
        ConnectorError::io(error.into())
    }
}
