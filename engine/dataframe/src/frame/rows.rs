//! Some of the rows.

use datafusion::prelude::Expr;

use super::DataFrame;
use crate::col;
use crate::expr::ColumnExt;

impl DataFrame {
    /// The first `n` rows; which these are only a sort before tells.
    pub fn head(&self, n: usize) -> Self {
        self.slice(0, n)
    }

    /// `n` rows after the first `offset`; which these are only a sort before tells.
    pub fn slice(&self, offset: usize, n: usize) -> Self {
        self.then(|frame| frame.limit(offset, Some(n)))
    }

    /// The `n` rows that are largest by this; nulls are not among them.
    pub fn nlargest(&self, n: usize, by: &str) -> Self {
        self.filter(col(by).is_not_null()).sort_descending([by]).head(n)
    }

    /// The `n` rows that are smallest by this; nulls are not among them.
    pub fn nsmallest(&self, n: usize, by: &str) -> Self {
        self.filter(col(by).is_not_null()).sort([by]).head(n)
    }

    /// About this share of the rows, drawn by `seed` and what the rows hold: equal rows are all drawn, or none. The same seed
    /// gives the same rows wherever it runs.
    pub fn sample(&self, fraction: f64, seed: u64) -> Self {
        self.try_then(|frame| {
            let columns = super::plain(frame.schema()).into_iter().map(|(_, column)| column.unalias());
            let drawn = crate::functions::sampled(fraction, seed, columns.collect());
            Ok(frame.filter(drawn)?)
        })
    }

    /// With a column of the rows' numbers in an order, from 0.
    pub fn with_row_index(&self, name: &str, order: Expr) -> Self {
        use datafusion::logical_expr::{ExprFunctionExt, cast, lit};
        let number = datafusion::functions_window::expr_fn::row_number();
        let number = number.order_by(vec![order.sort(true, false)]).build();
        self.then(|frame| {
            let number = cast(number?, datafusion::arrow::datatypes::DataType::Int64) - lit(1_i64);
            frame.with_column(name, number)
        })
    }

    /// The rows in which a column has one of these values.
    pub fn isin(&self, column: &str, values: impl IntoIterator<Item = Expr>) -> Self {
        self.filter(col(column).isin(values))
    }
}
