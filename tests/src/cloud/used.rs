//! What was asked of AWS, as its bill counts it.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Counted requests and units.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Used {
    /// How often each operation was asked, as `service.operation`.
    pub operations: BTreeMap<String, u64>,
    /// Read units of DynamoDB.
    pub read_units: f64,
    /// Write units, and what refused writes cost.
    pub write_units: f64,
    /// Read units of each index, which are in the above.
    pub index_reads: BTreeMap<String, f64>,
    /// Write units of each index, likewise.
    pub index_writes: BTreeMap<String, f64>,
}

impl Used {
    pub(super) fn request(&mut self, service: &str, operation: &str) {
        let name = match service {
            "DynamoDB_20120810" => "dynamodb",
            "TrentService" => "kms",
            "AmazonSQS" => "sqs",
            "AmazonSSM" => "ssm",
            other => other,
        };
        *self.operations.entry(format!("{name}.{operation}")).or_default() += 1;
    }

    pub(super) fn take(&mut self, operation: &str, capacity: &Capacity) {
        let (units, indexes) = if is_write(operation) {
            (&mut self.write_units, &mut self.index_writes)
        } else {
            (&mut self.read_units, &mut self.index_reads)
        };
        *units += capacity.units;
        for (index, units) in &capacity.indexes {
            *indexes.entry(index.clone()).or_default() += units;
        }
    }

    /// How many requests a service was asked, by the name it has in `operations`.
    pub fn requests(&self, service: &str) -> u64 {
        let theirs = self.operations.iter().filter(|(name, _)| name.split('.').next() == Some(service));
        theirs.map(|(_, count)| count).sum()
    }

    /// How many services were asked anything.
    pub fn services(&self) -> usize {
        ["dynamodb", "kms", "sqs", "ssm"].iter().filter(|service| self.requests(service) > 0).count()
    }
}

fn is_write(operation: &str) -> bool {
    matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" | "TransactWriteItems")
}

/// What one request took.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Capacity {
    units: f64,
    indexes: BTreeMap<String, f64>,
}

const WANTED: &str = "\"ReturnConsumedCapacity\":\"";

/// The same request, that it be answered with what table and indexes took.
pub(super) fn with_indexes(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let asked = match text.split_once(WANTED) {
        Some((before, rest)) => {
            let rest = rest.split_once('"').map_or("", |(_, rest)| rest);
            format!("{before}{WANTED}INDEXES\"{rest}")
        }
        None => match text.strip_prefix('{').map(str::trim_start) {
            Some("}") | None => text.into_owned(),
            Some(rest) => format!("{{{WANTED}INDEXES\",{rest}"),
        },
    };
    asked.into_bytes()
}

#[derive(Deserialize)]
struct Answered {
    #[serde(rename = "ConsumedCapacity")]
    consumed: Option<OneOrMore>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(Consumed),
    More(Vec<Consumed>),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Consumed {
    capacity_units: f64,
    #[serde(default)]
    global_secondary_indexes: BTreeMap<String, Index>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Index {
    capacity_units: f64,
}

#[derive(Deserialize)]
struct Parts {
    #[serde(rename = "TransactItems")]
    items: Vec<serde::de::IgnoredAny>,
}

/// What a request took, by DynamoDB's own account. A write that its condition refused says nothing, but is
/// billed as if it had been made; that is a unit for small items, and twice that for each in a transaction.
pub(super) fn capacity(operation: &str, asked: &[u8], done: bool, answer: &[u8]) -> Capacity {
    if !done {
        return Capacity {
            units: if is_write(operation) { refused(operation, asked, answer) } else { 0.0 },
            ..Capacity::default()
        };
    }
    let consumed =
        match serde_json::from_slice::<Answered>(answer).ok().and_then(|answered| answered.consumed) {
            Some(OneOrMore::One(one)) => vec![one],
            Some(OneOrMore::More(more)) => more,
            None => Vec::new(),
        };
    let mut capacity = Capacity::default();
    for one in consumed {
        capacity.units += one.capacity_units;
        for (name, index) in one.global_secondary_indexes {
            *capacity.indexes.entry(name).or_default() += index.capacity_units;
        }
    }
    capacity
}

fn refused(operation: &str, asked: &[u8], answer: &[u8]) -> f64 {
    let answer = String::from_utf8_lossy(answer);
    if !answer.contains("ConditionalCheckFailed") {
        return 0.0;
    }
    if operation != "TransactWriteItems" {
        return 1.0;
    }
    let parts = serde_json::from_slice::<Parts>(asked).map_or(0, |parts| parts.items.len());
    2.0 * f64::from(u32::try_from(parts).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indexes(of: &[(&str, f64)]) -> BTreeMap<String, f64> {
        of.iter().map(|(name, units)| ((*name).to_owned(), *units)).collect()
    }

    #[test]
    fn every_request_asks_for_the_units_of_its_indexes() {
        let asked = |body: &str| String::from_utf8(with_indexes(body.as_bytes())).unwrap();
        let wanted = r#"{"ReturnConsumedCapacity":"INDEXES","TableName":"t"}"#;
        assert_eq!(asked(r#"{"TableName":"t"}"#), wanted);
        assert_eq!(asked(r#"{"ReturnConsumedCapacity":"TOTAL","TableName":"t"}"#), wanted);
        assert_eq!(asked("{}"), "{}");
    }

    #[test]
    fn units_are_what_dynamodb_says() {
        let one = br#"{"ConsumedCapacity":{"TableName":"t","CapacityUnits":3.0,"Table":{"CapacityUnits":1.0},
            "GlobalSecondaryIndexes":{"due":{"CapacityUnits":2.0}}}}"#;
        let taken = capacity("UpdateItem", b"{}", true, one);
        assert_eq!(taken, Capacity { units: 3.0, indexes: indexes(&[("due", 2.0)]) });
        let more = br#"{"ConsumedCapacity":[{"CapacityUnits":2.5},{"CapacityUnits":1.0}],"Responses":{}}"#;
        assert_eq!(capacity("BatchGetItem", b"{}", true, more).units.to_string(), "3.5");
        assert_eq!(capacity("DescribeTable", b"{}", true, b"{}"), Capacity::default());
        let mut used = Used::default();
        used.take("UpdateItem", &taken);
        used.take("Query", &taken);
        assert_eq!((used.write_units.to_string(), used.read_units.to_string()), ("3".into(), "3".into()));
        assert_eq!(used.index_writes, indexes(&[("due", 2.0)]));
    }

    #[test]
    fn refused_writes_are_billed_and_other_errors_are_not() {
        let refused = br#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}"#;
        assert_eq!(capacity("UpdateItem", b"{}", false, refused).units.to_string(), "1");
        let cancelled = br#"{"__type":"x#TransactionCanceledException","CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed"}]}"#
            as &[u8];
        let asked = br#"{"TransactItems":[{"Update":{}},{"ConditionCheck":{}}]}"#;
        assert_eq!(capacity("TransactWriteItems", asked, false, cancelled).units.to_string(), "4");
        let throttled = br#"{"__type":"x#ThrottlingException"}"# as &[u8];
        assert_eq!(capacity("UpdateItem", b"{}", false, throttled).units.to_string(), "0");
    }

    #[test]
    fn requests_are_counted_by_service() {
        let mut used = Used::default();
        for operation in ["Query", "Query", "UpdateItem"] {
            used.request("DynamoDB_20120810", operation);
        }
        used.request("TrentService", "Decrypt");
        assert_eq!((used.requests("dynamodb"), used.requests("kms"), used.services()), (3, 1, 2));
        assert_eq!(used.operations["dynamodb.Query"], 2);
    }
}
