//! The systems that come with Manifold, embedded when it is built.

use std::sync::{Arc, OnceLock};

use crate::{
    connector::Connector,
    manifest::{Category, ManifestError},
    translation::Translation,
};

/// Language and text of a translation.
type Texts = &'static [(&'static str, &'static str)];

/// Folder, manifest and translations of every system in `catalog/`; `build.rs` writes it.
static EMBEDDED: &[(&str, &str, Texts)] = include!(concat!(env!("OUT_DIR"), "/catalog.rs"));

/// A set of connectors, by id.
///
/// Each manifest is read at its first use: a function that syncs one system does not pay for the others.
#[derive(Debug)]
pub struct Catalog {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    folder: &'static str,
    text: &'static str,
    texts: Texts,
    connector: OnceLock<Result<Arc<Connector>, ManifestError>>,
}

impl Entry {
    fn connector(&self) -> Result<&Arc<Connector>, &ManifestError> {
        let read = || {
            let connector = Connector::from_toml(self.text)?;
            let id = &connector.manifest().id;
            if id != self.folder {
                let problem = format!("the folder is called `{}`: both must be the same", self.folder);
                return Err(ManifestError::new(id, "id", problem));
            }
            Ok(Arc::new(connector))
        };
        self.connector.get_or_init(read).as_ref()
    }

    /// The form in a language; `None` where nobody has translated it.
    fn translation(&self, language: &str) -> Option<Result<Translation, ManifestError>> {
        let (_, text) = self.texts.iter().find(|(of, _)| *of == language)?;
        let connector = self.connector().ok()?;
        Some(Translation::from_toml(text, language, connector))
    }
}

impl Catalog {
    /// What is embedded.
    #[must_use]
    pub fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Catalog> = OnceLock::new();
        BUILTIN.get_or_init(|| {
            let entry = |(folder, text, texts): &(&'static str, &'static str, Texts)| Entry {
                folder,
                text,
                texts,
                connector: OnceLock::new(),
            };
            Self {
                entries: EMBEDDED.iter().map(entry).collect(),
            }
        })
    }

    /// One system; `None` when there is none with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<Arc<Connector>> {
        let at = self
            .entries
            .binary_search_by_key(&id, |entry| entry.folder)
            .ok()?;
        self.entries[at].connector().ok().cloned()
    }

    /// A system's connect form in another language than English; `None` where there is none.
    #[must_use]
    pub fn translation(&self, id: &str, language: &str) -> Option<Translation> {
        let at = self
            .entries
            .binary_search_by_key(&id, |entry| entry.folder)
            .ok()?;
        self.entries[at].translation(language)?.ok()
    }

    /// Every system, by id.
    pub fn all(&self) -> impl Iterator<Item = Arc<Connector>> {
        self.entries
            .iter()
            .filter_map(|entry| entry.connector().ok().cloned())
    }

    /// Manifests and translations that cannot be used, and are therefore not offered. The conformance suite holds it empty.
    #[must_use]
    pub fn problems(&self) -> Vec<ManifestError> {
        let broken = |entry: &Entry| match entry.connector() {
            Err(error) => vec![error.clone()],
            Ok(connector) => {
                let languages = entry.texts.iter();
                let texts = languages.filter_map(|(language, _)| entry.translation(language)?.err());
                connector.compile().err().into_iter().chain(texts).collect()
            }
        };
        self.entries.iter().flat_map(broken).collect()
    }

    /// The systems in which every word of `words` occurs, of one category if one is given: those whose
    /// name begins with the words first, then by name.
    #[must_use]
    pub fn search(&self, words: &str, category: Option<Category>) -> Vec<Arc<Connector>> {
        let words = words.trim().to_lowercase();
        let mut found: Vec<(bool, String, Arc<Connector>)> = self
            .all()
            .filter(|connector| category.is_none_or(|category| connector.manifest().category == category))
            .filter(|connector| {
                let text = searchable(connector);
                words.split_whitespace().all(|word| text.contains(word))
            })
            .map(|connector| {
                let name = connector.manifest().name.to_lowercase();
                (!name.starts_with(&words), name, connector)
            })
            .collect();
        found.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        found.into_iter().map(|(_, _, connector)| connector).collect()
    }
}

fn searchable(connector: &Connector) -> String {
    let manifest = connector.manifest();
    let mut text = [
        &manifest.id,
        &manifest.name,
        &manifest.vendor,
        &manifest.description,
        &manifest.api,
    ]
    .map(String::as_str)
    .join("\n");
    for keyword in &manifest.keywords {
        text.push('\n');
        text.push_str(keyword);
    }
    text.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two systems that need no folder, so that these tests say nothing about the catalogue's content.
    fn two() -> Catalog {
        let entry = |folder, text| Entry {
            folder,
            text,
            texts: &[("de", "nonsense = 1")],
            connector: OnceLock::new(),
        };
        Catalog {
            entries: vec![
                entry("acme", crate::connector::tests::ACME),
                entry("broken", "id = \"broken\"\nnonsense = 1\n"),
                entry("misplaced", crate::connector::tests::ACME),
            ],
        }
    }

    #[test]
    fn finds_by_id_and_by_words() {
        let catalog = two();
        assert_eq!(
            catalog
                .get("acme")
                .map(|connector| connector.manifest().name.clone())
                .as_deref(),
            Some("Acme ERP")
        );
        assert!(catalog.get("nobody").is_none());
        for (words, category, found) in [
            ("", None, 1),
            ("acme", None, 1),
            ("ERP corp", None, 1),
            ("buying", Some(Category::Erp), 1),
            ("buying", Some(Category::Wms), 0),
            ("acme nothing", None, 0),
        ] {
            assert_eq!(catalog.search(words, category).len(), found, "{words}");
        }
    }

    #[test]
    fn a_broken_manifest_is_reported_and_not_offered() {
        let catalog = two();
        assert!(catalog.get("broken").is_none());
        let problems: Vec<String> = catalog.problems().iter().map(ToString::to_string).collect();
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(
            problems[0].starts_with("acme: texts/de.toml: line 1"),
            "{problems:?}"
        );
        assert!(catalog.translation("acme", "de").is_none());
        assert!(
            problems[1].starts_with("broken: line 2, column 1: "),
            "{problems:?}"
        );
        assert!(
            problems[2].contains("the folder is called `misplaced`"),
            "{problems:?}"
        );
    }

    #[test]
    fn whatever_is_embedded_has_its_id_once() {
        let catalog = Catalog::builtin();
        assert!(catalog.entries.is_sorted_by(|a, b| a.folder < b.folder));
    }
}
