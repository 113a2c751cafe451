//! Whether something holds of a record.

use bigdecimal::{BigDecimal, Zero};

use super::{Emit, Unmappable};
use crate::map::plan::Test;

impl Emit<'_, '_> {
    /// Whether a condition holds of a row.
    pub fn test(&self, row: u32, test: &Test) -> Result<bool, Unmappable> {
        Ok(match test {
            Test::Is(source, texts) => {
                let text = self.text(row, source)?;
                let text = text.as_deref().unwrap_or("");
                texts
                    .iter()
                    .any(|wanted| **wanted == *text || (**wanted == *"true" && self.is_true(text)))
            }
            Test::Present(source) => self.raw(row, source).is_some(),
            Test::Zero(source) => self.decimal(row, source)?.is_some_and(|value| value.is_zero()),
            Test::Positive(source) => self
                .decimal(row, source)?
                .is_some_and(|value| value > BigDecimal::zero()),
            Test::AtLeast(source, other) => match (self.decimal(row, source)?, self.decimal(row, other)?) {
                (Some(value), Some(other)) => value >= other,
                _ => false,
            },
            Test::All(tests) => {
                for test in tests {
                    if !self.test(row, test)? {
                        return Ok(false);
                    }
                }
                true
            }
            Test::Any(tests) => {
                for test in tests {
                    if self.test(row, test)? {
                        return Ok(true);
                    }
                }
                false
            }
            Test::Not(test) => !self.test(row, test)?,
            Test::Every(array, test) => {
                let mut any = false;
                for element in self.rows(row, array) {
                    any = true;
                    if !self.test(element, test)? {
                        return Ok(false);
                    }
                }
                any
            }
            Test::Some(array, test) => {
                for element in self.rows(row, array) {
                    if self.test(element, test)? {
                        return Ok(true);
                    }
                }
                false
            }
        })
    }
}
