//! A plugin's reduction as an aggregate function.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result as PlanResult, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Signature, Volatility};
use gristmill_collections::{Component, Library};
use gristmill_data::arrow::buffer::Buffer;
use gristmill_data::{Value, decode_value, encode_value};

use super::form::{Form, Kind, Slot, result_type};
use super::{PARTS, Portable, rows};
use crate::Error;
use crate::engine::Surroundings;

/// Rows that are given to `chunk` at a time, where there are so many.
const ROWS_MAX: usize = 1 << 16;
/// Partial results that are kept before they are combined.
const PARTS_MAX: usize = 64;

/// What the three functions of a reduction declare together: what the first takes, and what the last returns.
pub(super) fn declared(library: &Library, name: &str) -> Result<Portable, Error> {
    let function = |part: &str| {
        let full = format!("{name}.{part}");
        let found = library.functions.iter().find(|function| *function.name == full);
        found.ok_or_else(|| Error::Function {
            function: format!("{}.{name}", library.component.name()),
            reason: format!("a reduction has `{}`, and there is no `{full}`", PARTS.join("`, `")),
        })
    };
    let (first, _, last) = (function("chunk")?, function("combine")?, function("aggregate")?);
    let portable = Portable::of(library, name, first);
    Ok(Portable { returns: last.returns.to_string(), ..portable })
}

/// A reduction of a plugin.
pub(crate) struct PluginAggregate {
    portable: Arc<Portable>,
    form: Form,
    returns: DataType,
    signature: Signature,
    component: Option<Component>,
    surroundings: Option<Arc<dyn Surroundings>>,
}

impl fmt::Debug for PluginAggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.portable.declaration())
    }
}

impl PartialEq for PluginAggregate {
    fn eq(&self, other: &Self) -> bool {
        self.portable == other.portable
    }
}

impl Eq for PluginAggregate {}

impl Hash for PluginAggregate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.portable.hash(state);
    }
}

impl PluginAggregate {
    /// The reduction, if it can be called with columns.
    pub(crate) fn new(
        portable: Portable,
        component: Option<Component>,
        surroundings: Option<Arc<dyn Surroundings>>,
    ) -> Result<Self, Error> {
        let form = Form::of(&portable)?;
        let returns = result_type(&portable)?;
        let takes_one = portable.params.len() == 1 && form.kind != Kind::Rows;
        if !takes_one || form.slots.iter().any(|slot| matches!(slot, Slot::Constant(_))) {
            let reason = format!("its `chunk` takes one chunk or partition: {}", portable.declaration());
            return Err(portable.refused(reason));
        }
        let signature = Signature::user_defined(Volatility::Immutable);
        Ok(Self { portable: Arc::new(portable), form, returns, signature, component, surroundings })
    }

    pub(crate) fn component(&self) -> Option<&Component> {
        self.component.as_ref()
    }

    pub(crate) fn portable(&self) -> &Portable {
        &self.portable
    }
}

impl AggregateUDFImpl for PluginAggregate {
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

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> PlanResult<Box<dyn Accumulator>> {
        if args.is_distinct {
            return datafusion::common::not_impl_err!("DISTINCT in {}", self.portable.name);
        }
        let none = || DataFusionError::Plan(format!("{} runs in tasks alone", self.portable.name));
        Ok(Box::new(Accumulated {
            portable: self.portable.clone(),
            kind: self.form.kind.clone(),
            returns: self.returns.clone(),
            surroundings: self.surroundings.clone().ok_or_else(none)?,
            waiting: Vec::new(),
            n_waiting: 0,
            parts: Vec::new(),
        }))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> PlanResult<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(format!("{}[part]", args.name), DataType::Binary, true))])
    }
}

/// What was seen of one group so far.
struct Accumulated {
    portable: Arc<Portable>,
    kind: Kind,
    returns: DataType,
    surroundings: Arc<dyn Surroundings>,
    /// Rows that no part has yet: a call for each batch of a small group would cost more than its rows.
    waiting: Vec<Vec<ArrayRef>>,
    n_waiting: usize,
    parts: Vec<Value>,
}

