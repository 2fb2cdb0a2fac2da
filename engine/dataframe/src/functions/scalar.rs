//! A plugin's function of columns.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result as PlanResult, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use datafusion::prelude::Expr;
use gristmill_collections::Component;
use gristmill_data::Value;

use super::form::{Form, Kind, Slot, result_type};
use super::{Portable, rows};
use crate::Error;
use crate::engine::Surroundings;

/// A function of a plugin that gives a value for each row.
pub(crate) struct PluginScalar {
    portable: Portable,
    form: Form,
    returns: DataType,
    signature: Signature,
    /// The code, where the plan is made.
    component: Option<Component>,
    /// Who calls it, where the plan runs.
    surroundings: Option<Arc<dyn Surroundings>>,
}

impl fmt::Debug for PluginScalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.portable.declaration())
    }
}

impl PartialEq for PluginScalar {
    fn eq(&self, other: &Self) -> bool {
        self.portable == other.portable
    }
}

impl Eq for PluginScalar {}

impl Hash for PluginScalar {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.portable.hash(state);
    }
}

impl PluginScalar {
    /// The function, if it can be called with columns.
    pub(crate) fn new(
        portable: Portable,
        component: Option<Component>,
        surroundings: Option<Arc<dyn Surroundings>>,
    ) -> Result<Self, Error> {
        let form = Form::of(&portable)?;
        let returns = result_type(&portable)?;
        if form.kind != Kind::Rows && !portable.keeps_rows {
            let reason = "it does not say that the result has a value for each row; declare it `elementwise` or \
                          `keeps_shape`, or as a map of blocks or partitions";
            return Err(portable.refused(reason));
        }
        let volatility = if portable.is_pure { Volatility::Immutable } else { Volatility::Volatile };
        let signature = Signature::user_defined(volatility);
        Ok(Self { portable, form, returns, signature, component, surroundings })
    }

    pub(crate) fn component(&self) -> Option<&Component> {
        self.component.as_ref()
    }

    pub(crate) fn portable(&self) -> &Portable {
        &self.portable
    }

    fn surroundings(&self) -> PlanResult<&Arc<dyn Surroundings>> {
        let none = || DataFusionError::Plan(format!("{} runs in tasks alone", self.portable.name));
        self.surroundings.as_ref().ok_or_else(none)
    }

    /// Columns and constants as they were declared.
    fn arguments(&self, args: &[ColumnarValue], n_rows: usize) -> PlanResult<(Vec<ArrayRef>, Vec<Value>)> {
        let (mut columns, mut constants) = (Vec::new(), Vec::new());
        for (slot, given) in self.form.slots.iter().zip(args) {
            match (slot, given) {
                (Slot::Column(_), given) => columns.push(given.to_array(n_rows)?),
                (Slot::Constant(_), ColumnarValue::Scalar(scalar)) => constants.push(rows::constant(scalar)?),
                (Slot::Constant(_), ColumnarValue::Array(_)) => return Err(self.no_constant().into()),
            }
        }
        Ok((columns, constants))
    }

    fn no_constant(&self) -> Error {
        self.portable
            .refused(format!("it takes a constant where a column is given: {}", self.portable.declaration()))
    }

    /// Whether what it is called with can be what it takes.
    ///
    /// # Errors
    /// When a column is given where it takes a constant.
    pub(crate) fn check_constants(&self, args: &[Expr]) -> Result<(), Error> {
        let pairs = self.form.slots.iter().zip(args);
        let mut constants = pairs.filter(|(slot, _)| matches!(slot, Slot::Constant(_)));
        match constants.all(|(_, arg)| arg.column_refs().is_empty()) {
            true => Ok(()),
            false => Err(self.no_constant()),
        }
    }

    fn call_for_rows(&self, columns: &[ArrayRef], n_rows: usize) -> PlanResult<ArrayRef> {
        let takes_null =
            |at: usize| self.portable.params.get(at).is_some_and(|param| param.ty.starts_with("option<"));
        let needed = columns.iter().enumerate().filter(|(at, _)| !takes_null(*at)).map(|(_, column)| column);
        let present = rows::present(needed);
        let mut calls = Vec::with_capacity(n_rows);
        for row in (0..n_rows).filter(|&row| present.as_ref().is_none_or(|present| present.is_valid(row))) {
            calls
                .push(columns.iter().map(|column| rows::value(column, row)).collect::<PlanResult<Vec<_>>>()?);
        }
        let results = match calls.is_empty() {
            true => Vec::new(),
            false => self
                .surroundings()?
                .call_many(self.portable.digest, &self.portable.export, &calls)
                .map_err(rows::failed)?,
        };
        if results.len() != calls.len() {
            return Err(DataFusionError::Execution(format!(
                "{} returned too few results",
                self.portable.name
            )));
        }
        let mut results = results.into_iter();
        let mut cells = Vec::with_capacity(n_rows);
        for row in 0..n_rows {
            let result = match present.as_ref().is_none_or(|present| present.is_valid(row)) {
                true => results.next().unwrap_or(Ok(Value::Null)).map_err(rows::failed)?,
                false => Value::Null,
            };
            cells.push(rows::scalar(&result, &self.returns)?);
        }
        ScalarValue::iter_to_array(cells)
    }
}

impl ScalarUDFImpl for PluginScalar {
    fn name(&self) -> &str {
        &self.portable.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> PlanResult<Vec<DataType>> {
        self.form.coerced(&self.portable, given)
    }

    fn return_type(&self, _: &[DataType]) -> PlanResult<DataType> {
        Ok(self.returns.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> PlanResult<ColumnarValue> {
        let n_rows = args.number_rows;
        let (columns, constants) = self.arguments(&args.args, n_rows)?;
        if n_rows == 0 {
            return Ok(ColumnarValue::Array(datafusion::arrow::array::new_empty_array(&self.returns)));
        }
        let (given, present) = match &self.form.kind {
            Kind::Rows => return self.call_for_rows(&columns, n_rows).map(ColumnarValue::Array),
            Kind::Partition(names) => {
                let whole = rows::partition(names, &columns, n_rows)?;
                (std::iter::once(whole).chain(constants).collect::<Vec<_>>(), None)
            }
            Kind::Chunks => {
                let (mut columns, mut constants, present) =
                    (columns.iter(), constants.into_iter(), rows::present(&columns));
                let next = |slot: &Slot| match slot {
                    Slot::Column(_) => columns.next().map(rows::chunk),
                    Slot::Constant(_) => constants.next().map(Ok),
                };
                let given = self.form.slots.iter().map_while(next).collect::<PlanResult<Vec<_>>>()?;
                (given, present)
            }
        };
        let called = self.surroundings()?.call(self.portable.digest, &self.portable.export, &given);
        let result = called.map_err(rows::failed)?;
        rows::column(&result, &self.returns, n_rows, present.as_ref()).map(ColumnarValue::Array)
    }
}
