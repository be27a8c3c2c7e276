//! Field readers for `serde` that take what they can use and ignore the rest.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::Unreadable;

/// Reads a body as JSON; bytes that are no UTF-8 only cost the characters they stand for.
pub(super) fn json(body: &[u8]) -> Result<Value, Unreadable> {
    let text = String::from_utf8_lossy(body);
    serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|_| Unreadable::NotJson)
}

/// Reads a JSON object into its shape; `None` for anything but an object.
///
/// The detour over [`Value`] also forgives fields that occur twice.
pub(super) fn shape<T: DeserializeOwned>(value: Value) -> Option<T> {
    // `serde` would take an array for a struct, field by field.
    value.is_object().then(|| serde_json::from_value(value).ok())?
}

/// Reads a body that is one JSON object.
pub(super) fn body<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unreadable> {
    shape(json(body)?).ok_or(Unreadable::Lacks("object"))
}

/// A field of type `T`; anything else counts as absent.
pub(super) fn field<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).ok())
}

/// A field that is an object of shape `T`.
pub(super) fn object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Ok(shape(Value::deserialize(deserializer)?))
}

/// A text that is not empty.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(field::<D, String>(deserializer)?.filter(|text| !text.is_empty()))
}

/// A count or a length: a number from 0 to `u32::MAX`, its fraction cut off.
pub(super) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let value = integer(&Value::deserialize(deserializer)?);
    Ok(value.and_then(|value| u32::try_from(value).ok()))
}

/// Unix milliseconds, as a number or, as cursors are, in a text.
pub(super) fn millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(integer(&value).or_else(|| value.as_str()?.trim().parse().ok()))
}

fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let float = value.as_f64()?;
        // Whatever is beyond the range is no count and no instant either.
        #[expect(clippy::cast_possible_truncation, reason = "kept well inside i64 by the filter")]
        (float.abs() < 9.0e15).then_some(float as i64)
    })
}

/// A list whose entries are looked at one by one later.
pub(super) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Value>>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Array(entries) => Some(entries),
        _ => None,
    })
}

/// The `name` of an entry of a list of artists, or of an album.
#[derive(Deserialize)]
pub(super) struct Named {
    #[serde(default, deserialize_with = "text")]
    pub(super) name: Option<String>,
}

/// A picture in one of its sizes.
#[derive(Deserialize)]
pub(super) struct Image {
    #[serde(default, deserialize_with = "text")]
    pub(super) url: Option<String>,
    #[serde(default, deserialize_with = "count")]
    pub(super) width: Option<u32>,
}

/// The address of the picture whose width is nearest to 300 pixels; of those that tell none, the
/// first.
pub(super) fn picture(images: Option<Vec<Value>>) -> Option<String> {
    let images = images.unwrap_or_default().into_iter().filter_map(shape::<Image>);
    images
        .filter_map(|image| Some((image.width, image.url?)))
        // Pages put it in an attribute: nothing that could run there. The simulator has no TLS.
        .filter(|(_, url)| url.starts_with("https://") || url.starts_with("http://"))
        .min_by_key(|(width, _)| width.map_or(u32::MAX, |width| width.abs_diff(300)))
        .map(|(_, url)| url)
}
