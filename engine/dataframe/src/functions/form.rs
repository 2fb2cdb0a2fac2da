//! How a declared function is called with columns.

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::plan_err;
use datafusion::error::Result as PlanResult;
use gristmill_data::{ColumnType, Type};

use super::Portable;
use crate::Error;

/// What a call makes of the rows of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Chunks, one a column.
    Chunks,
    /// One partition with columns of these names.
    Partition(Vec<String>),
    /// A call for each row.
    Rows,
}

/// What an argument in a query is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Slot {
    /// A column of this type.
    Column(DataType),
    /// The same value for all rows.
    Constant(DataType),
}

impl Slot {
    pub(super) fn ty(&self) -> &DataType {
        match self {
            Self::Column(ty) | Self::Constant(ty) => ty,
        }
    }
}

/// How a function is called.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Form {
    pub(super) kind: Kind,
    /// What is given in a query, in order.
    pub(super) slots: Vec<Slot>,
    /// How many of them must be given.
    pub(super) n_min: usize,
}

impl Form {
    /// How this function is called.
    pub(super) fn of(function: &Portable) -> Result<Self, Error> {
        let types = function.params.iter().map(|param| {
            let ty: Result<Type, _> = param.ty.parse();
            ty.map_err(|error| function.refused(format!("`{}` is no type: {error}", param.ty)))
        });
        let types = types.collect::<Result<Vec<_>, _>>()?;
        let n_optional = function.params.iter().filter(|param| param.optional).count();
        let no_type =
            |ty: &Type| function.refused(format!("no column is `{ty}`: {}", function.declaration()));
        let (kind, slots) = match types.split_first() {
            Some((Type::Table(fields), rest)) if !fields.is_empty() => {
                let columns = fields.iter().map(|field| Slot::Column(field.ty.data_type()));
                let constants =
                    rest.iter().map(|ty| plain(ty).map(Slot::Constant).ok_or_else(|| no_type(ty)));
                let constants = constants.collect::<Result<Vec<_>, _>>()?;
                let names = fields.iter().map(|field| field.name.to_string()).collect();
                (Kind::Partition(names), columns.chain(constants).collect::<Vec<_>>())
            }
            _ if types.iter().any(|ty| matches!(ty, Type::NdArray { .. })) => {
                let slot = |ty: &Type| match ty {
                    Type::NdArray { .. } => array(ty).map(Slot::Column),
                    other => plain(other).map(Slot::Constant),
                };
                let slots = types.iter().map(|ty| slot(ty).ok_or_else(|| no_type(ty)));
                (Kind::Chunks, slots.collect::<Result<Vec<_>, _>>()?)
            }
            _ => {
                let slots = types.iter().map(|ty| plain(ty).map(Slot::Column).ok_or_else(|| no_type(ty)));
                (Kind::Rows, slots.collect::<Result<Vec<_>, _>>()?)
            }
        };
        let n_min = slots.len() - n_optional.min(slots.len());
        Ok(Self { kind, slots, n_min })
    }

    /// What arguments of these types are made, before they are given.
    pub(super) fn coerced(&self, function: &Portable, given: &[DataType]) -> PlanResult<Vec<DataType>> {
        if !(self.n_min..=self.slots.len()).contains(&given.len()) {
            let n = given.len();
            return plan_err!(
                "{} has other arguments than the {n} given: {}",
                function.name,
                function.declaration()
            );
        }
        let pairs = self.slots.iter().zip(given).enumerate();
        let types = pairs.map(|(at, (slot, ty))| match becomes(ty, slot.ty()) {
            true => Ok(slot.ty().clone()),
            false => plan_err!(
                "argument {} of {} is {ty}, and it takes {}: {}",
                at + 1,
                function.name,
                slot.ty(),
                function.declaration()
            ),
        });
        types.collect()
    }
}

/// The type of a column of results, of what a function returns.
pub(super) fn result_type(function: &Portable) -> Result<DataType, Error> {
    let ty: Type =
        function.returns.parse().map_err(|error| function.refused(format!("it returns no type: {error}")))?;
    let column = match &ty {
        Type::Table(fields) => match fields.as_slice() {
            [only] => Some(only.ty.data_type()),
            _ => None,
        },
        Type::NdArray { .. } => array(&ty),
        other => plain(other),
    };
    let reason = || format!("what it returns is no column: {}", function.declaration());
    column.ok_or_else(|| function.refused(reason()))
}

/// The column that a chunk is.
fn array(ty: &Type) -> Option<DataType> {
    let Type::NdArray { dtype: Some(dtype), ndim: None | Some(1) } = ty else { return None };
    let column: ColumnType = dtype.name().parse().ok()?;
    Some(column.data_type())
}

/// The column whose values are these.
pub(super) fn plain(ty: &Type) -> Option<DataType> {
    Some(match ty {
        Type::Boolean => DataType::Boolean,
        Type::Int => DataType::Int64,
        Type::UInt => DataType::UInt64,
        Type::Float => DataType::Float64,
        Type::Text => DataType::Utf8,
        Type::Bytes => DataType::Binary,
        Type::Datetime => DataType::Timestamp(TimeUnit::Nanosecond, None),
        Type::Timedelta => DataType::Duration(TimeUnit::Nanosecond),
        Type::Option(inner) => plain(inner)?,
        _ => return None,
    })
}

/// Whether a column may be taken for one of another type: nothing of a value is lost by it.
fn becomes(given: &DataType, wanted: &DataType) -> bool {
    use DataType::{
        Date32, Dictionary, Float32, Float64, Int8, Int16, Int32, Int64, Null, Timestamp, UInt8, UInt16,
        UInt32, UInt64,
    };
    let place = |ty: &DataType, order: &[DataType]| order.iter().position(|known| known == ty);
    let widens = |order: &[DataType]| match (place(given, order), place(wanted, order)) {
        (Some(given), Some(wanted)) => given <= wanted,
        _ => false,
    };
    match (given, wanted) {
        (Null, _) => true,
        (Dictionary(_, values), wanted) => becomes(values, wanted),
        (given, wanted) if given == wanted => true,
        (given, wanted) if given.is_string() && wanted.is_string() => true,
        (given, wanted) if given.is_binary() && wanted.is_binary() => true,
        (Timestamp(..) | Date32, Timestamp(..)) => true,
        // An `int` is taken where a `float` is declared.
        (given, Float64) if given.is_integer() || given.is_decimal() => true,
        _ => {
            widens(&[Int8, Int16, Int32, Int64])
                || widens(&[UInt8, UInt16, UInt32, UInt64])
                || widens(&[UInt8, Int16, Int32, Int64])
                || widens(&[UInt16, Int32, Int64])
                || widens(&[UInt32, Int64])
                || widens(&[Float32, Float64])
        }
    }
}