impl fmt::Debug for Accumulated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} rows and {} parts", self.portable.name, self.n_waiting, self.parts.len())
    }
}

impl Accumulated {
    fn call(&self, part: &str, value: Value) -> PlanResult<Value> {
        let function = format!("{}.{part}", self.portable.export);
        self.surroundings.call(self.portable.digest, &function, &[value]).map_err(rows::failed)
    }

    /// Makes a part of the rows that wait.
    fn flush(&mut self) -> PlanResult<()> {
        let batches = std::mem::take(&mut self.waiting);
        self.n_waiting = 0;
        let Some(first) = batches.first() else { return Ok(()) };
        let column = |n: usize| {
            let pieces: Vec<&dyn Array> = batches.iter().filter_map(|batch| Some(&**batch.get(n)?)).collect();
            concat(&pieces)
        };
        let columns = (0..first.len()).map(column).collect::<Result<Vec<_>, _>>()?;
        self.take_in(&columns)
    }

    fn take_in(&mut self, columns: &[ArrayRef]) -> PlanResult<()> {
        let given = match &self.kind {
            Kind::Partition(names) => {
                rows::partition(names, columns, columns.first().map_or(0, |column| column.len()))?
            }
            _ => rows::chunk(rows::without_nulls(columns)?.first().ok_or_else(|| {
                DataFusionError::Internal("an aggregate function without an argument".to_owned())
            })?)?,
        };
        let part = self.call("chunk", given)?;
        self.parts.push(part);
        self.shorten(PARTS_MAX)
    }

    /// Combines parts where there are more than so many.
    fn shorten(&mut self, n_max: usize) -> PlanResult<()> {
        if self.parts.len() > n_max {
            let parts = std::mem::take(&mut self.parts);
            let one = self.call("combine", Value::list(parts))?;
            self.parts.push(one);
        }
        Ok(())
    }

    /// A part even of no rows, which is a result too.
    fn settle(&mut self) -> PlanResult<()> {
        self.flush()?;
        if self.parts.is_empty() {
            let form = Form::of(&self.portable)?;
            let empty = form.slots.iter().map(|slot| datafusion::arrow::array::new_empty_array(slot.ty()));
            self.take_in(&empty.collect::<Vec<_>>())?;
        }
        Ok(())
    }
}

impl Accumulator for Accumulated {
    fn update_batch(&mut self, columns: &[ArrayRef]) -> PlanResult<()> {
        let n_rows = columns.first().map_or(0, |column| column.len());
        if n_rows == 0 {
            return Ok(());
        }
        self.waiting.push(columns.to_vec());
        self.n_waiting += n_rows;
        if self.n_waiting >= ROWS_MAX { self.flush() } else { Ok(()) }
    }

    fn state(&mut self) -> PlanResult<Vec<ScalarValue>> {
        self.settle()?;
        self.shorten(1)?;
        let part = self.parts.first().cloned().unwrap_or_default();
        let mut bytes = Vec::new();
        encode_value(&part, &mut bytes).map_err(|error| DataFusionError::External(error.into()))?;
        Ok(vec![ScalarValue::Binary(Some(bytes))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> PlanResult<()> {
        let Some(states) = states.first() else { return Ok(()) };
        for state in states.as_binary::<i32>().iter().flatten() {
            let part = decode_value(Buffer::from(state));
            self.parts.push(part.map_err(|error| DataFusionError::External(error.into()))?);
            self.shorten(PARTS_MAX)?;
        }
        Ok(())
    }

    fn evaluate(&mut self) -> PlanResult<ScalarValue> {
        self.settle()?;
        let result = self.call("aggregate", Value::list(self.parts.clone()))?;
        rows::scalar(&result, &self.returns)
    }

    fn size(&self) -> usize {
        let waiting: usize =
            self.waiting.iter().flatten().map(|column| column.get_buffer_memory_size()).sum();
        let parts: u64 = self.parts.iter().map(Value::nbytes).sum();
        size_of_val(self) + waiting + usize::try_from(parts).unwrap_or(usize::MAX)
    }
}
