//! A connect form in another language: `catalog/<system>/texts/<language>.toml`.
//!
//! A translation says all that its manifest says to people who connect, and nothing else: each setting, each way to
//! sign in with its credentials, each step of the guidance. What is missing, or is there no more, is an error, so that
//! a form never changes its language half-way, and no text outlives what it describes.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    connector::{Connector, unreadable},
    form::Field,
    manifest::{Guidance, ManifestError, Method},
};

/// What one language says of one system.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Translation {
    /// By the settings' keys.
    #[serde(default)]
    settings: BTreeMap<String, FieldWords>,
    /// By the methods' ids.
    #[serde(default)]
    methods: BTreeMap<String, MethodWords>,
    /// In the order of the manifest's steps.
    #[serde(default)]
    guidance: Vec<StepWords>,
}

/// What a field says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldWords {
    title: String,
    description: String,
    /// Only where the manifest's own example is made of words.
    example: Option<String>,
}

/// What a way to sign in says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct MethodWords {
    title: String,
    description: String,
    /// By the credentials' keys.
    #[serde(default)]
    credentials: BTreeMap<String, FieldWords>,
}

/// What a step of the guidance says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepWords {
    /// The title of the manifest's step, so that no step is taken for another.
    of: String,
    title: String,
    text: String,
}

impl Translation {
    /// Reads a translation of a connector's form, and holds it against the form.
    ///
    /// # Errors
    /// The first thing that is wrong, with the language, the place and what to write instead.
    pub fn from_toml(text: &str, language: &str, connector: &Connector) -> Result<Self, ManifestError> {
        let id = &connector.manifest().id;
        let of_language = |place: &str| format!("texts/{language}.toml: {place}");
        let translation: Self = toml::from_str(text).map_err(|error| {
            let error = unreadable(text, &error);
            ManifestError::new(id, of_language(&error.place), error.problem)
        })?;
        translation
            .check(connector)
            .map_err(|(place, problem)| ManifestError::new(id, of_language(&place), problem))?;
        Ok(translation)
    }

    /// Fields of the settings in this language. Those that every system has stay as they are.
    #[must_use]
    pub fn settings(&self, fields: &[Field]) -> Vec<Field> {
        fields
            .iter()
            .map(|field| in_words(field, self.settings.get(&field.key)))
            .collect()
    }

    /// A way to sign in, as title and description.
    #[must_use]
    pub fn method<'a>(&'a self, method: &'a Method) -> (&'a str, &'a str) {
        match self.methods.get(&method.id) {
            Some(words) => (&words.title, &words.description),
            None => (&method.title, &method.description),
        }
    }

    /// Fields of a method's credentials in this language.
    #[must_use]
    pub fn credentials(&self, method: &str, fields: &[Field]) -> Vec<Field> {
        let words = self.methods.get(method).map(|words| &words.credentials);
        fields
            .iter()
            .map(|field| in_words(field, words.and_then(|words| words.get(&field.key))))
            .collect()
    }

    /// The steps of the guidance in this language.
    #[must_use]
    pub fn guidance(&self, steps: &[Guidance]) -> Vec<Guidance> {
        let said = steps.iter().zip(&self.guidance);
        said.map(|(step, words)| Guidance {
            title: words.title.clone(),
            text: words.text.clone(),
            methods: step.methods.clone(),
        })
        .collect()
    }

    fn check(&self, connector: &Connector) -> Result<(), Problem> {
        let manifest = connector.manifest();
        let declared: Vec<&str> = manifest
            .settings
            .iter()
            .map(|setting| setting.key.as_str())
            .collect();
        same_names("settings", &self.settings, &declared)?;
        for field in connector.settings() {
            if let Some(words) = self.settings.get(&field.key) {
                words.check(&format!("settings.{}", field.key), field)?;
            }
        }
        let methods: Vec<&str> = manifest.methods.iter().map(|method| method.id.as_str()).collect();
        same_names("methods", &self.methods, &methods)?;
        for (id, words) in &self.methods {
            let place = format!("methods.{id}");
            filled(
                &place,
                &[("title", &words.title), ("description", &words.description)],
            )?;
            let fields = connector.credentials(id);
            let keys: Vec<&str> = fields.iter().map(|field| field.key.as_str()).collect();
            let place = format!("{place}.credentials");
            same_names(&place, &words.credentials, &keys)?;
            for field in fields {
                if let Some(words) = words.credentials.get(&field.key) {
                    words.check(&format!("{place}.{}", field.key), field)?;
                }
            }
        }
        self.check_guidance(&manifest.guidance)
    }

    fn check_guidance(&self, steps: &[Guidance]) -> Result<(), Problem> {
        for (at, step) in steps.iter().enumerate() {
            let place = format!("guidance[{at}]");
            let Some(words) = self.guidance.get(at) else {
                return Err((place, format!("add the step `{}`", step.title)));
            };
            if words.of != step.title {
                let problem = format!("`of` is `{}`, but the step here is `{}`", words.of, step.title);
                return Err((place, problem));
            }
            filled(&place, &[("title", &words.title), ("text", &words.text)])?;
        }
        match self.guidance.get(steps.len()) {
            Some(more) => Err((
                format!("guidance[{}]", steps.len()),
                format!("the manifest has no step `{}` here: remove it", more.of),
            )),
            None => Ok(()),
        }
    }
}

/// Where, and what is wrong there.
type Problem = (String, String);

