//! What pages say, in each language: one file a language under `texts/`, English first.
//!
//! A text has a dotted name, `connect.search.title`, and may hold places, `{name}`. A test holds the files
//! against each other and against the names that the code uses.

use std::{collections::BTreeMap, sync::LazyLock};

use axum::http::{HeaderMap, header};

/// A language that pages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// English, also for everybody whose language is not here.
    English,
    /// German.
    German,
    /// Spanish.
    Spanish,
    /// French.
    French,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::English, Self::German, Self::Spanish, Self::French];

    /// As `lang` has it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::Spanish => "es",
            Self::French => "fr",
        }
    }

    /// The language of a tag such as `de-AT`.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next()?;
        Self::ALL
            .into_iter()
            .find(|language| primary.eq_ignore_ascii_case(language.code()))
    }

    /// The one that was asked for, else the first that the browser accepts, else English.
    #[must_use]
    pub fn choose(asked: Option<&str>, headers: &HeaderMap) -> Self {
        let accepted = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        asked
            .and_then(Self::of_tag)
            .or_else(|| accepted.and_then(preferred))
            .unwrap_or(Self::English)
    }
}

/// The language with the greatest weight; the earlier of two with the same.
fn preferred(accepted: &str) -> Option<Language> {
    let mut best = None;
    for one in accepted.split(',') {
        let (tag, weight) = one.split_once(';').unwrap_or((one, "q=1"));
        let weight = thousandths(weight.trim().trim_start_matches("q="));
        let Some(language) = Language::of_tag(tag).filter(|_| weight > 0) else {
            continue;
        };
        if best.is_none_or(|(_, most)| weight > most) {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language)
}

/// `0.85` as 850.
fn thousandths(text: &str) -> u32 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    whole.parse::<u32>().unwrap_or(0).min(1) * 1000 + part.parse::<u32>().unwrap_or(0)
}

/// The texts of one language.
#[derive(Debug)]
pub struct Texts {
    language: Language,
    by_name: BTreeMap<String, String>,
}

static ALL: LazyLock<[Texts; 4]> = LazyLock::new(|| {
    Language::ALL.map(|language| {
        let text = match language {
            Language::English => include_str!("texts/en.toml"),
            Language::German => include_str!("texts/de.toml"),
            Language::Spanish => include_str!("texts/es.toml"),
            Language::French => include_str!("texts/fr.toml"),
        };
        let mut by_name = BTreeMap::new();
        let table: toml::Table = text.parse().expect("a test reads every file of texts");
        flatten("", table, &mut by_name);
        Texts { language, by_name }
    })
});

fn flatten(prefix: &str, table: toml::Table, by_name: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let name = if prefix.is_empty() {
            key
        } else {
            format!("{prefix}.{key}")
        };
        match value {
            toml::Value::String(text) => {
                by_name.insert(name, text);
            }
            toml::Value::Table(inner) => flatten(&name, inner, by_name),
            _ => {}
        }
    }
}

impl Texts {
    /// The texts of a language.
    #[must_use]
    pub fn of(language: Language) -> &'static Self {
        let at = Language::ALL
            .iter()
            .position(|one| *one == language)
            .unwrap_or_default();
        &ALL[at]
    }

    /// Their language.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// A text by its name; a name that is not there shows itself, and fails the tests.
    #[must_use]
    pub fn say<'a>(&'a self, name: &'a str) -> &'a str {
        debug_assert!(self.by_name.contains_key(name), "there is no text {name}");
        self.by_name.get(name).map_or(name, String::as_str)
    }

    /// A text with its places filled.
    #[must_use]
    pub fn fill(&self, name: &str, places: &[(&str, &str)]) -> String {
        let mut text = self.say(name).to_owned();
        for (place, value) in places {
            text = text.replace(&format!("{{{place}}}"), value);
        }
        text
    }

    /// All texts below a name, by what follows it: what a script of a page says.
    pub fn below<'a>(&'a self, name: &str) -> BTreeMap<&'a str, &'a str> {
        let prefix = format!("{name}.");
        self.by_name
            .iter()
            .filter_map(|(full, text)| Some((full.strip_prefix(&prefix)?, text.as_str())))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<&str> {
        let mut found: Vec<&str> = text
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}').map(|(place, _)| place))
            .collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn every_language_says_everything() {
        let english = Texts::of(Language::English);
        for language in Language::ALL {
            let texts = Texts::of(language);
            let names: Vec<&String> = texts.by_name.keys().collect();
            assert_eq!(names, english.by_name.keys().collect::<Vec<_>>(), "{language:?}");
            for (name, text) in &texts.by_name {
                assert!(!text.trim().is_empty(), "{language:?} {name}");
                assert_eq!(
                    places(text),
                    places(&english.by_name[name]),
                    "{language:?} {name}"
                );
            }
        }
    }

    #[test]
    fn the_language_is_the_readers() {
        let of = |asked: Option<&str>, accepted: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, accepted.parse().expect("a header"));
            Language::choose(asked, &headers)
        };
        assert_eq!(of(None, "fr-CH, fr;q=0.9, en;q=0.8"), Language::French);
        assert_eq!(of(None, "en;q=0.5, de-AT;q=0.85"), Language::German);
        assert_eq!(of(None, "de;q=0, pl"), Language::English);
        assert_eq!(of(Some("es_MX"), "de"), Language::Spanish);
        assert_eq!(of(Some("xx"), "de"), Language::German);
        assert_eq!(of(None, ""), Language::English);
    }

    /// What the code says, as far as it is written out: `say("…")` in pages and their scripts.
    fn said(folder: &std::path::Path, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                said(&path, found);
                continue;
            }
            let name = path.to_string_lossy().into_owned();
            let prefix = match path.extension().and_then(|extension| extension.to_str()) {
                Some("rs") if !name.ends_with("texts.rs") => "",
                Some("js") => "connect.",
                _ => continue,
            };
            let text = std::fs::read_to_string(&path).expect("a source file");
            for part in text.split("say(\"").skip(1) {
                let key = part.split('"').next().unwrap_or_default();
                found.push((name.clone(), format!("{prefix}{key}")));
            }
        }
    }

    #[test]
    fn whatever_is_said_has_a_text() {
        let mut found = Vec::new();
        said(
            &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages"),
            &mut found,
        );
        assert!(found.len() > 50);
        let english = Texts::of(Language::English);
        for (file, name) in found {
            assert!(english.by_name.contains_key(&name), "{file} says {name}");
        }
    }

    #[test]
    fn places_are_filled() {
        let mut by_name = BTreeMap::new();
        by_name.insert("a".to_owned(), "Connect {name} to {name}".to_owned());
        let texts = Texts {
            language: Language::English,
            by_name,
        };
        assert_eq!(texts.fill("a", &[("name", "SAP")]), "Connect SAP to SAP");
    }
}
