//! The `fields` filter: `total,items(added_at,item.album(!images,name))`.

use serde_json::{Map, Value};

/// Keeps of `value` what the filter names; what cannot be parsed filters nothing.
pub(crate) fn filter(value: Value, fields: Option<&str>) -> Value {
    match fields.map(Parser::parse) {
        Some(Some(wanted)) => wanted.apply(value),
        _ => value,
    }
}

/// Fields wanted of an object; of an array, of each of its elements.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    keep: Vec<(String, Option<Wanted>)>,
    drop: Vec<String>,
}

impl Wanted {
    fn apply(&self, value: Value) -> Value {
        match value {
            Value::Array(list) => list.into_iter().map(|each| self.apply(each)).collect(),
            Value::Object(object) => Value::Object(self.pick(object)),
            plain => plain,
        }
    }

    fn pick(&self, mut object: Map<String, Value>) -> Map<String, Value> {
        for name in &self.drop {
            object.remove(name);
        }
        if self.keep.is_empty() {
            return object;
        }
        let mut picked = Map::new();
        for (name, inner) in &self.keep {
            let Some(value) = object.get(name).cloned() else {
                continue;
            };
            let value = match inner {
                Some(inner) => inner.apply(value),
                None => value,
            };
            match (picked.get_mut(name), value) {
                // `a.b,a.c` wants both.
                (Some(Value::Object(known)), Value::Object(more)) => known.extend(more),
                (_, value) => {
                    picked.insert(name.clone(), value);
                }
            }
        }
        picked
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn parse(text: &'a str) -> Option<Wanted> {
        let mut parser = Self { rest: text.trim() };
        let wanted = parser.list()?;
        parser.rest.is_empty().then_some(wanted)
    }

    fn list(&mut self) -> Option<Wanted> {
        let mut wanted = Wanted::default();
        loop {
            if self.eat('!') {
                let name = self.name()?;
                wanted.drop.push(name);
            } else {
                let entry = self.entry()?;
                wanted.keep.push(entry);
            }
            if !self.eat(',') {
                return Some(wanted);
            }
        }
    }

    fn entry(&mut self) -> Option<(String, Option<Wanted>)> {
        let name = self.name()?;
        if self.eat('.') {
            let (inner, deeper) = self.entry()?;
            let inner = Wanted { keep: vec![(inner, deeper)], drop: Vec::new() };
            return Some((name, Some(inner)));
        }
        if !self.eat('(') {
            return Some((name, None));
        }
        let inner = self.list()?;
        self.eat(')').then_some((name, Some(inner)))
    }

    fn name(&mut self) -> Option<String> {
        let end = self
            .rest
            .find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
            .unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!name.is_empty()).then(|| name.to_owned())
    }

    fn eat(&mut self, wanted: char) -> bool {
        let rest = self.rest.trim_start();
        match rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(fields: &str, expect: &Value) {
        let page = json!({
            "total": 2,
            "limit": 20,
            "items": [
                { "added_at": "x", "item": { "id": "1", "name": "A", "album": { "id": "9", "images": [] } } },
                { "added_at": "y", "item": null },
            ],
        });
        assert_eq!(&filter(page, Some(fields)), expect, "{fields}");
    }

    #[test]
    fn filters_pick_what_they_name() {
        check("total,limit", &json!({ "total": 2, "limit": 20 }));
        check(
            "items(added_at,item(id))",
            &json!({ "items": [
                { "added_at": "x", "item": { "id": "1" } }, { "added_at": "y", "item": null },
            ] }),
        );
        check(
            "items.item.album(!images)",
            &json!({ "items": [ { "item": { "album": { "id": "9" } } }, { "item": null } ] }),
        );
        check(
            "items(item.id, item.name),nonsense",
            &json!({ "items": [ { "item": { "id": "1", "name": "A" } }, { "item": null } ] }),
        );
    }

    #[test]
    fn nonsense_filters_nothing() {
        let value = json!({ "a": 1 });
        assert_eq!(filter(value.clone(), Some("a(")), value);
        assert_eq!(filter(value.clone(), None), value);
    }
}
