//! Expressions over columns, in the words of pandas and Polars.
//!
//! An expression is DataFusion's [`Expr`], which has the operators: `+ - * / %`, `!`, `eq`, `gt`, `and`, `between`, `like`,
//! `in_list`, `is_null`, `alias` and others. [`ColumnExt`] adds what data frames have.

mod datetime;
mod text;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::functions::expr_fn as f;
use datafusion::functions_aggregate::expr_fn as agg;
use datafusion::functions_nested::expr_fn as nested;
use datafusion::functions_window::expr_fn as window;
use datafusion::logical_expr::expr::{NullTreatment, WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::{WindowFrame, WindowFrameBound, WindowFrameUnits, cast, try_cast, when};
use datafusion::prelude::Expr;
use datafusion::scalar::ScalarValue;
use gristmill_data::ColumnType;

pub use datafusion::logical_expr::lit;
pub use datetime::DateTimeExt;
pub use text::TextExt;

/// The column of this name, as it is: capitals and dots are part of it.
pub fn col(name: impl Into<String>) -> Expr {
    Expr::Column(datafusion::common::Column::new_unqualified(name))
}

/// How many rows there are.
pub fn len() -> Expr {
    agg::count(lit(1_i64)).alias("len")
}

/// The first of these that is not null.
pub fn coalesce(expressions: impl IntoIterator<Item = Expr>) -> Expr {
    f::coalesce(expressions.into_iter().collect())
}

/// `then` where `condition` is true, `otherwise` elsewhere.
pub fn if_else(condition: Expr, then: Expr, otherwise: Expr) -> Expr {
    let case = when(condition, then.clone()).otherwise(otherwise);
    // It fails for no branch at all only.
    case.unwrap_or(then)
}

/// The name that an expression's result has: what it is called, or else its first column.
pub(crate) fn output_name(expr: &Expr) -> String {
    let mut name = None;
    let looked = expr.apply(|expr| {
        name = match expr {
            Expr::Column(column) => Some(column.name.clone()),
            Expr::Alias(alias) => Some(alias.name.clone()),
            _ => None,
        };
        Ok(if name.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    looked.ok().and(name).unwrap_or_else(|| expr.schema_name().to_string())
}

/// The expression under that name.
pub(crate) fn called(expr: Expr) -> Expr {
    match expr {
        Expr::Column(_) | Expr::Alias(_) => expr,
        other => {
            let name = output_name(&other);
            other.alias(name)
        }
    }
}

/// Keeps the name of what a function is applied to, so that `col("x").mean()` is called `x`.
fn named(of: &Expr, result: Expr) -> Expr {
    result.alias(output_name(of))
}

/// What data frames can do to a column.
///
/// Reductions leave nulls out, and keep the column's name.
pub trait ColumnExt: Sized {
    /// The expression itself.
    fn expr(self) -> Expr;

    /// The sum.
    fn sum(self) -> Expr {
        reduced(self, agg::sum)
    }

    /// The mean.
    fn mean(self) -> Expr {
        reduced(self, agg::avg)
    }

    /// The smallest.
    fn min(self) -> Expr {
        reduced(self, agg::min)
    }

    /// The largest.
    fn max(self) -> Expr {
        reduced(self, agg::max)
    }

    /// How many are not null.
    fn count(self) -> Expr {
        reduced(self, agg::count)
    }

    /// How many different ones there are.
    fn n_unique(self) -> Expr {
        reduced(self, agg::count_distinct)
    }

    /// The same, within some percent, in little memory (HyperLogLog).
    fn approx_n_unique(self) -> Expr {
        reduced(self, agg::approx_distinct)
    }

    /// The sample standard deviation (n - 1).
    fn std(self) -> Expr {
        reduced(self, agg::stddev)
    }

    /// The sample variance (n - 1).
    fn var(self) -> Expr {
        reduced(self, agg::var_sample)
    }

    /// The median.
    fn median(self) -> Expr {
        reduced(self, agg::median)
    }

    /// The value below which a share `q` of the others is, from 0 to 1, with linear interpolation.
    fn quantile(self, q: f64) -> Expr {
        reduced(self, |expr| agg::percentile_cont(expr.sort(true, false), lit(q)))
    }

    /// The same, within some percent, in little memory (t-digest).
    fn approx_quantile(self, q: f64) -> Expr {
        reduced(self, |expr| agg::approx_percentile_cont(expr.sort(true, false), lit(q), None))
    }

    /// Whether any is true.
    fn any(self) -> Expr {
        reduced(self, agg::bool_or)
    }

    /// Whether all are true.
    fn all(self) -> Expr {
        reduced(self, agg::bool_and)
    }

    /// The first in the order of another expression.
    fn first_by(self, order: Expr) -> Expr {
        reduced(self, |expr| agg::first_value(expr, vec![order.sort(true, false)]))
    }

    /// The last in the order of another expression.
    fn last_by(self, order: Expr) -> Expr {
        reduced(self, |expr| agg::last_value(expr, vec![order.sort(true, false)]))
    }

    /// All of them, as a list.
    fn implode(self) -> Expr {
        reduced(self, agg::array_agg)
    }

    /// How large it is, without its sign.
    fn abs(self) -> Expr {
        reduced(self, f::abs)
    }

    /// Rounded to so many digits after the point; halves away from zero.
    fn round(self, digits: i32) -> Expr {
        reduced(self, |expr| f::round(vec![expr, lit(i64::from(digits))]))
    }

    /// The largest whole number that is not larger.
    fn floor(self) -> Expr {
        reduced(self, f::floor)
    }

    /// The smallest whole number that is not smaller.
    fn ceil(self) -> Expr {
        reduced(self, f::ceil)
    }

    /// The square root.
    fn sqrt(self) -> Expr {
        reduced(self, f::sqrt)
    }

    /// The natural logarithm.
    fn ln(self) -> Expr {
        reduced(self, f::ln)
    }

    /// e to this power.
    fn exp(self) -> Expr {
        reduced(self, f::exp)
    }

    /// This to a power.
    fn pow(self, exponent: Expr) -> Expr {
        reduced(self, |expr| f::power(expr, exponent))
    }

    /// Not below `low` nor above `high`.
    fn clip(self, low: Expr, high: Expr) -> Expr {
        let expr = self.expr();
        let clipped = f::least(vec![f::greatest(vec![expr.clone(), low]), high]);
        // Neither function heeds nulls.
        let null = lit(ScalarValue::Null);
        named(&expr, if_else(expr.clone().is_null(), null, clipped))
    }

    /// Whether it is one of these.
    fn isin(self, values: impl IntoIterator<Item = Expr>) -> Expr {
        self.expr().in_list(values.into_iter().collect(), false)
    }

    /// This value in the place of nulls.
    fn fill_null(self, value: Expr) -> Expr {
        reduced(self, |expr| f::coalesce(vec![expr, value]))
    }

    /// Null in the place of this value.
    fn null_if(self, value: Expr) -> Expr {
        reduced(self, |expr| f::nullif(expr, value))
    }

    /// As another type; what cannot be that fails the query.
    fn astype(self, dtype: ColumnType) -> Expr {
        reduced(self, |expr| cast(expr, dtype.data_type()))
    }

    /// As another type; what cannot be that is null.
    fn try_astype(self, dtype: ColumnType) -> Expr {
        reduced(self, |expr| try_cast(expr, dtype.data_type()))
    }

    /// As a category: each different text is held once.
    fn categorize(self) -> Expr {
        let ty = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        reduced(self, |expr| cast(expr, ty))
    }

    /// The number of each category in the order of their names, from 0; nulls have -1.
    fn codes(self) -> Expr {
        let expr = self.expr();
        let text = cast(expr.clone(), DataType::Utf8);
        // Nulls come last, so that they change no number.
        let ranked = ordered(window::dense_rank(), text.clone(), None);
        named(&expr, if_else(text.is_null(), lit(-1_i64), cast(ranked, DataType::Int64) - lit(1_i64)))
    }

    /// The items of a list: `col("words").list_len()`.
    fn list_len(self) -> Expr {
        reduced(self, nested::cardinality)
    }

    /// Within each group of rows that have the same `keys`: `col("x").sum().over([col("g")])`.
    fn over(self, keys: impl IntoIterator<Item = Expr>) -> Expr {
        self.over_ordered(keys, [])
    }

    /// The same, in the order of other expressions: each row sees the rows up to itself.
    fn over_ordered(
        self,
        keys: impl IntoIterator<Item = Expr>,
        order: impl IntoIterator<Item = Expr>,
    ) -> Expr {
        let (keys, order): (Vec<Expr>, Vec<Expr>) = (keys.into_iter().collect(), order.into_iter().collect());
        windowed(self.expr(), |window| {
            window.partition_by.clone_from(&keys);
            if !order.is_empty() {
                window.order_by = order.iter().map(|by| by.clone().sort(true, false)).collect();
                window.window_frame = WindowFrame::new(Some(false));
            }
        })
    }

    /// The reduction over this row and the `n - 1` before it, in an order: `col("x").mean().rolling(7, col("day"))`.
    /// Fewer rows at the start count as they are.
    fn rolling(self, n: u64, order: Expr) -> Expr {
        ordered(self.expr(), order, Some(n.max(1) - 1))
    }

    /// The sum of this row and all before it, in an order.
    fn cum_sum(self, order: Expr) -> Expr {
        self.sum().over_rows(order)
    }

    /// The smallest of this row and all before it, in an order.
    fn cum_min(self, order: Expr) -> Expr {
        self.min().over_rows(order)
    }

    /// The largest of this row and all before it, in an order.
    fn cum_max(self, order: Expr) -> Expr {
        self.max().over_rows(order)
    }

    /// A reduction over this row and all before it, in an order.
    fn over_rows(self, order: Expr) -> Expr {
        ordered(self.expr(), order, None)
    }

    /// The value of the row `n` before this one, in an order; after it where `n` is negative.
    fn shift(self, n: i64, order: Expr) -> Expr {
        let expr = self.expr();
        named(&expr, ordered(window::lag(expr.clone(), Some(n), None), order, None))
    }

    /// What it differs by from the row `n` before this one, in an order.
    fn diff(self, n: i64, order: Expr) -> Expr {
        let expr = self.expr();
        named(&expr, expr.clone() - expr.clone().shift(n, order))
    }

    /// The last value that is not null, of this row and those before it, in an order.
    fn ffill(self, order: Expr) -> Expr {
        let expr = self.expr();
        let mut last = window::last_value(expr.clone());
        if let Expr::WindowFunction(call) = &mut last {
            call.params.null_treatment = Some(NullTreatment::IgnoreNulls);
        }
        named(&expr, ordered(last, order, None))
    }

    /// Which place it has among all rows, from 1, smallest first; equal ones share a place.
    fn rank(self) -> Expr {
        let expr = self.expr();
        named(&expr, ordered(window::rank(), expr.clone(), None))
    }

    /// Functions of texts.
    fn str(self) -> TextExt {
        TextExt(self.expr())
    }

    /// Functions of moments and dates.
    fn dt(self) -> DateTimeExt {
        DateTimeExt(self.expr())
    }
}

impl ColumnExt for Expr {
    fn expr(self) -> Expr {
        self
    }
}

fn reduced(of: impl ColumnExt, function: impl FnOnce(Expr) -> Expr) -> Expr {
    let of = of.expr();
    let (inner, name) = (of.clone().unalias(), output_name(&of));
    function(inner).alias(name)
}

/// Reductions and window functions in an expression as functions of the rows around each row; `change` says which these are.
fn windowed(expr: Expr, change: impl Fn(&mut WindowFunctionParams)) -> Expr {
    let name = output_name(&expr);
    let made = expr.clone().transform_down(|expr| {
        let mut window = match expr {
            Expr::AggregateFunction(call) => {
                let mut window = WindowFunction::new(call.func, call.params.args);
                window.params.order_by = call.params.order_by;
                window.params.filter = call.params.filter;
                window.params.distinct = call.params.distinct;
                window.params.null_treatment = call.params.null_treatment;
                window
            }
            Expr::WindowFunction(window) => *window,
            other => return Ok(Transformed::no(other)),
        };
        change(&mut window.params);
        Ok(Transformed::new(Expr::from(window), true, TreeNodeRecursion::Jump))
    });
    made.map_or(expr, |made| made.data.unalias()).alias(name)
}

/// The same over this row and so many before it, or all, in an order.
fn ordered(expr: Expr, order: Expr, n_before: Option<u64>) -> Expr {
    windowed(expr, |window| {
        window.order_by = vec![order.clone().sort(true, false)];
        window.window_frame = WindowFrame::new_bounds(
            WindowFrameUnits::Rows,
            WindowFrameBound::Preceding(ScalarValue::UInt64(n_before)),
            WindowFrameBound::CurrentRow,
        );
    })
}
