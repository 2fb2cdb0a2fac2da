//! Tests of the registry, and of every kernel's signature against what it does.

use gristmill_data::{Chunk, Partition, TaskError, TaskErrorKind};
use proptest::prelude::*;

use super::*;

#[test]
fn kernels_are_found_by_name_and_version() {
    assert_eq!(lookup("add", 1).map(|kernel| kernel.name), Some("add"));
    assert!(lookup("add", 2).is_none() && lookup("nothing", 1).is_none() && find("nothing").is_none());
    for kernel in all() {
        let found = find(kernel.name).unwrap();
        assert!(std::ptr::eq(found, kernel), "two kernels are called {}", kernel.name);
        assert!(kernel.doc.ends_with('.'), "{kernel:?}");
    }
    let names: Vec<_> = all().iter().map(|kernel| kernel.name).collect();
    for name in "identity inc add sub mul div neg sum mean min max len list item concat sleep".split(' ') {
        assert!(names.contains(&name), "no kernel {name}");
    }
    assert_eq!(find("item").unwrap().to_string(), "item(of: any, at: any) -> any");
    assert_eq!(find("sleep").unwrap().to_string(), "sleep(ms: float, value?: any) -> any");
    assert_eq!(find("list").unwrap().to_string(), "list(items?: any, ...) -> list<any>");
}

#[test]
fn a_wrong_call_says_what_is_wrong() {
    let check = |name: &str, args: &[Value], kind: TaskErrorKind, words: &str| {
        let error = TaskError::from(call(name, args).unwrap_err());
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.message.contains(words), "no {words:?} in {error}");
    };
    check("nothing", &[], TaskErrorKind::NoSuchFunction, "identity, len");
    check("add", &[1.into()], TaskErrorKind::InvalidArgument, "2 arguments (left, right), 1 were given");
    check("inc", &[1.into(), 2.into()], TaskErrorKind::InvalidArgument, "1 arguments (value)");
    check("sleep", &[], TaskErrorKind::InvalidArgument, "(ms, [value])");
    check("add", &[1.into(), "a".into()], TaskErrorKind::TypeMismatch, "text was given");
    check("div", &[1.into(), 0.into()], TaskErrorKind::InvalidArgument, "zero");
    check("inc", &[i64::MAX.into()], TaskErrorKind::OutOfRange, "64 bits");
}

#[test]
fn types_are_checked_before_there_are_values() {
    let check = |name: &str, args: &[&str], expect: Result<&str, &str>| {
        let args: Vec<Type> = args.iter().map(|text| text.parse().unwrap()).collect();
        let found = find(name).unwrap().check_call(&args);
        match (found, expect) {
            (Ok(found), Ok(expect)) => assert_eq!(found.to_string(), expect, "{name}"),
            (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{name}: {error}"),
            (found, expect) => panic!("{name}: {found:?} and not {expect:?}"),
        }
    };
    check("identity", &["table{a: int8}"], Ok("table{a: int8}"));
    check("add", &["int", "float"], Ok("float"));
    check("add", &["uint", "uint"], Ok("uint"));
    check("sub", &["uint", "uint"], Ok("int"));
    check("div", &["int", "int"], Ok("float"));
    check("add", &["any", "int"], Ok("any"));
    check("add", &["ndarray<int8>", "int"], Ok("ndarray"));
    check("add", &["text", "int"], Err("text"));
    check("add", &["ndarray<datetime64[ns]>", "int"], Err("datetime64"));
    check("add", &["int"], Err("2 arguments"));
    check("neg", &["uint"], Ok("int"));
    check("inc", &["uint"], Ok("uint"));
    check("sum", &["list<int>"], Ok("int"));
    check("sum", &["ndarray<uint8>"], Ok("uint"));
    check("sum", &["list<text>"], Err("list<text>"));
    check("mean", &["list<int>"], Ok("float"));
    check("max", &["ndarray<bool>"], Ok("boolean"));
    check("min", &["list<ndarray>"], Err("list<ndarray>"));
    check("len", &["table"], Ok("int"));
    check("len", &["int"], Err("int"));
    check("list", &["int", "int"], Ok("list<int>"));
    check("list", &[], Ok("list<any>"));
    check("item", &["list<float>", "int"], Ok("float"));
    check("item", &["map<float>", "int"], Err("a map and a name"));
    check("concat", &["list<table>"], Ok("table"));
    check("concat", &["list<int>", "list<int>"], Ok("list<int>"));
    check("concat", &["int"], Err("tables only"));
    check("random", &["text", "text", "int", "int", "text", "int"], Ok("ndarray"));
    check("random", &["text", "text", "int", "int", "int", "int"], Err("`grid`"));
    check("sleep", &["int", "text"], Ok("text"));
    check("sleep", &["text"], Err("argument `ms` of `sleep`: expected float, given text"));
}

/// Small values of most types.
fn any_value() -> impl Strategy<Value = Value> {
    let table =
        Partition::from_columns(3, Vec::<(&str, gristmill_data::arrow::array::ArrayRef)>::new()).unwrap();
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3..4_i64).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-c]{0,2}".prop_map(Value::from),
        Just(Value::from(vec![1_u8, 2])),
        Just(Value::from(table)),
        prop::collection::vec(any::<i8>(), 0..4).prop_map(|v| {
            let n = v.len() as u64;
            Chunk::from_vec(v, &[n]).unwrap().into()
        }),
        prop::collection::vec(any::<f32>(), 2).prop_map(|v| Chunk::from_vec(v, &[2, 1]).unwrap().into()),
        any::<bool>().prop_map(|b| Chunk::from_vec(vec![b], &[]).unwrap().into()),
    ];
    leaf.prop_recursive(2, 12, 4, |item| {
        prop_oneof![
            prop::collection::vec(item.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-c]", item), 0..3).prop_map(Value::map),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// What type inference promises is kept, what it refuses fails, and nothing panics.
    #[test]
    fn signatures_tell_the_truth(
        kernel in prop::sample::select(all().iter().filter(|kernel| kernel.name != "sleep").collect::<Vec<_>>()),
        args in prop::collection::vec(any_value(), 0..3),
    ) {
        let types: Vec<Type> = args.iter().map(Value::type_of).collect();
        let (promised, result) = (kernel.check_call(&types), kernel.call(&args));
        match (promised, result) {
            (Ok(promised), Ok(result)) => {
                let given = result.type_of();
                prop_assert!(promised.accepts(&given).is_ok(), "{kernel:?} of {args:?}: {promised} and not {given}");
                kernel.returns.accepts(&given).unwrap();
            }
            (Err(refusal), Ok(result)) => prop_assert!(false, "{refusal}, but {kernel:?} of {args:?} is {result:?}"),
            (_, Err(_)) => {}
        }
    }
}
