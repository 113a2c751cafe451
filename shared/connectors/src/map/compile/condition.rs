//! Conditions.

use super::{Compiler, Problem};
use crate::{manifest::Condition, map::plan::Test};

impl Compiler {
    pub(super) fn maybe_test(
        &mut self,
        condition: Option<&Condition>,
        place: &str,
    ) -> Result<Option<Test>, Problem> {
        condition.map(|condition| self.test(condition, place)).transpose()
    }

    /// A condition.
    pub fn test(&mut self, condition: &Condition, place: &str) -> Result<Test, Problem> {
        Ok(match condition {
            Condition::Is { field, of } => Test::Is(
                self.path(field, place)?,
                of.iter().map(|text| text.as_str().into()).collect(),
            ),
            Condition::Present(path) => Test::Present(self.path(path, place)?),
            Condition::Zero(path) => Test::Zero(self.path(path, place)?),
            Condition::Positive(path) => Test::Positive(self.path(path, place)?),
            Condition::AtLeast { field, other } => {
                Test::AtLeast(self.path(field, place)?, self.path(other, place)?)
            }
            Condition::All(all) => Test::All(self.tests(all, place)?),
            Condition::Any(any) => Test::Any(self.tests(any, place)?),
            Condition::Not(condition) => Test::Not(Box::new(self.test(condition, place)?)),
            Condition::Every { r#in, holds } => {
                let (array, test) = self.within(r#in, place, |inner| inner.test(holds, place))?;
                Test::Every(array, Box::new(test))
            }
            Condition::Some { r#in, holds } => {
                let (array, test) = self.within(r#in, place, |inner| inner.test(holds, place))?;
                Test::Some(array, Box::new(test))
            }
        })
    }

    pub(super) fn tests(&mut self, conditions: &[Condition], place: &str) -> Result<Vec<Test>, Problem> {
        conditions
            .iter()
            .map(|condition| self.test(condition, place))
            .collect()
    }
}
