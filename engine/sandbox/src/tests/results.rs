//! What a guest returns is not believed: lists of nodes that are no value, and values that are.

use gristmill_data::{Chunk, TaskErrorKind, Value};

use super::guest::{Column, Guest, Raw};
use super::{assert_neighbour_answers, call_f, tight};

fn check_bad(what: &str, nodes: &[Raw], says: &str) {
    let error = call_f(&Guest::new().returns(nodes).build(), tight()).expect_err(what);
    assert_eq!(error.kind, TaskErrorKind::BadResult, "{what}: {error}");
    assert!(error.message.contains(says), "{what}: {}", error.message);
    assert_neighbour_answers();
}

fn check_value(nodes: &[Raw], expected: &Value) {
    assert_eq!(&call_f(&Guest::new().returns(nodes).build(), tight()).unwrap(), expected);
}

fn column(dtype: u8, data: &[u8]) -> Column {
    Column { name: "x", dtype, validity: None, offsets: None, data: data.to_vec() }
}

fn text_column(offsets: &[i32], data: &[u8]) -> Column {
    let offsets = offsets.iter().flat_map(|offset| offset.to_le_bytes()).collect();
    Column { offsets: Some(offsets), ..column(14, data) }
}

#[test]
fn values_of_every_shape_come_back() {
    check_value(&[Raw::Int(-3)], &Value::Int(-3));
    check_value(&[Raw::Text("grüße".into())], &Value::from("grüße"));
    check_value(
        &[Raw::NdArray(4, vec![2], 7_i64.to_le_bytes().repeat(2))],
        &Value::Chunk(Chunk::from_vec(vec![7_i64; 2], &[2]).unwrap()),
    );
    let list = Value::list([Value::Int(1), Value::list([Value::Null]), Value::Int(2)]);
    check_value(&[Raw::List(vec![1, 2, 3]), Raw::Int(1), Raw::List(vec![4]), Raw::Int(2), Raw::Null], &list);
    check_value(
        &[Raw::Map(vec![("a", 2), ("b", 1)]), Raw::Int(1), Raw::Int(2)],
        &Value::map([("a", 2_i64), ("b", 1_i64)]),
    );
    // The canonical ABI reads every byte but 0 as true.
    check_value(&[Raw::Boolean(77)], &Value::Boolean(true));
}

#[test]
fn node_lists_that_are_no_tree_are_refused() {
    check_bad("nothing", &[], "no nodes");
    check_bad("self", &[Raw::List(vec![0])], "not after it");
    check_bad("backwards", &[Raw::List(vec![1]), Raw::List(vec![0])], "not after it");
    check_bad("shared", &[Raw::List(vec![1, 1]), Raw::Null], "two parents");
    check_bad("orphan", &[Raw::Null, Raw::Null], "no parent");
    check_bad("missing", &[Raw::List(vec![9])], "names child 9");
    check_bad("far", &[Raw::Map(vec![("a", u32::MAX)])], "names child 4294967295");
    check_bad("twice", &[Raw::Map(vec![("a", 1), ("a", 2)]), Raw::Null, Raw::Null], "twice");
    let deep: Vec<Raw> = (1..200).map(|child| Raw::List(vec![child])).chain([Raw::Null]).collect();
    check_bad("deep", &deep, "levels deep");
}

#[test]
fn chunks_and_columns_that_do_not_add_up_are_refused() {
    check_bad("short chunk", &[Raw::NdArray(11, vec![2], vec![0; 15])], "16 bytes");
    check_bad("overflow", &[Raw::NdArray(11, vec![1 << 33, 1 << 33], vec![])], "64 bits");
    check_bad("no boolean", &[Raw::NdArray(0, vec![1], vec![2])], "booleans");
    check_bad("axes", &[Raw::NdArray(0, vec![1; 1000], vec![1])], "axes");
    check_bad("short column", &[Raw::Table(2, vec![column(4, &[0; 15])])], "2 rows take 16");
    check_bad("short bits", &[Raw::Table(9, vec![column(0, &[0])])], "9 rows take 2");
    check_bad("rows", &[Raw::Table(u64::MAX, vec![])], "rows");
    let narrow = Column { validity: Some(vec![0]), ..column(1, &[0; 9]) };
    check_bad("validity", &[Raw::Table(9, vec![narrow])], "9 rows take 2");
    check_bad("same name", &[Raw::Table(0, vec![column(1, &[]), column(1, &[])])], "twice");
}

