//! What a measured program asked of DynamoDB.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Calls and written rows since the last look.
#[derive(Debug, Default)]
pub struct Counts {
    calls: BTreeMap<String, u64>,
    written: BTreeMap<&'static str, u64>,
    /// Write units by partition key, of records only.
    record_units: BTreeMap<String, u64>,
    posts: u64,
}

impl Counts {
    /// Counts one call; gives the kind of the rows that it writes, where they are of one kind.
    pub fn count(&mut self, operation: &str, body: &[u8]) -> Option<&'static str> {
        *self.calls.entry(operation.to_owned()).or_default() += 1;
        if matches!(
            operation,
            "GetItem" | "Query" | "BatchGetItem" | "CreateTable" | "DescribeTable"
        ) {
            return None;
        }
        let call: Value = serde_json::from_slice(body).unwrap_or_default();
        if operation == "BatchExecuteStatement" {
            let statements = call["Statements"].as_array().into_iter().flatten();
            return statements.filter_map(|insert| self.row(&inserted(insert))).last();
        }
        if operation != "TransactWriteItems" {
            return self.row(&call);
        }
        for item in call["TransactItems"].as_array().into_iter().flatten() {
            for write in ["Put", "Update", "Delete"] {
                if !item[write].is_null() {
                    self.row(&item[write]);
                }
            }
        }
        None
    }

    /// Counts a webhook; how many there were, with this one.
    pub fn post(&mut self) -> u64 {
        self.posts += 1;
        self.posts
    }

    fn row(&mut self, write: &Value) -> Option<&'static str> {
        let key = if write["Item"].is_null() {
            &write["Key"]
        } else {
            &write["Item"]
        };
        let pk = key["pk"]["S"].as_str()?;
        let kind = match (pk.rsplit('#').next()?, write["TableName"].as_str()?) {
            ("journal", _) => "journal",
            ("index", _) => "index",
            ("seen", _) => "seen",
            ("quarantine", _) => "quarantine",
            (_, "records") => "record",
            (_, _) => "state",
        };
        *self.written.entry(kind).or_default() += 1;
        if kind == "record" {
            *self.record_units.entry(pk.to_owned()).or_default() += size(&write["Item"]).div_ceil(1024);
        }
        Some(kind)
    }

    /// Calls by operation, rows written by kind, write units of records in all and of the hottest key, webhooks.
    pub fn to_json(&self) -> Value {
        json!({
            "calls": self.calls,
            "written": self.written,
            "record_units": self.record_units.values().sum::<u64>(),
            "hottest_key_units": self.record_units.values().max(),
            "posts": self.posts,
        })
    }
}

/// `INSERT INTO "table" VALUE {'name':?,…}` with its parameters, as a put would say it.
fn inserted(insert: &Value) -> Value {
    let statement = insert["Statement"].as_str().unwrap_or_default();
    let table = statement.split('"').nth(1).unwrap_or_default();
    let names = statement.split('\'').skip(1).step_by(2);
    let values = insert["Parameters"].as_array().into_iter().flatten().cloned();
    let item: serde_json::Map<String, Value> = names.map(str::to_owned).zip(values).collect();
    json!({"TableName": table, "Item": item})
}

/// Bytes of an item as DynamoDB counts them: names and values; a number has half a byte for each digit.
fn size(item: &Value) -> u64 {
    let attributes = item.as_object().into_iter().flatten();
    let bytes = attributes.map(|(name, value)| {
        let text = |kind: &str| value[kind].as_str().map(str::len);
        let value = text("S").or_else(|| text("B").map(|base64| base64 / 4 * 3));
        name.len()
            + value
                .or_else(|| text("N").map(|digits| digits / 2 + 1))
                .unwrap_or(1)
    });
    bytes.sum::<usize>() as u64
}
