//! Hand-written graphs mean what Dask's mean, and what is wrong with them is said by name.

use proptest::prelude::*;

use super::document;
use crate::{
    Arg, Error, Function, Key, RAW_DEPTH_MAX, RawGraph,
    testing::{check_table, run_graph, run_table},
};

fn resolve(name: &str) -> Option<Function> {
    ["inc", "dec", "add", "sum", "mix"].contains(&name).then(|| Function::kernel(name, 1))
}

fn json(text: &str) -> Result<RawGraph, Error> {
    RawGraph::from_json(text.as_bytes(), resolve)
}

fn toml(text: &str) -> Result<RawGraph, Error> {
    RawGraph::from_toml(text.as_bytes(), resolve)
}

/// The task of a key, with literals put in and inputs by the name of their task.
fn show(raw: &RawGraph, key: &str) -> String {
    let task = raw.find(key).unwrap();
    let spec = raw.graph.spec(task).unwrap();
    let inputs = raw.graph.inputs(task).into_iter().map(|input| {
        let name = raw.names.iter().find(|(_, task)| *task == input).map(|(name, _)| name.to_string());
        name.unwrap_or_else(|| format!("<{}>", raw.graph.spec(input).unwrap().function.name()))
    });
    let inputs: Vec<String> = inputs.collect();
    let args: Vec<String> = spec.args.iter().map(|arg| show_arg(arg, &spec.params, &inputs)).collect();
    format!("{}({})", spec.function.name(), args.join(", "))
}

