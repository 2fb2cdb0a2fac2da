//! Tests of encoding and decoding: round trips, sharing of memory, damaged bytes.

use proptest::prelude::*;

use super::*;
use crate::{Chunk, DType, Error, Partition, encode_value, random};

fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    let n_written = encode_value(value, &mut bytes).unwrap();
    assert_eq!(n_written, bytes.len() as u64);
    bytes
}

fn decode(bytes: &[u8]) -> Result<Value, Error> {
    decode_value(Buffer::from_slice_ref(bytes))
}

/// Whether the errors are those of damaged bytes, and not of our own code.
fn is_refusal(error: &Error) -> bool {
    !matches!(error, Error::Io(_) | Error::Arrow(_))
}

/// Uses everything in the value, so that a value that only looks decoded is found.
fn touch(value: &Value) {
    let _ = (format!("{value:?}"), value.nbytes(), value.type_of(), value == &value.clone());
    if let Value::Partition(partition) = value {
        for column in partition.batch().columns() {
            column.to_data().validate_full().unwrap();
        }
    }
}

proptest! {
    #[test]
    fn every_value_round_trips(value in random::value()) {
        let bytes = encode(&value);
        prop_assert_eq!(decode(&bytes).unwrap(), value.clone());
        // Equal values that were made alike have equal bytes: content keys rest on it.
        prop_assert_eq!(&encode(&value), &bytes);
        prop_assert_eq!(encode(&decode(&bytes).unwrap()).len(), bytes.len());
    }

    #[test]
    fn every_chunk_round_trips(chunk in random::chunk()) {
        let value = Value::Chunk(chunk);
        prop_assert_eq!(decode(&encode(&value)).unwrap(), value);
    }

    #[test]
    fn an_odd_address_is_copied(value in random::value()) {
        let mut bytes = vec![0];
        encode_value(&value, &mut bytes).unwrap();
        let buffer = Buffer::from_slice_ref(&bytes);
        prop_assert_eq!(decode_value(buffer.slice(1)).unwrap(), value);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// 64 values of up to 64 mutants each: bits flipped, bytes replaced, ends cut off, pieces moved.
    #[test]
    fn damaged_bytes_are_refused_or_another_value_but_never_a_panic(
        value in random::value(),
        mutants in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 64),
    ) {
        let bytes = encode(&value);
        for (position, byte, kind) in mutants {
            let at = position.index(bytes.len());
            let mut mutant = bytes.clone();
            match kind {
                0 => mutant[at] ^= 1 << (byte % 8),
                1 => mutant[at] = byte,
                2 => mutant.truncate(at),
                _ => mutant[at..].rotate_left(usize::from(byte) % (bytes.len() - at)),
            }
            match decode(&mutant) {
                Ok(value) => touch(&value),
                Err(error) => prop_assert!(is_refusal(&error), "{error:?}"),
            }
        }
    }

    #[test]
    fn random_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for start in [&[][..], &MAGIC, &[0xff, 0xff, 0xff, 0xff]] {
            let bytes = [start, &bytes].concat();
            prop_assert!(is_refusal(&decode(&bytes).unwrap_err()));
        }
    }
}

/// Metadata is dense: every single bit of small values is flipped.
#[test]
fn every_bit_flip_of_small_values_is_survived() {
    let chunk = Chunk::from_vec(vec![1.0, 2.0], &[2]).unwrap();
    let names = arrow_array::StringArray::from(vec![Some("a"), None]);
    let partition = Partition::from_columns(2, [("name", std::sync::Arc::new(names) as _)]).unwrap();
    let tree = Value::map([("x", Value::from(vec![1_u8, 2])), ("y", Value::list([1, 2]))]);
    for value in [chunk.into(), partition.into(), tree] {
        let bytes = encode(&value);
        for bit in 0..bytes.len() * 8 {
            let mut mutant = bytes.clone();
            mutant[bit / 8] ^= 1 << (bit % 8);
            match decode(&mutant) {
                Ok(value) => touch(&value),
                Err(error) => assert!(is_refusal(&error), "bit {bit}: {error:?}"),
            }
        }
        for end in 0..bytes.len() {
            let error = decode(&bytes[..end]).unwrap_err();
            assert!(matches!(error, Error::Corrupt { .. }), "cut at {end}: {error:?}");
        }
    }
}

#[test]
fn bulk_data_is_not_copied() {
    let chunk = Value::from(Chunk::from_vec(vec![0.5_f64; 100], &[10, 10]).unwrap());
    let tree = Value::list([chunk.clone(), Value::from(vec![7_u8; 100])]);
    for value in [chunk, tree] {
        let bytes = Buffer::from_slice_ref(encode(&value));
        let range = bytes.as_slice().as_ptr_range();
        let decoded = decode_value(bytes.clone()).unwrap();
        let check = |value: &Value| match value {
            Value::Chunk(chunk) => assert!(range.contains(&chunk.data().as_ptr()), "a chunk was copied"),
            Value::Bytes(bytes) => assert!(range.contains(&bytes.as_ptr()), "bytes were copied"),
            other => panic!("{other:?}"),
        };
        match &decoded {
            Value::List(items) => items.iter().for_each(check),
            chunk => check(chunk),
        }
    }
}

#[test]
fn limits_have_names() {
    let nest = |depth| (0..depth).fold(Value::Null, |inner, _| Value::list([inner]));
    let deepest = nest(VALUE_DEPTH_MAX - 1);
    assert_eq!(decode(&encode(&deepest)).unwrap(), deepest);
    let error = encode_value(&nest(VALUE_DEPTH_MAX), &mut Vec::new()).unwrap_err();
    assert!(matches!(error, Error::TooComplex { max: VALUE_DEPTH_MAX, .. }), "{error:?}");

    // A stranger's bytes can say what our encoder refuses: one list in another, without end.
    let mut nodes = Vec::new();
    for _ in 0..100_000 {
        nodes.push(tag::LIST);
        nodes.extend_from_slice(&1_u64.to_le_bytes());
    }
    nodes.push(tag::NULL);
    let len = (nodes.len() as u64).to_le_bytes();
    let error = decode(&[&MAGIC[..], &nodes, &len, &MAGIC].concat()).unwrap_err();
    assert!(matches!(error, Error::TooComplex { max: VALUE_DEPTH_MAX, .. }), "{error:?}");

    // And a list of more items than there are bytes.
    let nodes = [&[tag::LIST][..], &u64::MAX.to_le_bytes()].concat();
    let error = decode(&[&MAGIC[..], &nodes, &9_u64.to_le_bytes(), &MAGIC].concat()).unwrap_err();
    assert!(error.to_string().contains("items"), "{error}");
}

#[test]
fn metadata_of_a_batch_cannot_make_it_a_chunk() {
    use arrow_schema::{Field, Schema};
    let metadata = [(crate::encode::DTYPE_KEY.to_owned(), DType::Int8.to_string())].into();
    let field = Field::new("a", arrow_schema::DataType::Int8, true);
    let schema = Schema::new_with_metadata(vec![field], metadata).into();
    let column = std::sync::Arc::new(arrow_array::Int8Array::from(vec![1]));
    let batch = arrow_array::RecordBatch::try_new(schema, vec![column]).unwrap();
    let value = Value::from(Partition::try_new(batch).unwrap());
    assert_eq!(decode(&encode(&value)).unwrap(), value);
}

#[test]
fn what_was_written_by_others_is_said_so() {
    let error = decode(b"PK\x03\x04 a zip file").unwrap_err();
    assert!(error.to_string().contains("neither a tree nor an Arrow IPC stream"), "{error}");
}
