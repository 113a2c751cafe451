//! Fixtures: exchanges with a system, as files.
//!
//! A file with `model` in its request is a reading that is replayed. Any other file is a recording that
//! readings take their exchanges from (`"recording": "purchase_orders.json"`), or a document of how the
//! system behaves.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;
use serde_json::Value;

/// A reading to be replayed.
#[derive(Debug)]
pub struct Fixture {
    pub name: String,
    pub instance: Instance,
    pub request: Request,
    pub exchanges: Vec<Exchange>,
}

/// Who connects.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    #[serde(default)]
    pub method: Option<String>,
    pub settings: BTreeMap<String, String>,
    pub credentials: BTreeMap<String, String>,
}

/// What is asked of the connector.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub model: String,
    /// One record instead of a list.
    pub id: Option<String>,
    pub since: Option<jiff::Timestamp>,
    #[serde(default)]
    pub filters: BTreeMap<String, String>,
    pub page_size: Option<u32>,
    /// Names and paths of a connection's own fields.
    #[serde(default)]
    pub custom_fields: BTreeMap<String, String>,
}

/// One exchange. A request is this one when it has at least what is written here.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    pub request: Asked,
    pub response: Answered,
}

/// What is asked of the system.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    pub method: String,
    pub path: String,
    #[serde(default)]
    pub query: Vec<(String, String)>,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Fields of a JSON body: texts that it holds at least in part, other values exactly.
    #[serde(default)]
    pub body: Option<Value>,
}

/// What the system answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    pub status: u16,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// A JSON value, or the text of a body that is none.
    #[serde(default)]
    pub body: Value,
    /// The body as text, where JSON would not keep it (decimals of 20 digits, `19.10`).
    #[serde(default)]
    pub text: Option<String>,
}

/// A file as it stands.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    origin: Origin,
    note: String,
    instance: Option<Instance>,
    request: Option<Request>,
    #[serde(default)]
    exchanges: Vec<Exchange>,
    /// Another file of the folder whose exchanges are replayed in their order.
    recording: Option<String>,
    /// The query parameters by which they are matched: a recording may have asked for more fields.
    #[serde(default)]
    matched_by: Vec<String>,
}

/// Where the exchanges come from.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Origin {
    VendorFile,
    ThirdPartyServer,
    RealSystem,
    /// Made by us: verifies nothing about the vendor.
    Sandbox,
}

/// The readings of a folder.
pub fn of(folder: &Path) -> Vec<Fixture> {
    let Ok(entries) = fs::read_dir(folder.join("fixtures")) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("a folder can be listed").path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    paths.iter().filter_map(|path| reading(folder, path)).collect()
}

fn parse(path: &Path) -> File {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file: File =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(
        file.note.len() > 20,
        "{}: the note says where this comes from ({:?})",
        path.display(),
        file.origin
    );
    file
}

fn reading(folder: &Path, path: &Path) -> Option<Fixture> {
    let name = path.file_stem()?.to_str()?.to_owned();
    let file = parse(path);
    let request = file.request?;
    let instance = file
        .instance
        .unwrap_or_else(|| panic!("{}: has no instance", path.display()));
    let exchanges = match &file.recording {
        None => file.exchanges,
        Some(recording) => {
            let mut recorded = parse(&folder.join("fixtures").join(recording)).exchanges;
            for exchange in &mut recorded {
                exchange
                    .request
                    .query
                    .retain(|(key, _)| file.matched_by.contains(key));
                exchange.request.headers.clear();
            }
            recorded
        }
    };
    Some(Fixture {
        name,
        instance,
        request,
        exchanges,
    })
}