fn show_arg(arg: &Arg, params: &[Arg], inputs: &[String]) -> String {
    let list = |items: &[Arg]| {
        items.iter().map(|item| show_arg(item, params, inputs)).collect::<Vec<_>>().join(", ")
    };
    match arg {
        Arg::Null => "null".into(),
        Arg::Boolean(value) => value.to_string(),
        Arg::Int(value) => value.to_string(),
        Arg::UInt(value) => format!("{value}u"),
        Arg::Float(value) => format!("{value:?}"),
        Arg::Text(text) => format!("{text:?}"),
        Arg::Input(n) => inputs[*n as usize].clone(),
        Arg::Param(n) => show_arg(&params[*n as usize], params, inputs),
        Arg::List(items) => format!("[{}]", list(items)),
        Arg::Map(entries) => {
            let entries =
                entries.iter().map(|(name, item)| format!("{name}: {}", show_arg(item, params, inputs)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        other => format!("{other:?}"),
    }
}

#[track_caller]
fn check(definition: &str, expected: &str) {
    let raw = json(&format!("{{\"x\": 1, \"y\": 2, \"t\": {definition}}}")).unwrap();
    assert_eq!(show(&raw, "t"), expected, "{definition}");
}

#[test]
fn definitions_mean_what_they_mean_in_dask() {
    check(r#"["inc", "x"]"#, "inc(x)");
    check(r#"["add", "x", 10]"#, "add(x, 10)");
    check(r#"["add", "x", "x"]"#, "add(x, x)");
    check(r#"["sum", ["x", "y"]]"#, "sum([x, y])");
    check(r#"["sum", ["x", 3, ["y"]]]"#, "sum([x, 3, [y]])");
    check(r#"["sum", {"b": "y", "a": "x", "c": "text"}]"#, "sum({a: x, b: y, c: \"text\"})");
    check(r#"["inc", ["dec", "x"]]"#, "inc(<dec>)");
    check(r#"["sum", [["inc", "x"], ["inc", "y"]]]"#, "sum([<inc>, <inc>])");
    check(r#"["inc"]"#, "inc()");
    check(r#""x""#, "identity(x)");
    check(r#"["x", "y"]"#, "identity([x, y])");
    check(r#""text""#, "identity(\"text\")");
    check(
        "[1, 2.5, null, true, -3, 18446744073709551615]",
        "identity([1, 2.5, null, true, -3, 18446744073709551615u])",
    );
    check("[]", "identity([])");
    check(r#"{"a": 1}"#, "identity({a: 1})");
}

#[test]
fn literals_and_references_can_be_spelled_out() {
    check(r#"{"literal": ["inc", "x"]}"#, "identity([\"inc\", \"x\"])");
    check(r#"["sum", ["x", {"literal": "x"}]]"#, "sum([x, \"x\"])");
    check(r#"{"literal": {"literal": 1}}"#, "identity({literal: 1})");
    check(r#"{"literal": 1, "more": 2}"#, "identity({literal: 1, more: 2})");
    check(r#"["inc", {"ref": "x"}]"#, "inc(x)");
    check(r#"["inc", {"ref": 1}]"#, "inc({ref: 1})");
    check(r#"["sum", ["no key", "nor this"]]"#, "sum([\"no key\", \"nor this\"])");
}

#[test]
fn tasks_that_are_alike_share_a_layer() {
    let raw = json(
        r#"{"a": 1, "b": 2, "c": ["inc", "a"], "d": ["inc", "c"], "e": ["dec", "d"], "f": ["inc", "e"]}"#,
    )
    .unwrap();
    let layers: Vec<_> = raw.graph.layers().iter().map(|layer| (&*layer.name, layer.n_tasks())).collect();
    assert_eq!(layers, [("literal", 2), ("inc", 2), ("dec", 1), ("inc", 1)]);
    assert_eq!(raw.names.len(), 6);
}

#[test]
fn toml_and_json_give_the_same_keys() {
    let a = json(r#"{"y": ["inc", "x"], "x": 1, "z": ["sum", ["x", "y"], {"to": 0.5, "names": ["x"]}]}"#)
        .unwrap();
    let b = toml("x = 1\ny = ['inc', 'x']\nz = ['sum', ['x', 'y'], { names = ['x'], to = 0.5 }]\n").unwrap();
    let key = |raw: &RawGraph| -> Key {
        let table = raw.graph.materialize(&[raw.find("z").unwrap()]).unwrap();
        table.keys[table.wanted[0] as usize]
    };
    assert_eq!(key(&a), key(&b));
}

#[test]
fn literals_are_inlined() {
    let raw = json(r#"{"y": ["inc", "x"], "x": 1, "z": ["sum", ["x", "y"]], "w": "z"}"#).unwrap();
    let table = raw.graph.optimize(&[raw.find("w").unwrap()]).unwrap();
    check_table(&table);
    assert_eq!(table.len(), 1, "literal, inc, sum and alias are steps of one task");
    let results = run_graph(&raw.graph);
    assert_eq!(run_table(&raw.graph, &table), [results[&raw.find("z").unwrap()]]);
}

#[test]
fn cycles_are_printed() {
    let path = |text: &str| match json(text).unwrap_err() {
        Error::Cycle { path } => path.join(" -> "),
        other => panic!("{other}"),
    };
    assert_eq!(path(r#"{"a": ["inc", "b"], "b": ["inc", "a"]}"#), "a -> b -> a");
    assert_eq!(path(r#"{"a": "a"}"#), "a -> a");
    assert_eq!(
        path(r#"{"s": ["inc", "a"], "a": ["inc", ["dec", "b"]], "b": [1, ["c"]], "c": {"k": "a"}}"#),
        "a -> b -> c -> a"
    );
    let long: Vec<String> =
        (0..100).map(|i| format!("\"k{i}\": [\"inc\", \"k{}\"]", (i + 1) % 100)).collect();
    let error = json(&format!("{{{}}}", long.join(","))).unwrap_err().to_string();
    assert!(error.contains("k0 -> k1 -> k2 -> k3 -> k4 -> k5 -> (89 more) -> k95"), "{error}");
    assert!(error.contains("k99 -> k0"), "{error}");
}

#[test]
fn missing_keys_are_named() {
    let error = json(r#"{"a": ["inc", {"ref": "nope"}], "b": 1}"#).unwrap_err();
    let expected = Error::MissingKey { key: "nope".into(), by: "key \"a\"".into(), known: "a, b".into() };
    assert_eq!(error, expected);
    let raw = json(r#"{"a": 1}"#).unwrap();
    assert!(matches!(raw.find("b"), Err(Error::MissingKey { key, .. }) if key == "b"));
}

#[test]
fn duplicate_keys_with_another_definition_are_refused() {
    let duplicate = |text: &str| matches!(json(text), Err(Error::DuplicateKey { key }) if key == "x");
    assert!(duplicate(r#"{"x": 1, "y": 2, "x": 3}"#));
    assert!(duplicate(r#"{"y": ["sum", {"x": 1, "x": 2}]}"#));
    assert!(json(r#"{"x": 1, "x": 1}"#).is_ok(), "saying the same twice is no contradiction");
    for text in ["x = 1\nx = 2\n", "y = 1\n'x' = 1\n\"x\" = 2\n"] {
        assert!(matches!(toml(text), Err(Error::DuplicateKey { key }) if key == "x"), "{:?}", toml(text));
    }
}

#[test]
fn unknown_functions_are_named() {
    let error = json(r#"{"a": ["icn", 1]}"#).unwrap_err();
    assert_eq!(error, Error::UnknownFunction { key: "a".into(), function: "icn".into() });
    assert!(error.to_string().contains(r#"{"literal": [...]}"#), "{error}");
}

#[test]
fn malformed_documents_are_refused() {
    let wrong = b"{\"a\": \"\xff\"}";
    assert_eq!(RawGraph::from_json(wrong, resolve), Err(Error::Utf8 { offset: 7 }));
    assert_eq!(RawGraph::from_toml(b"a = '\xc3\x28'", resolve), Err(Error::Utf8 { offset: 5 }));
    for text in ["", "{", "[1]", "1", "{\"a\": 1} x", "{\"a\": }", "{\"a\": 1e999}", "{1: 2}"] {
        assert!(matches!(json(text), Err(Error::Syntax { format: "JSON", .. })), "{text}: {:?}", json(text));
    }
    for text in ["a", "a = ", "[a", "a = 1979-05-27"] {
        assert!(matches!(toml(text), Err(Error::Syntax { format: "TOML", .. })), "{text}: {:?}", toml(text));
    }
}

#[test]
fn nesting_is_limited() {
    let nested = |n: usize| format!("{{\"a\": {}{}}}", "[".repeat(n), "]".repeat(n));
    assert!(json(&nested(RAW_DEPTH_MAX - 1)).is_ok());
    for n in [RAW_DEPTH_MAX, 1_000_000] {
        let error = json(&nested(n)).unwrap_err();
        assert!(matches!(error, Error::TooDeep { limit: RAW_DEPTH_MAX, .. }), "{error}");
    }
    let deep = |n: usize| format!("a = {}{}", "[".repeat(n), "]".repeat(n));
    assert!(toml(&deep(RAW_DEPTH_MAX - 2)).is_ok());
    assert!(matches!(toml(&deep(RAW_DEPTH_MAX)), Err(Error::TooDeep { .. })));
    assert!(toml(&deep(100_000)).is_err());
}

#[test]
fn the_number_of_tasks_is_limited() {
    let text = br#"{"a": ["sum", [["inc", 1], ["inc", 2]]], "b": 1}"#;
    let within = |limit| RawGraph::from_entries(document::json(text)?, &resolve, limit);
    assert!(within(4).is_ok(), "two keys and two calls inside");
    for limit in [1, 3] {
        let n = limit as u64 + 1;
        assert_eq!(within(limit), Err(Error::TooMany { what: "raw tasks", n, limit: n - 1 }));
    }
}

#[test]
fn a_long_chain_is_no_problem() {
    let n = 20_000;
    let links: Vec<String> = (0..n).map(|i| format!("\"k{i}\": [\"inc\", \"k{}\"]", i + 1)).collect();
    let raw = json(&format!("{{{}, \"k{n}\": 0}}", links.join(","))).unwrap();
    let table = raw.graph.optimize(&[raw.find("k0").unwrap()]).unwrap();
    check_table(&table);
    assert_eq!(raw.graph.layers().len(), 2);
}

proptest! {
    /// A random document, and what its keys should give, by following the references from one to the next.
    #[test]
    fn raw_graphs_compute_what_they_say(tasks in prop::collection::vec((prop::collection::vec(any::<prop::sample::Index>(), 0..3), any::<i16>()), 1..20), shuffle: u64) {
        let mut lines = Vec::new();
        let mut expected: Vec<i64> = Vec::new();
        let seed = "mix".bytes().fold(7i64, |acc, byte| acc.wrapping_mul(31).wrapping_add(i64::from(byte)));
        let step = |acc: i64, value: i64| acc.wrapping_mul(1_000_003).wrapping_add(value);
        for (id, (inputs, literal)) in tasks.iter().enumerate() {
            let inputs: Vec<usize> = if id == 0 { vec![] } else { inputs.iter().map(|input| input.index(id)).collect() };
            let names: String = inputs.iter().map(|input| format!("\"k{input}\", ")).collect();
            lines.push(format!("\"k{id}\": [\"mix\", {names}{literal}]"));
            let values = inputs.iter().map(|&input| expected[input]).chain([i64::from(*literal)]);
            expected.push(values.fold(seed, step));
        }
        // Inputs may come after their users.
        let turn = shuffle as usize % lines.len();
        lines.rotate_left(turn);
        let raw = json(&format!("{{{}}}", lines.join(","))).unwrap();
        let wanted: Vec<_> = (0..tasks.len()).map(|id| raw.find(&format!("k{id}")).unwrap()).collect();
        let table = raw.graph.optimize(&wanted).unwrap();
        check_table(&table);
        prop_assert_eq!(run_table(&raw.graph, &table), expected);
    }

    #[test]
    fn no_document_panics(text in "[\\[\\]{}\":,a-c0-9 ]{0,60}") {
        let _ = json(&text);
        let _ = toml(&text);
    }
}
