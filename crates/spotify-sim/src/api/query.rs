//! Queries, bodies and their bounds.

use super::reply::Reply;
use serde_json::Value;
use url::form_urlencoded;

/// Decodes `%xx` of a path segment.
pub(crate) fn decode(part: &str) -> String {
    // A plus means itself in a path.
    let part = part.replace('+', "%2B");
    form_urlencoded::parse(part.as_bytes()).map(|(key, _)| key.into_owned()).next().unwrap_or_default()
}

/// The query of a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(raw: &str) -> Self {
        Self(form_urlencoded::parse(raw.as_bytes()).into_owned().collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The query with `offset` and `limit` set, for `next` and `previous`.
    pub(crate) fn page(&self, offset: usize, limit: usize) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        for (key, value) in &self.0 {
            if key != "offset" && key != "limit" {
                out.append_pair(key, value);
            }
        }
        out.append_pair("offset", &offset.to_string());
        out.append_pair("limit", &limit.to_string());
        out.finish()
    }

    /// `limit`, between 1 and `most`.
    pub(crate) fn limit(&self, default: usize, most: usize) -> Result<usize, Reply> {
        match self.get("limit").map(str::parse) {
            None => Ok(default.min(most)),
            Some(Ok(limit)) if (1..=most).contains(&limit) => Ok(limit),
            Some(_) => Err(Reply::bad_request("Invalid limit")),
        }
    }

    /// `offset`, up to `most`.
    pub(crate) fn offset(&self, most: usize) -> Result<usize, Reply> {
        match self.get("offset").map(str::parse) {
            None => Ok(0),
            Some(Ok(offset)) if offset <= most => Ok(offset),
            Some(_) => Err(Reply::bad_request("Invalid offset")),
        }
    }

    /// A list with commas; at most so many.
    pub(crate) fn list(&self, name: &str, most: usize) -> Result<Vec<&str>, Reply> {
        let list: Vec<&str> =
            self.get(name).unwrap_or_default().split(',').filter(|part| !part.is_empty()).collect();
        match list.len() {
            0 => Err(Reply::bad_request(&format!("Missing required field: {name}"))),
            n if n > most => Err(Reply::bad_request(&format!("Too many {name} requested"))),
            _ => Ok(list),
        }
    }
}

/// A JSON object as body; an empty body is an empty object.
pub(crate) fn object(body: &[u8]) -> Result<Value, Reply> {
    if body.is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    serde_json::from_slice(body)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| Reply::bad_request("Error parsing JSON."))
}
