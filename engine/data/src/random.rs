//! Random chunks, partitions and values for tests.

use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, BooleanArray, StringArray, make_array};
use arrow_buffer::{Buffer, NullBuffer};
use arrow_data::ArrayDataBuilder;
use num_complex::Complex64;
use proptest::prelude::*;

use crate::{Chunk, ColumnType, DType, Partition, Value, n_elements};

/// Chunks of every dtype, with zero to three axes, with and without absent elements.
pub(crate) fn chunk() -> impl Strategy<Value = Chunk> {
    let shape = prop::collection::vec(0_u64..5, 0..4);
    (prop::sample::select(DType::ALL.to_vec()), shape, any::<bool>()).prop_flat_map(
        |(dtype, shape, all_present)| {
            let n = n_elements(&shape).unwrap() as usize;
            let byte = if dtype == DType::Boolean { 0..=1_u8 } else { 0..=255 };
            let data = prop::collection::vec(byte, n * dtype.itemsize());
            let present = prop::collection::vec(any::<bool>(), n);
            (data, present).prop_map(move |(data, present)| {
                let validity = (!all_present).then(|| NullBuffer::from(present));
                Chunk::try_new(dtype, &shape, Buffer::from_slice_ref(&data), validity).unwrap()
            })
        },
    )
}

/// Partitions of up to four columns of any type, with nulls, and cut out of longer ones.
pub(crate) fn partition() -> impl Strategy<Value = Partition> {
    let types = prop::collection::vec(prop::sample::select(ColumnType::ALL.to_vec()), 0..5);
    (types, 0..20_usize, 0..5_usize, 0..5_usize).prop_flat_map(|(types, n_rows, before, after)| {
        let n_all = before + n_rows + after;
        let columns: Vec<_> = types.into_iter().map(|ty| column(ty, n_all)).collect();
        columns.prop_map(move |columns| {
            let named = columns.into_iter().enumerate().map(|(idx, column)| (format!("c{idx}"), column));
            Partition::from_columns(n_all, named).unwrap().slice(before, n_rows)
        })
    })
}

fn column(ty: ColumnType, n_rows: usize) -> BoxedStrategy<ArrayRef> {
    let present = prop::collection::vec(prop::bool::weighted(0.8), n_rows);
    match ty {
        ColumnType::Boolean => prop::collection::vec(any::<Option<bool>>(), n_rows)
            .prop_map(|items| Arc::new(BooleanArray::from(items)) as ArrayRef)
            .boxed(),
        ColumnType::Utf8 => prop::collection::vec(prop::option::of(".{0,6}"), n_rows)
            .prop_map(|items| Arc::new(StringArray::from(items)) as ArrayRef)
            .boxed(),
        ColumnType::Binary => prop::collection::vec(any::<Option<[u8; 3]>>(), n_rows)
            .prop_map(|items| {
                let items = items.iter().map(|item| item.as_ref().map(|bytes| &bytes[..]));
                Arc::new(items.collect::<BinaryArray>()) as ArrayRef
            })
            .boxed(),
        fixed => {
            let width = fixed.data_type().primitive_width().unwrap();
            (prop::collection::vec(any::<u8>(), n_rows * width), present)
                .prop_map(move |(bytes, present)| {
                    let data = ArrayDataBuilder::new(fixed.data_type())
                        .len(present.len())
                        .add_buffer(Buffer::from_slice_ref(&bytes))
                        .nulls(Some(NullBuffer::from(present)));
                    make_array(data.build().unwrap())
                })
                .boxed()
        }
    }
}

/// Values of every variant, nested up to three deep.
pub(crate) fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Int),
        any::<u64>().prop_map(Value::UInt),
        any::<f64>().prop_map(Value::Float),
        any::<(f64, f64)>().prop_map(|(re, im)| Value::Complex(Complex64 { re, im })),
        ".{0,8}".prop_map(Value::from),
        prop::collection::vec(any::<u8>(), 0..100).prop_map(Value::from),
        any::<i64>().prop_map(Value::Datetime),
        any::<i64>().prop_map(Value::Timedelta),
        chunk().prop_map(Value::Chunk),
        partition().prop_map(Value::Partition),
    ];
    leaf.prop_recursive(3, 24, 6, |item| {
        prop_oneof![
            prop::collection::vec(item.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((".{0,4}", item), 0..6).prop_map(Value::map),
        ]
    })
}
