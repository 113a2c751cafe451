//! From a manifest's mapping to a plan, with every name and kind checked.

mod condition;
mod expression;

use super::{
    plan::{Array, Field, Source, Spelling, Time},
    scope::Scope,
};
use crate::{
    manifest::{
        Fields,
        mapping::{DateFormat, Paths, Spelt, When},
    },
    model::{FieldSpec, Kind},
};

/// What is wrong, and where below the model: `fields.lines.quantity`.
pub type Problem = (String, String);

/// Compiles against one tree of wanted values.
pub struct Compiler {
    /// What the record as a whole is wanted for.
    pub root: Scope,
    /// The arrays that lead to where paths start now.
    trail: Vec<u16>,
    dates: DateFormat,
}

impl Compiler {
    /// Over nothing yet; `dates` is how the system spells dates unless a field says otherwise.
    pub fn new(dates: DateFormat) -> Self {
        Self {
            root: Scope::default(),
            trail: Vec::new(),
            dates,
        }
    }

    fn scope_at(&mut self, depth: usize) -> &mut Scope {
        let trail = &self.trail[..depth];
        trail
            .iter()
            .fold(&mut self.root, |scope, array| scope.array(*array))
    }

    /// Splits `../../a/b` into two levels out and its steps; `.` is the element itself.
    fn resolve<'p>(&self, path: &'p str, place: &str) -> Result<(usize, Vec<&'p str>), Problem> {
        let mut up = 0;
        let mut rest = path;
        while let Some(outer) = rest.strip_prefix("../") {
            rest = outer;
            up += 1;
        }
        if up > self.trail.len() {
            return Err((place.into(), format!("`{path}` leads out of the record")));
        }
        let steps: Vec<&str> = if rest == "." {
            Vec::new()
        } else {
            rest.split('/').collect()
        };
        if steps.iter().any(|step| step.is_empty() || *step == "..") {
            return Err((
                place.into(),
                format!("`{path}` is not a path: names separated by `/`"),
            ));
        }
        Ok((up, steps))
    }

    /// Wants the first of some paths that holds something. They must lie in the same row.
    pub fn source(&mut self, paths: &Paths, place: &str) -> Result<Source, Problem> {
        let mut slots = Vec::new();
        let mut level = None;
        for path in paths.all() {
            let (up, steps) = self.resolve(path, place)?;
            if *level.get_or_insert(up) != up {
                return Err((
                    place.into(),
                    format!("`{path}` is not beside the other paths of its list"),
                ));
            }
            let depth = self.trail.len() - up;
            slots.push(self.scope_at(depth).want(&steps));
        }
        match level {
            // A record nests at most 64 deep.
            Some(up) => Ok(Source {
                up: up as u8,
                slots: slots.into(),
                path: paths.all()[0].as_str().into(),
            }),
            None => Err((place.into(), "the list of paths is empty".into())),
        }
    }

    /// Wants one path.
    pub fn path(&mut self, path: &str, place: &str) -> Result<Source, Problem> {
        self.source(&Paths::One(path.to_owned()), place)
    }

    fn maybe(&mut self, paths: Option<&Paths>, place: &str) -> Result<Option<Source>, Problem> {
        paths.map(|paths| self.source(paths, place)).transpose()
    }

    /// Wants an array and compiles what is done with its elements.
    fn within<T>(
        &mut self,
        path: &str,
        place: &str,
        inner: impl FnOnce(&mut Self) -> Result<T, Problem>,
    ) -> Result<(Array, T), Problem> {
        let (up, steps) = self.resolve(path, place)?;
        let depth = self.trail.len() - up;
        let number = self.scope_at(depth).want_array(&steps);
        let left = self.trail.split_off(depth);
        self.trail.push(number);
        let result = inner(self);
        self.trail.truncate(depth);
        self.trail.extend(left);
        // Rows know the row around them in the source, so `../` inside counts from there.
        Ok((Array { up: up as u8, number }, result?))
    }

    /// When something happened.
    pub fn time(&mut self, when: &When, place: &str) -> Result<Time, Problem> {
        let tries = match when {
            When::Plain(path) => vec![self.spelling(
                &Spelt {
                    from: path.clone(),
                    r#as: None,
                    time: None,
                },
                place,
            )?],
            When::Spelt(spelt) => vec![self.spelling(spelt, place)?],
            When::First(spelt) => spelt
                .iter()
                .map(|spelt| self.spelling(spelt, place))
                .collect::<Result<_, _>>()?,
        };
        Ok(Time(tries))
    }

    fn spelling(&mut self, spelt: &Spelt, place: &str) -> Result<Spelling, Problem> {
        Ok(Spelling {
            from: self.path(&spelt.from, place)?,
            format: spelt.r#as.unwrap_or(self.dates),
            time: spelt
                .time
                .as_ref()
                .map(|path| self.path(path, place))
                .transpose()?,
        })
    }

    /// Fields in the order of the model, so that every system's records read the same.
    pub fn fields(
        &mut self,
        fields: &Fields,
        specs: &'static [FieldSpec],
        place: &str,
    ) -> Result<Vec<Field>, Problem> {
        for name in fields.keys() {
            let known = specs
                .iter()
                .any(|spec| spec.name() == name && spec.kind != Kind::Given);
            if !known {
                let names: Vec<_> = specs
                    .iter()
                    .filter(|s| s.kind != Kind::Given)
                    .map(FieldSpec::name)
                    .collect();
                return Err((
                    format!("{place}.{name}"),
                    format!("is not a field of the model: {}", names.join(", ")),
                ));
            }
        }
        let mut compiled = Vec::with_capacity(fields.len());
        for spec in specs {
            let Some(expr) = fields.get(spec.name()) else {
                continue;
            };
            let place = format!("{place}.{}", spec.name());
            let raw_name = format!("{}_raw", spec.name());
            let raw_label = specs
                .iter()
                .any(|other| other.name() == raw_name)
                .then(|| label(&raw_name));
            let op = self.op(expr, spec.kind, raw_label, &place)?;
            compiled.push(Field {
                name: spec.name(),
                label: label(spec.name()),
                op,
            });
        }
        Ok(compiled)
    }
}

/// `"name":`, ready to be written.
pub fn label(name: &str) -> Box<[u8]> {
    format!("\"{name}\":").into_bytes().into()
}
