//! What is told of a block, and what of a block is let through.

use gristmill_data::{Chunk, TaskError, TaskErrorKind, Value};

use crate::call;

#[test]
fn a_block_knows_its_place() {
    let info = call("block_info", &["2x3,1;4".into(), 1.into()]).unwrap();
    let entry = |name: &str| info.get(name).unwrap().clone();
    let list = |items: &[u64]| Value::list(items.iter().copied());
    assert_eq!((entry("block"), entry("n_blocks")), (list(&[1, 0]), list(&[3, 1])));
    assert_eq!((entry("start"), entry("shape")), (list(&[3, 0]), list(&[3, 4])));
    assert_eq!(entry("array_shape"), list(&[7, 4]));
    let scalar = call("block_info", &["".into(), 0.into()]).unwrap();
    assert_eq!(scalar.get("start"), Some(&list(&[])));
    assert!(call("block_info", &["2x3".into(), 2.into()]).is_err());
}

fn declared(dtype: &str, grid: &str, unknown: &[u64], given: Value) -> Result<Value, TaskError> {
    let unknown = Value::list(unknown.iter().copied());
    let args = [dtype.into(), grid.into(), 0.into(), unknown, given];
    call("declared", &args).map_err(TaskError::from)
}

#[test]
fn blocks_are_held_to_what_is_declared() {
    let chunk = |n: u64| Value::from(Chunk::from_vec(vec![1.5; n as usize], &[n]).unwrap());
    assert_eq!(declared("float64", "3", &[], chunk(3)).unwrap(), chunk(3));
    assert_eq!(declared("float64", "3", &[0], chunk(2)).unwrap(), chunk(2));
    let refused = |dtype: &str, grid: &str, unknown: &[u64], given: Value, words: &str| {
        let error = declared(dtype, grid, unknown, given).unwrap_err();
        assert_eq!(error.kind, TaskErrorKind::TypeMismatch);
        assert!(error.message.contains(words), "{}", error.message);
    };
    let words = "it gave float64 of shape (2,) for block [0], and float64 of shape (3,) is declared";
    refused("float64", "3", &[], chunk(2), words);
    refused("float32", "3", &[], chunk(3), "float32 of shape (3,) is declared");
    refused("float64", "3;1", &[], chunk(3), "(3, 1) is declared");
    refused("float64", "3", &[0], chunk(4), "float64 of shape (?,) is declared");
    refused("float64", "3", &[], 1.5.into(), "gave float for");
    refused("int64", "1", &[], 1.5.into(), "gave float for");
    refused("float64", "", &[], Value::Null, "gave null for");
}

#[test]
fn numbers_are_blocks_of_one_element() {
    let given = |dtype: &str, grid: &str, value: Value| declared(dtype, grid, &[], value).unwrap();
    assert_eq!(given("float32", "", 3.into()), Chunk::from_vec(vec![3.0_f32], &[]).unwrap().into());
    assert_eq!(given("int8", "1;1", 3.into()), Chunk::from_vec(vec![3_i8], &[1, 1]).unwrap().into());
    assert_eq!(given("bool", "", true.into()), Chunk::from_vec(vec![true], &[]).unwrap().into());
}
