//! What the stack wrote down, row by row: only a test may scan.

use std::{collections::BTreeMap, path::Path};

use serde_json::{Value, json};

/// The database of a stack that keeps its data, opened beside it.
pub struct Tables(dynoxide::Database);

impl Tables {
    /// The database in a stack's folder.
    pub fn open(folder: &Path) -> Self {
        let file = folder.join("manifold.db");
        Self(dynoxide::Database::new(&file.to_string_lossy()).expect("the database opens"))
    }

    /// Every row of a table in DynamoDB's JSON, by its key.
    pub fn rows(&self, table: &str) -> BTreeMap<(String, String), Value> {
        let mut rows = BTreeMap::new();
        let mut request = json!({"TableName": table});
        loop {
            let asked = serde_json::from_value(request.clone()).expect("a scan");
            let page = self.0.scan(asked).expect("the table can be read");
            let page = serde_json::to_value(page).expect("serialises");
            for row in page["Items"].as_array().into_iter().flatten() {
                let key = |name: &str| row[name]["S"].as_str().expect("a key").to_owned();
                rows.insert((key("pk"), key("sk")), row.clone());
            }
            match page.get("LastEvaluatedKey").filter(|key| key.is_object()) {
                Some(last) => request["ExclusiveStartKey"] = last.clone(),
                None => return rows,
            }
        }
    }
}
