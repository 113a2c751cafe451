//! What a page of a list holds and where, compiled once for a model.

use crate::{
    json::Path,
    manifest::{List, Manifest, ManifestError, Paging, Related},
};

/// Where things stand in the answers to a model's list request.
#[derive(Debug)]
pub(crate) struct ListPlan {
    pub page: PagePlan,
    pub total: Option<Path>,
    /// Where a first look tells the total.
    pub look: Option<Path>,
    pub related: Vec<RelatedPlan>,
    pub for_each: Option<Box<ForEachPlan>>,
}

/// Where things stand in the list of parents.
#[derive(Debug)]
pub(crate) struct ForEachPlan {
    /// The parent's key.
    pub key: Path,
    pub list: ListPlan,
}

/// Where records stand in a page, and what tells how to go on.
#[derive(Debug)]
pub(crate) struct PagePlan {
    pub records: Path,
    /// The next link, or whether there is more.
    pub signal: Option<Path>,
    /// The key of a record, where the next page begins behind the last one's.
    pub key: Option<Path>,
}

/// Where things stand in the answers to a related query.
#[derive(Debug)]
pub(crate) struct RelatedPlan {
    pub page: PagePlan,
    /// The parent's key in a row.
    pub key: Path,
    /// That key in the parent.
    pub parent_key: Path,
    /// The rows' own rows.
    pub related: Vec<RelatedPlan>,
}

impl RelatedPlan {
    fn all(queries: &[Related], path: &PathOf<'_>) -> Result<Vec<Self>, ManifestError> {
        let plans = queries.iter().map(|query| {
            Ok(Self {
                page: PagePlan::of(&query.records, &query.paging, path)?,
                key: path(&query.key)?,
                parent_key: path(&query.parent_key)?,
                related: Self::all(&query.related, path)?,
            })
        });
        plans.collect()
    }
}

impl ListPlan {
    /// Compiles one model's list.
    ///
    /// # Errors
    /// A path that is none; the manifest's own check finds it first.
    pub fn compile(manifest: &Manifest, model: &str) -> Result<Self, ManifestError> {
        let place = format!("models.{model}.list");
        match manifest.models.get(model) {
            Some(model) => Self::of(&model.list, &|text| {
                Path::parse(text).ok_or_else(|| {
                    ManifestError::new(&manifest.id, &place, format!("`{text}` is not a path"))
                })
            }),
            None => Err(ManifestError::new(
                &manifest.id,
                place,
                "this system does not have the model",
            )),
        }
    }

    fn of(list: &List, path: &PathOf<'_>) -> Result<Self, ManifestError> {
        let parents = list.for_each.as_ref().map(|parents| {
            Ok(Box::new(ForEachPlan {
                key: path(&parents.key)?,
                list: Self::of(&parents.list, path)?,
            }))
        });
        Ok(Self {
            page: PagePlan::of(&list.records, &list.paging, path)?,
            total: list.total.as_deref().map(path).transpose()?,
            look: list.look.as_ref().map(|look| path(&look.total)).transpose()?,
            related: RelatedPlan::all(&list.related, path)?,
            for_each: parents.transpose()?,
        })
    }
}

/// Reads a path of the manifest.
type PathOf<'a> = dyn Fn(&str) -> Result<Path, ManifestError> + 'a;

impl PagePlan {
    fn of(records: &str, paging: &Paging, path: &PathOf<'_>) -> Result<Self, ManifestError> {
        let (signal, key) = match paging {
            Paging::NextLink { path } => (Some(path), None),
            Paging::Offset { more, next_link } => (more.as_ref().or(next_link.as_ref()), None),
            Paging::Pages { first: _ } | Paging::Whole => (None, None),
            Paging::Keyset { key, next_link } => (next_link.as_ref(), Some(key)),
        };
        Ok(Self {
            records: path(records)?,
            signal: signal.map(|text| path(text)).transpose()?,
            key: key.map(|text| path(text)).transpose()?,
        })
    }
}
