//! Columns of tables as blocks of arrays, and back.

use gristmill_data::arrow::array::ArrayRef;
use gristmill_data::arrow::buffer::{BooleanBuffer, Buffer, NullBuffer};
use gristmill_data::{Chunk, Partition, Type, Value};

use crate::Error;
use crate::registry::{Kernel, kernel, param};

const TO_BLOCK: &str = "columns_to_block";
const TO_COLUMNS: &str = "block_to_columns";

pub(crate) fn kernels() -> Vec<Kernel> {
    let names = || param("names", Type::list_of(Type::Text));
    vec![
        Kernel {
            returns: Type::ANY_ARRAY,
            ..kernel(
                TO_BLOCK,
                "Columns of a table side by side as a block of two axes, rows and columns; nulls are absent. A single column is \
                 shared, not copied, and has one axis if `is_flat`.",
                vec![param("table", Type::Table(Vec::new())), names(), param("is_flat", Type::Boolean)],
                |_| Ok(Type::ANY_ARRAY),
                columns_to_block,
            )
        },
        Kernel {
            returns: Type::Table(Vec::new()),
            ..kernel(
                TO_COLUMNS,
                "The columns of a block of two axes, or the only one of a block of one axis, as a table; absent elements are null.",
                vec![param("block", Type::ANY_ARRAY), names()],
                |_| Ok(Type::Table(Vec::new())),
                block_to_columns,
            )
        },
    ]
}

fn names<'a>(kernel: &'static str, value: Option<&'a Value>) -> Result<Vec<&'a str>, Error> {
    let Some(Value::List(items)) = value else {
        return Err(Error::Invalid { kernel, reason: "the names of columns are a list of texts" });
    };
    items.iter().map(|item| item.as_text().map_err(Error::data(kernel))).collect()
}

fn columns_to_block(args: &[Value]) -> Result<Value, Error> {
    let invalid = |reason| Error::Invalid { kernel: TO_BLOCK, reason };
    let Some(Value::Partition(table)) = args.first() else { return Err(invalid("it takes a table")) };
    let names = names(TO_BLOCK, args.get(1))?;
    let chunk = |name: &&str| {
        let column = table.column(name).map_err(Error::data(TO_BLOCK))?;
        Chunk::from_arrow(column).map_err(Error::data(TO_BLOCK))
    };
    let columns = names.iter().map(chunk).collect::<Result<Vec<Chunk>, Error>>()?;
    let Some(first) = columns.first() else { return Err(invalid("a block has at least one column")) };
    if columns.iter().any(|column| column.dtype() != first.dtype()) {
        return Err(invalid("the columns are of different types; make them one with `astype`"));
    }
    let n_rows = table.n_rows() as u64;
    if let ([only], is_flat) = (columns.as_slice(), args.get(2) == Some(&Value::Boolean(true))) {
        let shape = if is_flat { vec![n_rows] } else { vec![n_rows, 1] };
        return only.reshape(&shape).map(Value::Chunk).map_err(Error::data(TO_BLOCK));
    }
    let itemsize = first.dtype().itemsize();
    let mut bytes = Vec::with_capacity(table.n_rows() * columns.len() * itemsize);
    let mut items: Vec<_> =
        columns.iter().map(|column| column.data().as_slice().chunks_exact(itemsize)).collect();
    for _ in 0..table.n_rows() {
        items.iter_mut().filter_map(Iterator::next).for_each(|item| bytes.extend_from_slice(item));
    }
    let validity = columns.iter().any(|column| column.validity().is_some()).then(|| {
        let is_present = |at: usize| {
            let (row, column) = (at / columns.len(), at % columns.len());
            let validity = columns.get(column).and_then(Chunk::validity);
            validity.is_none_or(|validity| validity.is_valid(row))
        };
        NullBuffer::new(BooleanBuffer::collect_bool(table.n_rows() * columns.len(), is_present))
    });
    let shape = [n_rows, columns.len() as u64];
    let block = Chunk::try_new(first.dtype(), &shape, Buffer::from_vec(bytes), validity);
    block.map(Value::Chunk).map_err(Error::data(TO_BLOCK))
}

