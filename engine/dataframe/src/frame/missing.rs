//! Absent values.

use datafusion::common::ScalarValue;
use datafusion::functions::expr_fn::isnan;
use datafusion::logical_expr::{Literal, lit};
use datafusion::prelude::Expr;

use super::{DataFrame, known, plain};
use crate::col;
use crate::expr::{coalesce, if_else};

impl DataFrame {
    /// This value in the place of nulls, in every column that can hold it.
    pub fn fillna(&self, value: impl Literal) -> Self {
        let value = value.lit();
        self.try_then(|frame| {
            let fields = frame.schema().fields().clone();
            let filled =
                plain(frame.schema()).into_iter().zip(fields.iter()).map(|((name, column), field)| {
                    match can_hold(field.data_type(), &value) {
                        true => coalesce([col(name.as_str()), value.clone()]).alias(name),
                        false => column,
                    }
                });
            let filled: Vec<Expr> = filled.collect();
            Ok(frame.select(filled)?)
        })
    }

    /// Without the rows that have a null in one of these columns, or in any if none is named.
    pub fn dropna(&self, columns: &[&str]) -> Self {
        self.try_then(|frame| {
            known(frame.schema(), columns)?;
            let all = frame.schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
            let looked = all.iter().filter(|name| columns.is_empty() || columns.contains(&name.as_str()));
            let present = looked.map(|name| col(name.as_str()).is_not_null()).reduce(Expr::and);
            Ok(match present {
                Some(present) => frame.filter(present)?,
                None => frame,
            })
        })
    }

    /// With nulls in the place of NaN, in every column of floating-point numbers.
    pub fn nan_to_null(&self) -> Self {
        self.try_then(|frame| {
            let fields = frame.schema().fields().clone();
            let columns = plain(frame.schema()).into_iter().zip(fields.iter()).map(
                |((name, column), field)| match field.data_type().is_floating() {
                    true => {
                        let value = col(name.as_str());
                        if_else(isnan(value.clone()), lit(ScalarValue::Null), value).alias(name)
                    }
                    false => column,
                },
            );
            let columns: Vec<Expr> = columns.collect();
            Ok(frame.select(columns)?)
        })
    }
}

/// Whether a column of this type can hold a value without changing.
fn can_hold(ty: &datafusion::arrow::datatypes::DataType, value: &Expr) -> bool {
    let Expr::Literal(value, _) = value else { return false };
    let given = value.data_type();
    let is_text = |ty: &datafusion::arrow::datatypes::DataType| ty.is_string();
    match value {
        _ if *ty == given => true,
        ScalarValue::Boolean(_) => false,
        _ if ty.is_floating() => given.is_numeric(),
        _ if ty.is_integer() => given.is_integer(),
        _ => is_text(ty) && is_text(&given),
    }
}
