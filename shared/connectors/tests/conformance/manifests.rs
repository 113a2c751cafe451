//! What holds of every manifest, beside what reading it checks.

use std::{fs, path::Path};

use manifold_connectors::{Connector, Translation, form::Field, map};

/// What is wrong with the translations of a folder: each says everything, and says it in its own language.
fn translation_problems(folder: &Path, connector: &Connector) -> Vec<String> {
    let Ok(files) = fs::read_dir(folder.join("texts")) else {
        return Vec::new();
    };
    let mut wrong = Vec::new();
    for file in files {
        let path = file.expect("an entry").path();
        let language = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        let text = fs::read_to_string(&path).expect("a translation can be read");
        let translation = match Translation::from_toml(&text, language, connector) {
            Ok(translation) => translation,
            Err(error) => {
                wrong.push(error.to_string());
                continue;
            }
        };
        let manifest = connector.manifest();
        let said = translation.guidance(&manifest.guidance);
        for (step, words) in manifest.guidance.iter().zip(&said) {
            if step.text == words.text {
                wrong.push(format!(
                    "texts/{language}.toml: `{}` is still English",
                    step.title
                ));
            }
        }
    }
    wrong
}

/// What is wrong with the manifest of a folder.
pub fn problems(folder: &Path) -> Vec<String> {
    let name = folder
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
        .to_owned();
    let text = fs::read_to_string(folder.join("connector.toml")).expect("a manifest can be read");
    let connector = match Connector::from_toml(&text) {
        Ok(connector) => connector,
        Err(error) => return vec![error.to_string()],
    };
    let mut wrong = Vec::new();
    if let Err(error) = connector.compile() {
        wrong.push(error.to_string());
    }
    let manifest = connector.manifest();
    if manifest.id != name {
        wrong.push(format!("the folder is not called `{}`", manifest.id));
    }
    for (what, text, least) in [
        ("description", &manifest.description, 20),
        ("verified.note", &manifest.verified.note, 60),
        ("name", &manifest.name, 2),
        ("vendor", &manifest.vendor, 2),
        ("api", &manifest.api, 4),
    ] {
        if text.trim().len() < least {
            wrong.push(format!("{what}: `{text}` says too little"));
        }
    }
    if connector.identity().next().is_none() {
        wrong.push("no setting identifies the instance".into());
    }
    for field in connector.settings() {
        wrong.extend(field_problems(field));
    }
    for method in &manifest.methods {
        let steps = manifest
            .guidance
            .iter()
            .filter(|step| step.methods.is_empty() || step.methods.contains(&method.id));
        if steps.count() < 2 {
            wrong.push(format!(
                "method `{}`: fewer than two steps of guidance",
                method.id
            ));
        }
        if method.description.len() < 20 {
            wrong.push(format!(
                "method `{}`: the description does not say when to choose it",
                method.id
            ));
        }
        for field in connector.credentials(&method.id) {
            wrong.extend(field_problems(field));
        }
    }
    for (at, step) in manifest.guidance.iter().enumerate() {
        if step.title.len() < 5 || step.text.len() < 40 {
            wrong.push(format!(
                "guidance {at}: `{}` does not name the screens",
                step.title
            ));
        }
    }
    wrong.extend(translation_problems(folder, &connector));
    for model in connector.models() {
        wrong.extend(model_problems(&connector, model));
    }
    wrong
        .into_iter()
        .map(|problem| format!("{name}: {problem}"))
        .collect()
}

fn field_problems(field: &Field) -> Vec<String> {
    let mut wrong = Vec::new();
    let key = &field.key;
    if field.title.is_empty() || field.example.is_empty() {
        wrong.push(format!("field `{key}`: title and example are needed"));
    }
    if field.description.len() < 20 {
        wrong.push(format!(
            "field `{key}`: the description does not say where the value is found"
        ));
    }
    if let Some(pattern) = &field.pattern
        && !(pattern.starts_with('^') && pattern.ends_with('$'))
    {
        wrong.push(format!("field `{key}`: the pattern is not anchored"));
    }
    wrong
}

fn model_problems(connector: &Connector, model: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if connector.traits(model).is_none() {
        wrong.push(format!("{model}: has no traits"));
    }
    let view = map::view(connector.manifest(), model, &[]).unwrap_or_default();
    for wanted in ["id", "number", "name"] {
        // What people call a record: stock has no name, a document no other than its number.
        let has = view.iter().any(|row| row.field == wanted);
        let needs = match model {
            "inventory_level" => wanted == "id",
            "purchase_order" | "supplier_invoice" => wanted != "name",
            _ => true,
        };
        if needs && !has {
            wrong.push(format!("{model}: `{wanted}` is not mapped"));
        }
    }
    for row in &view {
        let from_nothing = row.sources.is_empty() && !row.conversion.starts_with("always");
        if from_nothing {
            wrong.push(format!("{model}.{}: comes from nothing", row.field));
        }
    }
    wrong
}
