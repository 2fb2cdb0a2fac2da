//! Functions of moments and dates.

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::functions::expr_fn as f;
use datafusion::logical_expr::{cast, lit};
use datafusion::prelude::Expr;
use datafusion::scalar::ScalarValue;

use super::output_name;
use crate::frame::duration;

/// `col("left_at").dt()`: what can be done to moments and dates.
#[derive(Debug, Clone)]
pub struct DateTimeExt(pub(super) Expr);

impl DateTimeExt {
    fn apply(self, function: impl FnOnce(Expr) -> Expr) -> Expr {
        let name = output_name(&self.0);
        function(self.0.unalias()).alias(name)
    }

    fn field(self, part: &str) -> Expr {
        self.apply(|time| cast(f::date_part(lit(part), time), DataType::Int64))
    }

    /// The year.
    pub fn year(self) -> Expr {
        self.field("year")
    }

    /// The quarter, from 1.
    pub fn quarter(self) -> Expr {
        self.field("quarter")
    }

    /// The month, from 1.
    pub fn month(self) -> Expr {
        self.field("month")
    }

    /// The week of the year, by ISO 8601.
    pub fn week(self) -> Expr {
        self.field("week")
    }

    /// The day of the month, from 1.
    pub fn day(self) -> Expr {
        self.field("day")
    }

    /// The day of the year, from 1.
    pub fn day_of_year(self) -> Expr {
        self.field("doy")
    }

    /// The day of the week, from 0 for Monday.
    pub fn day_of_week(self) -> Expr {
        // DataFusion counts from Sunday.
        self.apply(|time| (cast(f::date_part(lit("dow"), time), DataType::Int64) + lit(6_i64)) % lit(7_i64))
    }

    /// The hour.
    pub fn hour(self) -> Expr {
        self.field("hour")
    }

    /// The minute.
    pub fn minute(self) -> Expr {
        self.field("minute")
    }

    /// The whole second.
    pub fn second(self) -> Expr {
        self.field("second")
    }

    /// The millisecond of the second.
    pub fn millisecond(self) -> Expr {
        self.apply(|time| cast(f::date_part(lit("millisecond"), time), DataType::Int64) % lit(1_000_i64))
    }

    /// The date alone.
    pub fn date(self) -> Expr {
        self.apply(|time| cast(time, DataType::Date32))
    }

    /// Seconds since 1970-01-01 00:00 UTC.
    pub fn timestamp(self) -> Expr {
        self.apply(|time| cast(cast(time, DataType::Timestamp(TimeUnit::Second, None)), DataType::Int64))
    }

    /// The start of the span that it is in: `15min`, `1h`, `1d`, `1w` (from Monday), `1mo`, `1q`, `1y`.
    pub fn floor(self, every: &str) -> Expr {
        self.apply(|time| match duration::span(every) {
            Ok(span) => f::date_bin(
                lit(span.interval),
                time,
                lit(ScalarValue::TimestampNanosecond(Some(span.origin_ns), None)),
            ),
            Err(reason) => super::col(reason),
        })
    }

    /// As text, by the codes of `strftime`: `%Y-%m-%d %H:%M`.
    pub fn strftime(self, format: &str) -> Expr {
        self.apply(|time| f::to_char(time, lit(format)))
    }
}
