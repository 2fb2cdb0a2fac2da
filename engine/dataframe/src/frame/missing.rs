//! Absent values.

use datafusion::arrow::datatypes::DataType;
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
                    match as_type(field.data_type(), &value) {
                        Some(value) => coalesce([col(name.as_str()), lit(value)]).alias(name),
                        None => column,
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

/// The value as one of this type, if that is the same value: a column is filled with it and stays what it is.
fn as_type(ty: &DataType, value: &Expr) -> Option<ScalarValue> {
    let Expr::Literal(value, _) = value else { return None };
    let given = value.data_type();
    let is_alike = match (ty, &given) {
        (ty, given) if ty == given => true,
        (ty, given) if ty.is_numeric() => given.is_numeric(),
        (ty, given) => ty.is_string() && given.is_string(),
    };
    let cast = value.cast_to(ty).ok().filter(|_| is_alike)?;
    (cast.cast_to(&given).ok()? == *value).then_some(cast)
}
