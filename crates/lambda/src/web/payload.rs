//! Requests and answers as function URLs and HTTP APIs have them, version 2.0 of the payload.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Context;
use axum::body::{Body, to_bytes};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, Request, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use url::Url;

/// Lambda answers with no more than six megabytes, which base64 fills with four and a half.
const LARGEST: usize = 4_500_000;

/// A request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asked {
    raw_path: String,
    #[serde(default)]
    raw_query_string: String,
    #[serde(default)]
    cookies: Vec<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    request_context: RequestContext,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    domain_name: String,
    http: Http,
}

#[derive(Debug, Deserialize)]
struct Http {
    method: String,
}

impl Asked {
    /// The address under which this function is reached, as AWS says and not as the request does.
    pub(super) fn address(&self) -> anyhow::Result<Url> {
        let domain = &self.request_context.domain_name;
        let address = Url::parse(&format!("https://{domain}")).ok().filter(|address| {
            let is_bare = address.path() == "/" && address.query().is_none() && address.fragment().is_none();
            is_bare && address.username().is_empty() && address.has_host()
        });
        address.with_context(|| format!("the request context names no domain but {domain:?}"))
    }

    /// The request as the router takes it.
    pub(super) fn request(self) -> anyhow::Result<Request<Body>> {
        let mut target = escaped(&self.raw_path);
        if !self.raw_query_string.is_empty() {
            target = format!("{target}?{}", escaped(&self.raw_query_string));
        }
        let mut request = Request::builder().method(self.request_context.http.method.as_str()).uri(target);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if !self.cookies.is_empty() {
            request = request.header(COOKIE, self.cookies.join("; "));
        }
        let body = self.body.unwrap_or_default();
        let body = if self.is_base64_encoded {
            STANDARD.decode(body).context("the request's body is no base64")?
        } else {
            body.into_bytes()
        };
        request.body(Body::from(body)).context("the request cannot be read")
    }
}

/// An HTTP API hands paths over decoded, so what a request line cannot hold is encoded again.
fn escaped(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for byte in text.bytes() {
        let is_plain = byte.is_ascii_graphic()
            && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | b'#');
        if is_plain {
            line.push(char::from(byte));
        } else {
            let _ = write!(line, "%{byte:02X}");
        }
    }
    line
}

/// An answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    status_code: u16,
    headers: BTreeMap<String, String>,
    cookies: Vec<String>,
    body: String,
    is_base64_encoded: bool,
}

impl Answer {
    pub(super) async fn of(response: Response<Body>) -> anyhow::Result<Self> {
        let (head, body) = response.into_parts();
        let body = to_bytes(body, LARGEST).await.context("the answer is larger than Lambda takes")?;
        let (body, is_base64_encoded) = match String::from_utf8(body.into()) {
            Ok(text) => (text, false),
            Err(binary) => (STANDARD.encode(binary.as_bytes()), true),
        };
        Ok(Self {
            status_code: head.status.as_u16(),
            cookies: texts(&head.headers, SET_COOKIE.as_str()).collect(),
            headers: joined(&head.headers),
            body,
            is_base64_encoded,
        })
    }
}

/// Headers with one value each: several of one name are one list, as HTTP has it, but for cookies.
fn joined(headers: &HeaderMap) -> BTreeMap<String, String> {
    let names = headers.keys().filter(|name| **name != SET_COOKIE);
    names
        .map(|name| (name.to_string(), texts(headers, name.as_str()).collect::<Vec<_>>().join(", ")))
        .collect()
}