fn block_to_columns(args: &[Value]) -> Result<Value, Error> {
    let invalid = |reason| Error::Invalid { kernel: TO_COLUMNS, reason };
    let Some(Value::Chunk(block)) = args.first() else { return Err(invalid("it takes a block of an array")) };
    let names = names(TO_COLUMNS, args.get(1))?;
    let n_columns = match block.shape() {
        [_] => 1,
        [_, n] => *n,
        _ => return Err(invalid("it takes a block of one axis or two")),
    };
    if n_columns != names.len() as u64 {
        return Err(invalid("there are as many names as columns"));
    }
    let n_rows = usize::try_from(block.shape().first().copied().unwrap_or(0)).unwrap_or(0);
    let column = |at: usize| -> Result<ArrayRef, Error> {
        let own = if names.len() == 1 {
            block.reshape(&[n_rows as u64])
        } else {
            strided(block, at, names.len(), n_rows)
        };
        own.and_then(|own| own.to_arrow()).map_err(Error::data(TO_COLUMNS))
    };
    let columns = names.iter().enumerate().map(|(at, name)| Ok((*name, column(at)?)));
    let columns = columns.collect::<Result<Vec<_>, Error>>()?;
    let table = Partition::from_columns(n_rows, columns).map_err(Error::data(TO_COLUMNS))?;
    Ok(Value::Partition(table))
}

/// One column of a block of rows.
fn strided(
    block: &Chunk,
    at: usize,
    n_columns: usize,
    n_rows: usize,
) -> Result<Chunk, gristmill_data::Error> {
    let itemsize = block.dtype().itemsize();
    let items = block.data().as_slice().chunks_exact(itemsize).skip(at).step_by(n_columns);
    let bytes: Vec<u8> = items.flatten().copied().collect();
    let validity = block.validity().map(|validity| {
        NullBuffer::new(BooleanBuffer::collect_bool(n_rows, |row| validity.is_valid(row * n_columns + at)))
    });
    Chunk::try_new(block.dtype(), &[n_rows as u64], Buffer::from_vec(bytes), validity)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gristmill_data::DType;
    use gristmill_data::arrow::array::{Float64Array, Int64Array};

    use super::*;

    #[test]
    fn columns_become_blocks_and_blocks_columns() {
        let x: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), None, Some(3.0)]));
        let y: ArrayRef = Arc::new(Float64Array::from(vec![4.0, 5.0, 6.0]));
        let n: ArrayRef = Arc::new(Int64Array::from(vec![7, 8, 9]));
        let table = Partition::from_columns(3, [("x", x), ("y", y), ("n", n)]).unwrap();
        let names = |names: &[&str]| Value::list(names.iter().map(|name| Value::from(*name)));
        let block = |columns: &[&str], is_flat: bool| {
            columns_to_block(&[Value::Partition(table.clone()), names(columns), Value::Boolean(is_flat)])
        };
        let Value::Chunk(both) = block(&["y", "x"], true).unwrap() else { panic!() };
        assert_eq!((both.shape(), both.dtype()), (&[3, 2][..], DType::Float64));
        assert_eq!(both.validity().unwrap().iter().filter(|valid| !valid).count(), 1);
        let Value::Partition(again) = block_to_columns(&[both.into(), names(&["y", "x"])]).unwrap() else {
            panic!()
        };
        assert_eq!(again, table.select(&["y", "x"]).unwrap());
        let Value::Chunk(flat) = block(&["n"], true).unwrap() else { panic!() };
        assert_eq!((flat.shape(), flat.as_slice::<i64>().unwrap()), (&[3][..], &[7, 8, 9][..]));
        assert!(block(&["x", "n"], true).unwrap_err().to_string().contains("astype"));
        assert!(block(&["z"], true).unwrap_err().to_string().contains("`z`"));
        assert!(block_to_columns(&[flat.into(), names(&["a", "b"])]).is_err());
    }
}
