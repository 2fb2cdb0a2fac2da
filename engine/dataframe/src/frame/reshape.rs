//! Columns made rows.

use datafusion::functions_nested::expr_fn::make_array;
use datafusion::logical_expr::{cast, lit};
use datafusion::prelude::Expr;

use super::{DataFrame, known};
use crate::{Error, col};

impl DataFrame {
    /// A row for each of the columns `values` of each row: its name in `variable`, what it holds in `value`, and beside them
    /// the columns `ids`. They must have a type in common.
    pub fn melt(&self, ids: &[&str], values: &[&str]) -> Self {
        self.try_then(|frame| {
            known(frame.schema(), ids)?;
            known(frame.schema(), values)?;
            if values.is_empty() {
                let reason = "no columns are named whose values to put below each other".to_owned();
                return Err(Error::Argument { name: "melt", reason });
            }
            let types = values.iter().filter_map(|name| {
                let field = frame.schema().fields().iter().find(|field| field.name() == name);
                field.map(|field| field.data_type().clone())
            });
            let common = types.map(Some).reduce(|a, b| {
                datafusion::logical_expr::type_coercion::binary::type_union_coercion(&a?, &b?)
            });
            let Some(Some(ty)) = common else {
                let reason = format!("{} have no type in common", values.join(", "));
                return Err(Error::Argument { name: "melt", reason });
            };
            let names = make_array(values.iter().map(|name| lit(*name)).collect()).alias("variable");
            let cells = values.iter().map(|name| cast(col(*name), ty.clone())).collect();
            let columns: Vec<Expr> = ids.iter().map(|name| col(*name)).collect();
            let columns = columns.into_iter().chain([names, make_array(cells).alias("value")]);
            let wide = frame.select(columns.collect::<Vec<_>>())?;
            Ok(wide.unnest_columns(&["variable", "value"])?)
        })
    }

    /// A row for each item of the lists in a column. A row whose list is absent stays, one whose list is empty goes.
    pub fn explode(&self, column: &str) -> Self {
        self.try_then(|frame| {
            known(frame.schema(), &[column])?;
            Ok(frame.unnest_columns(&[column])?)
        })
    }
}