#[test]
fn texts_that_do_not_add_up_are_refused() {
    check_bad("no offsets", &[Raw::Table(0, vec![column(14, &[])])], "needs offsets");
    check_bad(
        "needless",
        &[Raw::Table(1, vec![Column { offsets: Some(vec![0; 8]), ..column(1, &[0]) }])],
        "no offsets",
    );
    check_bad("few", &[Raw::Table(2, vec![text_column(&[0, 1], b"ab")])], "2 rows take 12");
    check_bad("beyond", &[Raw::Table(1, vec![text_column(&[0, 99], b"ab")])], "column `x`");
    check_bad("falling", &[Raw::Table(2, vec![text_column(&[0, 2, 1], b"ab")])], "column `x`");
    check_bad("negative", &[Raw::Table(1, vec![text_column(&[-1, 1], b"ab")])], "column `x`");
    check_bad("no UTF-8", &[Raw::Table(1, vec![text_column(&[0, 1], &[0xff])])], "column `x`");
    check_bad("cut", &[Raw::Table(2, vec![text_column(&[0, 1, 2], "ü".as_bytes())])], "column `x`");
    check_bad("text", &[Raw::Text(vec![0xc3, 0x28])], "utf-8");
}

#[test]
fn what_breaks_the_calling_convention_is_refused() {
    check_bad("case", &[Raw::Case(99)], "calling convention");
    check_bad("dtype", &[Raw::NdArray(200, vec![], vec![])], "calling convention");
    check_bad("wild text", &[Raw::Far(6, u32::MAX - 4, 100)], "calling convention");
    check_bad("wild bytes", &[Raw::Far(7, 0x7fff_0000, 16)], "calling convention");
    let error = call_f(&Guest::new().call("i32.const -8").build(), tight()).unwrap_err();
    assert_eq!(error.kind, TaskErrorKind::BadResult, "{error}");
    let error = call_f(&Guest::new().call("i32.const 3").build(), tight()).unwrap_err();
    assert_eq!(error.kind, TaskErrorKind::BadResult, "{error}");
    assert_neighbour_answers();
}

#[test]
fn lists_that_claim_much_are_refused_before_memory_is_taken() {
    let error = call_f(&Guest::new().returns(&[Raw::Far(7, 0, u32::MAX)]).build(), tight()).unwrap_err();
    assert!([TaskErrorKind::BadResult, TaskErrorKind::HostcallLimit].contains(&error.kind), "{error}");
    // A list of 16,384 lists that all lie over the same 60 kB: 1 GB if it were believed.
    let body = "
        (loop $next
            (i32.store8 (i32.add (i32.const 0x100000) (i32.shl (local.get $i) (i32.const 5))) (i32.const 7))
            (i32.store offset=8 (i32.add (i32.const 0x100000) (i32.shl (local.get $i) (i32.const 5))) (i32.const 0))
            (i32.store offset=12 (i32.add (i32.const 0x100000) (i32.shl (local.get $i) (i32.const 5))) (i32.const 60000))
            (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 16384))))
        (i32.store (i32.const 0x80000) (i32.const 0))
        (i32.store (i32.const 0x80004) (i32.const 0x100000))
        (i32.store (i32.const 0x80008) (i32.const 16384))
        i32.const 0x80000";
    let error = call_f(&Guest::new().memory("64").call(body).build(), tight()).unwrap_err();
    assert_eq!(error.kind, TaskErrorKind::HostcallLimit, "{error}");
    assert_neighbour_answers();
}
