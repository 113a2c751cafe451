//! Sums and products that a system leaves to its reader.

use std::borrow::Cow;

use bigdecimal::BigDecimal;

use super::{Emit, Unmappable, Written};
use crate::{
    json::quoted,
    map::{
        number,
        plan::{Array, Product, Source, Test},
    },
};

impl<'d> Emit<'_, 'd> {
    pub(super) fn currency(
        &self,
        row: u32,
        source: Option<&Source>,
    ) -> Result<Option<Cow<'d, str>>, Unmappable> {
        source.map_or(Ok(None), |source| self.text(row, source))
    }

    pub(super) fn product(
        &self,
        row: u32,
        product: &Product,
        currency: Option<&str>,
    ) -> Result<Option<BigDecimal>, Unmappable> {
        let (Some(quantity), Some(price)) = (
            self.decimal(row, &product.quantity)?,
            self.decimal(row, &product.price)?,
        ) else {
            return Ok(None);
        };
        let per = product
            .per
            .as_ref()
            .map_or(Ok(None), |source| self.decimal(row, source))?;
        let priced = match &product.ratio {
            Some([over, under]) => {
                number::scaled(quantity, self.decimal(row, over)?, self.decimal(row, under)?)
            }
            None => quantity,
        };
        Ok(Some(number::line_total(&priced, &price, per.as_ref(), currency)))
    }

    pub(super) fn line_total(
        &self,
        row: u32,
        array: &Array,
        product: &Product,
        currency: Option<&Source>,
        unless: Option<&Test>,
        out: &mut Vec<u8>,
    ) -> Written {
        let code = self.currency(row, currency)?;
        let of_line = |element| self.product(element, product, code.as_deref());
        let Some(sum) = self.sum(row, array, unless, of_line)? else {
            return Ok(false);
        };
        amount(&sum, code.as_deref(), out);
        Ok(true)
    }

    /// The sum over the elements that count; `None` when none of them has a value.
    pub(super) fn sum(
        &self,
        row: u32,
        array: &Array,
        unless: Option<&Test>,
        of: impl Fn(u32) -> Result<Option<BigDecimal>, Unmappable>,
    ) -> Result<Option<BigDecimal>, Unmappable> {
        let mut sum: Option<BigDecimal> = None;
        for element in self.rows(row, array) {
            if let Some(test) = unless
                && self.test(element, test)?
            {
                continue;
            }
            if let Some(more) = of(element)? {
                sum = Some(sum.map_or_else(|| more.clone(), |sum| sum + &more));
            }
        }
        Ok(sum)
    }
}

/// Writes an amount with its currency.
pub(super) fn amount(value: &BigDecimal, currency: Option<&str>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"amount\":\"");
    out.extend_from_slice(value.to_plain_string().as_bytes());
    out.push(b'"');
    if let Some(currency) = currency {
        out.extend_from_slice(b",\"currency\":");
        quoted(currency, out);
    }
    out.push(b'}');
}