fn texts(headers: &HeaderMap, name: &str) -> impl Iterator<Item = String> {
    let values = headers.get_all(name).iter();
    values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use axum::http::header::{CONTENT_TYPE, HOST};
    use serde_json::{Value, json};

    use super::*;

    fn asked(change: impl FnOnce(&mut Value)) -> Asked {
        let mut event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "",
            "headers": { "host": "abc.lambda-url.eu-central-1.on.aws", "x-forwarded-host": "evil.example" },
            "requestContext": {
                "accountId": "anonymous", "domainName": "abc.lambda-url.eu-central-1.on.aws", "stage": "$default",
                "http": { "method": "GET", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1" },
            },
            "isBase64Encoded": false,
        });
        change(&mut event);
        serde_json::from_value(event).unwrap()
    }

    async fn body(request: Request<Body>) -> Vec<u8> {
        to_bytes(request.into_body(), LARGEST).await.unwrap().into()
    }

    #[test]
    fn the_address_is_the_request_contexts_and_never_a_headers() {
        let address = asked(|event| event["headers"]["host"] = "evil.example".into()).address().unwrap();
        assert_eq!(address.as_str(), "https://abc.lambda-url.eu-central-1.on.aws/");
        for domain in ["", "a/b", "a@b", "a?b", "a#b", "a b"] {
            let strange = asked(|event| event["requestContext"]["domainName"] = domain.into());
            assert!(strange.address().is_err(), "{domain:?}");
        }
    }

    #[tokio::test]
    async fn a_request_keeps_its_path_query_cookies_headers_and_body() {
        let request = asked(|event| {
            event["rawPath"] = "/archive/2026-W47".into();
            event["rawQueryString"] = "a=%20b&a=c".into();
            event["cookies"] = json!(["__Host-reprise_session=x", "other=y"]);
            event["requestContext"]["http"]["method"] = "POST".into();
            event["body"] = "tracks=1".into();
        });
        let request = request.request().unwrap();
        assert_eq!(request.method(), "POST");
        assert_eq!(request.uri(), "/archive/2026-W47?a=%20b&a=c");
        assert_eq!(request.headers()[COOKIE], "__Host-reprise_session=x; other=y");
        assert_eq!(request.headers()[HOST], "abc.lambda-url.eu-central-1.on.aws");
        assert_eq!(body(request).await, b"tracks=1");
    }

    #[tokio::test]
    async fn a_binary_body_is_decoded() {
        let request = asked(|event| {
            event["body"] = "/wAB".into();
            event["isBase64Encoded"] = true.into();
        });
        assert_eq!(body(request.request().unwrap()).await, [255, 0, 1]);
        let broken = asked(|event| {
            event["body"] = "!".into();
            event["isBase64Encoded"] = true.into();
        });
        assert!(broken.request().is_err());
    }

    #[test]
    fn a_path_that_was_decoded_on_the_way_is_encoded_again() {
        for (raw, target) in
            [("/ü b", "/%C3%BC%20b"), ("/a%20b", "/a%20b"), ("/<\"#", "/%3C%22%23"), ("/", "/")]
        {
            let request = asked(|event| event["rawPath"] = raw.into()).request().unwrap();
            assert_eq!(request.uri(), target);
        }
    }

    #[tokio::test]
    async fn an_answer_has_its_cookies_apart_and_lists_joined() {
        let response = Response::builder()
            .status(303)
            .header("location", "/")
            .header("vary", "cookie")
            .header("vary", "accept")
            .header(SET_COOKIE, "a=1; Path=/")
            .header(SET_COOKIE, "b=2; Path=/")
            .body(Body::from("über"))
            .unwrap();
        let answer = serde_json::to_value(Answer::of(response).await.unwrap()).unwrap();
        let expected = json!({
            "statusCode": 303,
            "headers": { "location": "/", "vary": "cookie, accept" },
            "cookies": ["a=1; Path=/", "b=2; Path=/"],
            "body": "über",
            "isBase64Encoded": false,
        });
        assert_eq!(answer, expected);
    }

    #[tokio::test]
    async fn what_is_no_text_goes_out_as_base64_and_what_is_too_large_does_not() {
        let font = Response::builder()
            .header(CONTENT_TYPE, "font/woff2")
            .body(Body::from(vec![0xff, 0, 1]))
            .unwrap();
        let answer = Answer::of(font).await.unwrap();
        assert!(answer.is_base64_encoded);
        assert_eq!(answer.body, "/wAB");
        let vast = Response::new(Body::from(vec![b'a'; LARGEST + 1]));
        assert!(Answer::of(vast).await.is_err());
    }
}
