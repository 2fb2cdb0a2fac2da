//! Tests of the type grammar and of what accepts what.

use proptest::prelude::*;

use super::*;
use crate::{Error, NDIM_MAX};

fn ty(text: &str) -> Type {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn reading_and_printing() {
    let check = |text: &str, expect: &str| assert_eq!(ty(text).to_string(), expect, "{text}");
    for (name, plain) in Type::PLAIN {
        check(name, name);
        assert_eq!(ty(name), plain);
    }
    check("ndarray", "ndarray");
    check(" ndarray < float64 > ", "ndarray<float64>");
    check("ndarray<datetime64[ns],2>", "ndarray<datetime64[ns], 2>");
    check("ndarray<any>", "ndarray");
    check("ndarray<any, 3>", "ndarray<any, 3>");
    check("table", "table");
    check("table{}", "table");
    check("table{hour:int64,delay: float64}", "table{hour: int64, delay: float64}");
    check("table{\"dep delay \\\"min\\\"\": float64}", "table{\"dep delay \\\"min\\\"\": float64}");
    check("list<map<option<table{é: utf8}>>>", "list<map<option<table{é: utf8}>>>");
}

#[test]
fn what_is_no_type_says_where_and_why() {
    let check = |text: &str, at: usize, words: &str| match text.parse::<Type>() {
        Err(Error::TypeSyntax { at: found, reason, .. }) => {
            assert_eq!(found, at, "{text}: {reason}");
            assert!(reason.contains(words), "{text}: {reason}");
        }
        other => panic!("{text}: {other:?}"),
    };
    check("", 0, "a type");
    check("string", 0, "text");
    check("float64", 0, "float");
    check("list", 4, "`<`");
    check("list<int", 8, "`>`");
    check("list<int>>", 9, "the end");
    check("ndarray<flaot64>", 8, "flaot64");
    check("ndarray<int8, x>", 14, "number of axes");
    check("ndarray<int8, 65>", 14, "at most 64");
    check("table{a int8}", 8, "`:`");
    check("table{a: string}", 9, "utf8");
    check("table{a: int8, a: int8}", 15, "twice");
    check("table{\"a: int8}", 15, "closing quote");
    check(&"list<".repeat(100_000), TYPE_DEPTH_MAX * 5, "deep");
}

#[test]
fn what_accepts_what() {
    let check = |expected: &str, given: &str, fits: bool| {
        assert_eq!(ty(expected).accepts(&ty(given)).is_ok(), fits, "{expected} given {given}");
    };
    check("float", "int", true);
    check("float", "uint", true);
    check("int", "float", false);
    check("int", "uint", true);
    check("uint", "int", true);
    check("complex", "float", true);
    check("text", "bytes", false);
    check("any", "list<table>", true);
    check("float", "any", true);
    check("option<int>", "null", true);
    check("option<float>", "int", true);
    check("option<float>", "option<int>", true);
    check("int", "option<int>", false);
    check("int", "null", false);
    check("list<float>", "list<int>", true);
    check("list<float>", "list<any>", true);
    check("list<float>", "map<float>", false);
    check("ndarray<float64>", "ndarray<float64, 2>", true);
    check("ndarray<float64, 1>", "ndarray<float64, 2>", false);
    check("ndarray<float64>", "ndarray<int64>", false);
    check("ndarray<any, 2>", "ndarray<int64, 2>", true);
    check("ndarray<float64>", "ndarray", true);
    check("table", "table{a: int8}", true);
    check("table{a: int8}", "table", true);
    check("table{a: int8}", "table{b: utf8, a: int8}", true);
    check("table{a: int8}", "table{a: int16}", false);
    check("table{a: int8}", "table{b: int8}", false);
}

#[test]
fn a_mismatch_is_a_readable_diff() {
    let expected = ty("list<table{hour: int64, delay: float64, carrier: utf8}>");
    let mismatch = expected.accepts(&ty("list<table{hour: int32, carrier: utf8}>")).unwrap_err();
    assert_eq!(
        mismatch.to_string(),
        "expected list<table{hour: int64, delay: float64, carrier: utf8}>, given list<table{hour: int32, carrier: utf8}>\
         \n  item, column `hour`: expected int64, given int32\
         \n  item, column `delay`: expected float64, given no such column"
    );
    let mismatch = ty("float").accepts(&ty("text")).unwrap_err();
    assert_eq!(mismatch.to_string(), "expected float, given text");
    let columns: Vec<_> = (0..20).map(|idx| format!("c{idx}: int8")).collect();
    let wide = ty(&format!("table{{{}}}", columns.join(",")));
    let text = wide.accepts(&ty("table{x: int8}")).unwrap_err().to_string();
    assert!(text.ends_with("\n  and 12 more") && text.lines().count() == 10, "{text}");
}

fn any_type() -> impl Strategy<Value = Type> {
    let field = (".{0,5}", prop::sample::select(ColumnType::ALL.to_vec()));
    let fields = prop::collection::btree_map(field.0, field.1, 0..4)
        .prop_map(|fields| fields.into_iter().map(|(name, ty)| Field { name: name.into(), ty }).collect());
    let dtype = prop::option::of(prop::sample::select(DType::ALL.to_vec()));
    let leaf = prop_oneof![
        prop::sample::select(Type::PLAIN.map(|(_, ty)| ty).to_vec()),
        (dtype, prop::option::of(0..=NDIM_MAX)).prop_map(|(dtype, ndim)| Type::NdArray { dtype, ndim }),
        fields.prop_map(Type::Table),
    ];
    leaf.prop_recursive(5, 6, 1, |item| {
        prop_oneof![
            item.clone().prop_map(Type::list_of),
            item.clone().prop_map(|item| Type::Map(Box::new(item))),
            item.prop_map(|item| Type::Option(Box::new(item))),
        ]
    })
}

proptest! {
    #[test]
    fn types_round_trip_through_text(ty in any_type()) {
        prop_assert_eq!(ty.to_string().parse::<Type>().unwrap(), ty.clone());
        prop_assert!(ty.accepts(&ty).is_ok());
    }

    #[test]
    fn any_text_is_a_type_or_an_error(text in "[a-z<>{},:\" \\[\\]0-9é]{0,40}") {
        if let Ok(ty) = text.parse::<Type>() {
            prop_assert_eq!(ty.to_string().parse::<Type>().unwrap(), ty);
        }
    }
}
