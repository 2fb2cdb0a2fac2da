//! Cases as text, and values as the declared types want them.

use gristmill::storage::to_json;
use serde_json::json;

use super::*;

#[test]
fn cases_are_read_from_toml_and_from_json() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write("cases.json", r#"{"case": [{"function": "f", "args": [null], "error": "why"}]}"#);
    let cases = read_cases(dir.path()).unwrap();
    assert_eq!(cases[0].args, [Json::Null]);
    assert_eq!(cases[0].expected, Expected::Error("why".to_owned()));
    write("cases.toml", "[[case]]\nfunction = \"g\"\nexpected = [1, 2.5]\ntolerance = 0.1\n");
    let cases = read_cases(dir.path()).unwrap();
    assert_eq!((cases[0].function.as_str(), cases[0].tolerance), ("g", 0.1));
    assert_eq!(cases[0].expected, Expected::Value(json!([1, 2.5])));
}

#[test]
fn mistakes_in_cases_are_named() {
    let check = |case: Json, part: &str| {
        let error = format!("{:#}", read_case(&case).unwrap_err());
        assert!(error.contains(part), "{error} lacks {part}");
    };
    check(json!({"function": "f", "expect": 1}), "`expect` is unknown");
    check(json!({"args": []}), "needs `function`");
    check(json!({"function": "f", "args": 1}), "`args` is a list");
    check(json!({"function": "f", "expected": 1, "error": "x"}), "either `expected` or a text `error`");
}

#[test]
fn declared_types_decide_what_json_becomes() {
    let check = |json: Json, ty: &str, expected: Json| {
        let value = to_value(&json, &ty.parse().unwrap()).unwrap();
        assert_eq!(to_json(&value), expected, "{json} as {ty}");
    };
    check(json!(2), "float", json!(2.0));
    check(json!(2), "option<uint>", json!(2));
    check(json!(null), "option<uint>", json!(null));
    check(json!({"a": [1, "x", null]}), "any", json!({"a": [1, "x", null]}));
    check(json!([1, 2]), "ndarray<int32>", json!({"dtype": "int32", "shape": [2], "data": [1, 2]}));
    check(
        json!({"shape": [1, 2], "data": [1, 2]}),
        "ndarray",
        json!({"dtype": "float64", "shape": [1, 2], "data": [1.0, 2.0]}),
    );
    check(
        json!([{"x": 1}, {"x": 2, "more": "a"}]),
        "table{x: float64, y: int64}",
        json!([{"x": 1.0, "y": null, "more": null}, {"x": 2.0, "y": null, "more": "a"}]),
    );
    check(json!([]), "table{x: float64}", json!([]));
}

#[test]
fn values_of_another_type_are_refused() {
    let check = |json: Json, ty: &str, part: &str| {
        let error = format!("{:#}", to_value(&json, &ty.parse().unwrap()).unwrap_err());
        assert!(error.contains(part), "{error} lacks {part}");
    };
    check(json!("x"), "int", "\"x\" is no integer");
    check(json!(1.5), "list<float>", "1.5 is no list");
    check(json!([{"x": "a"}]), "table{x: int64}", "column `x`");
    check(json!([1]), "table", "a row is a map");
    check(json!({"shape": [3], "data": [1]}), "ndarray<float64>", "3");
}

#[test]
fn numbers_agree_within_the_tolerance_and_missing_cells_are_null() {
    assert!(agrees(&json!(1.0), &json!(1), 0.0));
    assert!(agrees(&json!([1e9, {"a": 1.0}]), &json!([1e9 + 0.5, {"a": 1.0}]), 1e-9));
    assert!(!agrees(&json!(1.0), &json!(1.1), 1e-9));
    assert!(agrees(&json!({"a": 1, "b": null}), &json!({"a": 1}), 0.0));
    assert!(!agrees(&json!({"a": 1, "b": 2}), &json!({"a": 1}), 0.0));
    assert!(!agrees(&json!({"a": 1}), &json!({"a": 1, "b": 2}), 0.0));
    assert!(!agrees(&json!([1]), &json!([1, 2]), 0.0));
}
