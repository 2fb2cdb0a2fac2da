//! What lists of references say, and what is wrong with others.

use super::*;

fn entries(text: &str) -> Vec<(String, Entry)> {
    let manifest = parse(text.as_bytes()).unwrap_or_else(|reason| panic!("{text}: {reason}"));
    manifest.entries.into_iter().map(|(key, entry)| (key.into(), entry)).collect()
}

fn inline(text: &str) -> Entry {
    Entry::Inline(text.as_bytes().into())
}

#[test]
fn both_versions() {
    let part = Entry::Part { target: 0, offset: 5, length: 7 };
    let expect = [
        (".zgroup".to_owned(), inline(r#"{"zarr_format":2}"#)),
        ("x/0".to_owned(), part),
        ("x/1".to_owned(), Entry::Whole(1)),
        ("x/2".to_owned(), inline("abc")),
        ("x/3".to_owned(), inline("\0\u{1}")),
    ];
    let refs = r#"{".zgroup": {"zarr_format": 2}, "x/0": ["a.nc", 5, 7], "x/1": ["b.nc"], "x/2": "abc", "x/3": "base64:AAE="}"#;
    assert_eq!(entries(refs), expect);
    assert_eq!(entries(&format!(r#"{{"version": 1, "refs": {refs}}}"#)), expect);
    assert_eq!(
        entries(&format!(r#"{{"refs": {refs}, "gen": [], "version": 1, "templates": {{}}}}"#)),
        expect
    );
}

#[test]
fn templates_are_filled_in_wherever_they_stand() {
    let text = r#"{"refs": {"a": ["{{u}}/x/{{ v }}", 0, 1], "b": ["plain", 0, 1]},
        "version": 1, "templates": {"u": "s3://bucket", "v": "y.nc"}}"#;
    assert_eq!(parse(text.as_bytes()).unwrap().targets, ["s3://bucket/x/y.nc", "plain"]);
}

#[test]
fn what_is_wrong_is_said() {
    for (text, words) in [
        (r#"{"version": 2, "refs": {}}"#, "version 2"),
        (r#"{"version": 1, "refs": {}, "gen": [{"key": "x"}]}"#, "`gen`"),
        (r#"{"a": ["{{u}}", 0, 1]}"#, "template"),
        (r#"{"version": 1, "templates": {"u": "{{v}}"}, "refs": {"a": ["{{u}}", 0, 1]}}"#, "template"),
        (r#"{"version": 1, "templates": {"u": 1}, "refs": {"a": ["{{u}}", 0, 1]}}"#, "template"),
        (r#"{"a": ["{{u", 0, 1]}"#, "}}"),
        (r#"{"a": []}"#, "no file"),
        (r#"{"a": ["x", 1]}"#, "no length"),
        (r#"{"a": ["x", 1, 2, 3]}"#, "more than"),
        (r#"{"a": ["x", -1, 2]}"#, "-1"),
        (r#"{"a": 7}"#, "a list of a file"),
        (r#"{"a": "base64:!"}"#, "symbol"),
        (r#"{"a": "x""#, "EOF"),
        (r#"{} {}"#, "trailing"),
        ("[]", "an object of references"),
    ] {
        let reason = parse(text.as_bytes()).unwrap_err();
        assert!(reason.contains(words), "{text}: {words} is not in: {reason}");
    }
}
