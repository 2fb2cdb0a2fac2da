//! Nested values there and back, and node lists that are no tree.

use super::*;

#[test]
fn nested_values_come_back_as_they_were() {
    let list = |items: Vec<Value>| Value::List(items);
    let map =
        |pairs: Vec<(&str, Value)>| Value::Map(pairs.into_iter().map(|(n, v)| (n.to_owned(), v)).collect());
    for value in [
        Value::Null,
        Value::from(1.5),
        list(vec![]),
        list(vec![Value::from(1i64), list(vec![Value::from("a"), Value::Null]), list(vec![])]),
        map(vec![
            ("x", list(vec![map(vec![("y", Value::Complex(1.0, -1.0))])])),
            ("", Value::Bytes(vec![0, 255])),
        ]),
    ] {
        let nodes = from_value(value.clone());
        assert_eq!(into_value(nodes).unwrap(), value);
    }
}

#[test]
fn children_stand_behind_their_parents() {
    let nested = (0..1000).fold(Value::Null, |inner, _| Value::List(vec![inner, Value::from(1i64)]));
    for (idx, node) in from_value(nested).iter().enumerate() {
        if let Node::List(children) = node {
            assert!(children.iter().all(|&child| child as usize > idx));
        }
    }
}

#[test]
fn what_is_no_tree_is_refused() {
    for nodes in
        [vec![], vec![Node::List(vec![0])], vec![Node::List(vec![7])], vec![Node::Null, Node::List(vec![0])]]
    {
        assert!(into_value(nodes.clone()).is_err(), "{nodes:?}");
    }
}
