//! Rows drawn by their content.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{ArrayRef, BooleanArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::common::{Result as PlanResult, ScalarValue, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, lit,
};
use datafusion::prelude::Expr;
use gristmill_graph::Digest;

/// The function, for whoever runs plans.
pub(crate) static SAMPLED: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| {
    Arc::new(ScalarUDF::new_from_impl(Sampled { signature: Signature::variadic_any(Volatility::Immutable) }))
});

/// Whether a row with these columns is among a share of all, drawn by a seed.
pub(crate) fn sampled(fraction: f64, seed: u64, columns: Vec<Expr>) -> Expr {
    SAMPLED.call([lit(fraction), lit(seed)].into_iter().chain(columns).collect())
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Sampled {
    signature: Signature,
}

impl ScalarUDFImpl for Sampled {
    fn name(&self) -> &str {
        "gristmill_sampled"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> PlanResult<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> PlanResult<ColumnarValue> {
        let [ColumnarValue::Scalar(fraction), ColumnarValue::Scalar(seed), columns @ ..] =
            args.args.as_slice()
        else {
            return plan_err!("a sample takes a share, a seed and columns");
        };
        let (ScalarValue::Float64(Some(fraction)), ScalarValue::UInt64(Some(seed))) = (fraction, seed) else {
            return plan_err!("a sample takes a share and a seed");
        };
        let columns = columns.iter().map(|column| column.to_array(args.number_rows));
        let columns = columns.collect::<PlanResult<Vec<ArrayRef>>>()?;
        let fields = columns.iter().map(|column| SortField::new(column.data_type().clone()));
        let rows = RowConverter::new(fields.collect())?.convert_columns(&columns)?;
        let seed = seed.to_le_bytes();
        // The top 53 bits of a hash, as a number from 0 to 1.
        let drawn = rows.iter().map(|row| {
            let hash = Digest::of(&[&seed[..], row.as_ref()].concat()).0;
            let bits = hash.first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes)) >> 11;
            Some(bits as f64 / (1_u64 << 53) as f64) < Some(*fraction)
        });
        Ok(ColumnarValue::Array(Arc::new(drawn.map(Some).collect::<BooleanArray>())))
    }
}
