//! A connector: a manifest that was checked, with what is compiled from it once.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
    time::Duration,
};

use serde::Serialize;

use crate::{
    client::ListPlan,
    form::{self, Field},
    manifest::{Manifest, ManifestError, validate},
    map::Plan,
    source::{Deletes, ModelTraits},
};

/// One system, ready to be connected to. Made from text, shared by `Arc`.
#[derive(Debug)]
pub struct Connector {
    manifest: Manifest,
    settings: Vec<Field>,
    credentials: BTreeMap<String, Vec<Field>>,
    compiled: BTreeMap<String, OnceLock<Result<Compiled, ManifestError>>>,
}

/// What is compiled once for a model.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    /// How its records are asked for.
    pub list: Arc<ListPlan>,
    /// How a record maps.
    pub map: Arc<Plan>,
}

/// What can be done with a model of a system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Capabilities {
    /// How it is read.
    #[serde(flatten)]
    pub reads: ModelTraits,
    /// Records can be created.
    pub create: bool,
    /// Records can be changed.
    pub update: bool,
}

impl Connector {
    /// Reads a manifest and checks everything in it but the mapping of its models, which
    /// [`Connector::compile`] does.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place and what to write instead.
    pub fn from_toml(text: &str) -> Result<Self, ManifestError> {
        let manifest: Manifest = toml::from_str(text).map_err(|error| unreadable(text, &error))?;
        validate::validate(&manifest)?;
        let error = |place: String, problem| ManifestError::new(&manifest.id, place, problem);
        let settings = form::settings_of(&manifest)
            .map_err(|(key, problem)| error(format!("settings.{key}.pattern"), problem))?;
        let mut credentials = BTreeMap::new();
        for method in &manifest.methods {
            let mut fields = Vec::new();
            for credential in &method.credentials {
                let place = || format!("methods.{}.credentials.{}.pattern", method.id, credential.key);
                fields.push(Field::of_credential(credential).map_err(|problem| error(place(), problem))?);
            }
            credentials.insert(method.id.clone(), fields);
        }
        let connector = Self {
            settings,
            credentials,
            compiled: manifest
                .models
                .keys()
                .map(|model| (model.clone(), OnceLock::new()))
                .collect(),
            manifest,
        };
        connector.check_examples()?;
        Ok(connector)
    }

    /// Compiles every model: what a manifest that comes from outside must pass besides
    /// [`Connector::from_toml`], and what otherwise happens at a model's first use.
    ///
    /// # Errors
    /// The first model that does not map.
    pub fn compile(&self) -> Result<(), ManifestError> {
        self.manifest
            .models
            .keys()
            .try_for_each(|model| match self.compiled(model) {
                Some(Err(error)) => Err(error),
                _ => Ok(()),
            })
    }

    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The settings in the order of the form, with those that every system has.
    #[must_use]
    pub fn settings(&self) -> &[Field] {
        &self.settings
    }

    /// The credentials that a method needs; none for a method that does not exist.
    #[must_use]
    pub fn credentials(&self, method: &str) -> &[Field] {
        self.credentials.get(method).map_or(&[], Vec::as_slice)
    }

    /// Keys of the settings that say which instance a connection is about: they cannot change later.
    pub fn identity(&self) -> impl Iterator<Item = &str> {
        self.settings
            .iter()
            .filter(|field| field.identifies)
            .map(|field| field.key.as_str())
    }

    /// Name and port of the host whose outage is that of every connection to it; `None` where the vendor's
    /// customers share one, or the settings do not say.
    #[must_use]
    pub fn own_host(&self, settings: &BTreeMap<String, String>) -> Option<String> {
        crate::client::own_host(&self.manifest, settings)
    }

    /// The unified models that the system has.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.manifest.models.keys().map(String::as_str)
    }

    /// What can be done with each model.
    #[must_use]
    pub fn capabilities(&self) -> Vec<Capabilities> {
        let reads = self.models().filter_map(|model| self.traits(model));
        reads
            .map(|reads| Capabilities {
                reads,
                create: false,
                update: false,
            })
            .collect()
    }

    /// How a model is read; `None` when the system does not have it.
    #[must_use]
    pub fn traits(&self, model: &str) -> Option<ModelTraits> {
        let described = self.manifest.models.get(model)?;
        let filter = &described.list.filter;
        Some(ModelTraits {
            model: model.to_owned(),
            incremental: described.list.is_incremental(),
            by_id: described.list.reads_one(),
            deletes: match described.absence {
                crate::manifest::Absence::Deleted => Deletes::Absence,
                crate::manifest::Absence::Unknown if described.deleted.is_some() => Deletes::Marked,
                crate::manifest::Absence::Unknown => Deletes::Never,
            },
            filters: described.list.filters().map(str::to_owned).collect(),
            overlap: Duration::from_secs(filter.overlap_seconds.into()),
            hold_back: Duration::from_secs(filter.hold_back_seconds.into()),
        })
    }

    /// What is compiled for a model; `None` when the system does not have it.
    pub(crate) fn compiled(&self, model: &str) -> Option<Result<Compiled, ManifestError>> {
        let cell = self.compiled.get(model)?;
        let compiled = cell.get_or_init(|| {
            let list = ListPlan::compile(&self.manifest, model)?;
            let map = Plan::compile(&self.manifest, model, &[])?;
            Ok(Compiled {
                list: Arc::new(list),
                map: Arc::new(map),
            })
        });
        Some(compiled.clone())
    }

    /// An example or default that the form would itself refuse misleads whoever fills it in.
    fn check_examples(&self) -> Result<(), ManifestError> {
        let credentials = self.credentials.iter().flat_map(|(method, fields)| {
            fields
                .iter()
                .map(move |field| (format!("methods.{method}.credentials.{}", field.key), field))
        });
        let settings = self
            .settings
            .iter()
            .map(|field| (format!("settings.{}", field.key), field));
        for (place, field) in settings.chain(credentials) {
            let declared_default = field.default.as_ref().filter(|default| !default.contains('{'));
            for (kind, value) in [("example", Some(&field.example)), ("default", declared_default)] {
                if let Some(Err(problem)) = value.map(|value| field.fit(value)) {
                    let place = format!("{place}.{kind}");
                    return Err(ManifestError::new(&self.manifest.id, place, problem));
                }
            }
        }
        Ok(())
    }
}

/// A TOML error in our own terms: where, and why. A manifest's id is looked for in the text, since it could not be read.
pub(crate) fn unreadable(text: &str, error: &toml::de::Error) -> ManifestError {
    let id = text.lines().find_map(|line| {
        let value = line.strip_prefix("id")?.trim_start().strip_prefix('=')?.trim();
        value.strip_prefix('"')?.strip_suffix('"')
    });
    let place = error.span().map_or_else(
        || "the file".to_owned(),
        |span| {
            let before = text.get(..span.start).unwrap_or(text);
            let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count());
            format!("line {}, column {}", before.matches('\n').count() + 1, column + 1)
        },
    );
    ManifestError::new(id.unwrap_or("manifest"), place, error.message())
}

#[cfg(test)]
pub(crate) mod tests;