impl FieldWords {
    fn check(&self, place: &str, field: &Field) -> Result<(), Problem> {
        let example = self.example.as_deref().unwrap_or(&field.example);
        filled(
            place,
            &[
                ("title", &self.title),
                ("description", &self.description),
                ("example", example),
            ],
        )?;
        match field.fit(example) {
            Ok(_) => Ok(()),
            Err(problem) => Err((format!("{place}.example"), problem)),
        }
    }
}

fn in_words(field: &Field, words: Option<&FieldWords>) -> Field {
    let mut field = field.clone();
    if let Some(words) = words {
        field.title.clone_from(&words.title);
        field.description.clone_from(&words.description);
        if let Some(example) = &words.example {
            field.example.clone_from(example);
        }
    }
    field
}

/// All of the manifest's names are there, and no others.
fn same_names<T>(place: &str, said: &BTreeMap<String, T>, known: &[&str]) -> Result<(), Problem> {
    if let Some(missing) = known.iter().find(|name| !said.contains_key(**name)) {
        return Err((format!("{place}.{missing}"), "is not translated".to_owned()));
    }
    match said.keys().find(|name| !known.contains(&name.as_str())) {
        Some(other) => Err((
            format!("{place}.{other}"),
            format!("the manifest has none of this name, only {}", known.join(", ")),
        )),
        None => Ok(()),
    }
}

fn filled(place: &str, texts: &[(&str, &str)]) -> Result<(), Problem> {
    match texts.iter().find(|(_, text)| text.trim().is_empty()) {
        Some((name, _)) => Err((format!("{place}.{name}"), "is empty".to_owned())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::tests::ACME;

    const GERMAN: &str = r#"
[settings]
tenant = { title = "Mandant", description = "Der erste Teil der Adresse." }
company = { title = "Firma", description = "Ihre Nummer." }
client = { title = "Klient", description = "Drei Ziffern.", example = "200" }

[methods.basic]
title = "Benutzer und Kennwort"
description = "Der einfache Weg."
credentials.username = { title = "Benutzer", description = "Sein Name." }
credentials.password = { title = "Kennwort", description = "Sein Kennwort.", example = "lang und geheim" }

[methods.oauth]
title = "OAuth-Client"
description = "Der bessere Weg."
credentials.client_id = { title = "Client-ID", description = "Seine ID." }
credentials.client_secret = { title = "Geheimnis", description = "Sein Geheimnis." }

[[guidance]]
of = "Make a user"
title = "Einen Benutzer anlegen"
text = "Unter Verwaltung."
"#;

    fn acme() -> Connector {
        Connector::from_toml(ACME).expect("valid")
    }

    #[test]
    fn a_form_is_in_one_language() {
        let acme = acme();
        let german = Translation::from_toml(GERMAN, "de", &acme).expect("complete");
        let settings = german.settings(acme.settings());
        let titles: Vec<&str> = settings.iter().map(|field| field.title.as_str()).collect();
        assert_eq!(titles[..3], ["Mandant", "Firma", "Klient"]);
        assert_eq!(
            (settings[0].example.as_str(), settings[2].example.as_str()),
            ("my300000", "200")
        );
        assert_eq!(
            settings[0].pattern,
            acme.settings()[0].pattern,
            "only words change"
        );
        assert_eq!(german.method(&acme.manifest().methods[1]).0, "OAuth-Client");
        let credentials = german.credentials("basic", acme.credentials("basic"));
        assert_eq!(credentials[1].example, "lang und geheim");
        let steps = german.guidance(&acme.manifest().guidance);
        assert_eq!(
            (steps[0].title.as_str(), &steps[0].methods),
            ("Einen Benutzer anlegen", &vec!["basic".to_owned()])
        );
    }

    #[test]
    fn what_does_not_fit_the_manifest_is_named() {
        for (from, to, said) in [
            ("company = ", "firma = ", "settings.company: is not translated"),
            (
                "[settings]",
                "[settings]\nfirma = { title = \"x\", description = \"x\" }",
                "settings.firma: the manifest has none",
            ),
            ("\"Mandant\"", "\" \"", "settings.tenant.title: is empty"),
            (
                "\"200\"",
                "\"zweihundert\"",
                "settings.client.example: Client does not look right",
            ),
            (
                "[methods.oauth]",
                "[methods.open]",
                "methods.oauth: is not translated",
            ),
            (
                "credentials.client_id",
                "credentials.id",
                "methods.oauth.credentials.client_id: is not translated",
            ),
            (
                "Make a user",
                "Make a person",
                "guidance[0]: `of` is `Make a person`",
            ),
            (
                "[[guidance]]",
                "[[guidance]]\nof = \"A\"\ntitle = \"A\"\ntext = \"A\"\n[[guidance]]",
                "guidance[0]: `of` is `A`",
            ),
            (
                "[settings]",
                "nonsense = 1\n[settings]",
                "line 2, column 1: unknown field",
            ),
        ] {
            assert!(GERMAN.contains(from), "{from}");
            let text = GERMAN.replacen(from, to, 1);
            let error = Translation::from_toml(&text, "de", &acme())
                .expect_err(said)
                .to_string();
            assert!(
                error.starts_with(&format!("acme: texts/de.toml: {said}")),
                "{error}"
            );
        }
        let steps = GERMAN.split("[[guidance]]").next().expect("text");
        let error = Translation::from_toml(steps, "de", &acme()).expect_err("a step is missing");
        assert!(error.problem.contains("add the step `Make a user`"), "{error}");
        let more = format!("{GERMAN}[[guidance]]\nof = \"B\"\ntitle = \"B\"\ntext = \"B\"\n");
        let error = Translation::from_toml(&more, "de", &acme()).expect_err("a step too many");
        assert!(error.problem.contains("no step `B`"), "{error}");
    }
}
