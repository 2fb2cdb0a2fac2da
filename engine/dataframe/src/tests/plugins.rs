//! Functions of plugins in expressions and in SQL.

use std::sync::Arc;

use gristmill_collections::{Component, Declaration, Library};
use gristmill_data::{Chunk, Partition, TaskError, TaskErrorKind, Value};

use crate::tests::{Around, Function, csv, frame, run, sorted_csv};
use crate::{ColumnExt, DataFrame, Functions, Session, col, lit};

fn declared(name: &str, params: &[&str], returns: &str) -> Declaration {
    let param = |(n, ty): (usize, &&str)| (format!("p{n}").into(), ty.parse().unwrap(), false);
    Declaration {
        name: name.into(),
        params: params.iter().enumerate().map(param).collect(),
        returns: returns.parse().unwrap(),
        is_pure: true,
        keeps_rows: true,
    }
}

fn functions() -> Functions {
    Functions::of(&Library {
        component: Component::from_bytes("mill", b"no component".to_vec()),
        functions: vec![
            declared("scale", &["ndarray<float64>", "float"], "ndarray<float64>"),
            declared("initial", &["table{word: utf8}"], "table{initial: utf8}"),
            declared("add", &["float", "int"], "float"),
            declared("total.chunk", &["ndarray<float64>"], "float"),
            declared("total.combine", &["list<float>"], "float"),
            declared("total.aggregate", &["list<float>"], "float"),
            declared("lone.chunk", &["ndarray<float64>"], "float"),
            declared("odd", &["map<int>"], "float"),
            declared("make", &["int"], "table{k: int64}"),
            Declaration {
                keeps_rows: false,
                ..declared("shrink", &["ndarray<float64>"], "ndarray<float64>")
            },
        ],
        formats: Vec::new(),
    })
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Chunk(chunk) => chunk.as_slice::<f64>().unwrap().to_vec(),
        Value::List(items) => items.iter().map(|item| numbers(item)[0]).collect(),
        Value::Float(float) => vec![*float],
        other => panic!("{other:?}"),
    }
}

fn scale(args: &[Value]) -> Result<Value, TaskError> {
    let by = numbers(&args[1])[0];
    let scaled: Vec<f64> = numbers(&args[0]).iter().map(|x| x * by).collect();
    let n = scaled.len() as u64;
    Ok(Value::Chunk(Chunk::from_vec(scaled, &[n]).unwrap()))
}

fn initial(args: &[Value]) -> Result<Value, TaskError> {
    use gristmill_data::arrow::array::{Array, ArrayRef, StringArray};
    let Value::Partition(words) = &args[0] else { panic!() };
    let words = words.column("word").unwrap().as_any().downcast_ref::<StringArray>().unwrap();
    let initials: StringArray = words.iter().map(|word| word.and_then(|word| word.get(..1))).collect();
    Ok(Value::Partition(
        Partition::from_columns(initials.len(), [("initial", Arc::new(initials) as ArrayRef)]).unwrap(),
    ))
}

fn add(args: &[Value]) -> Result<Value, TaskError> {
    match args {
        [Value::Float(_), Value::Int(13)] => Err(TaskError::new(TaskErrorKind::Failed, "thirteen")),
        [Value::Float(x), Value::Int(n)] => Ok(Value::Float(x + *n as f64)),
        other => panic!("{other:?}"),
    }
}

fn total(args: &[Value]) -> Result<Value, TaskError> {
    Ok(Value::Float(numbers(&args[0]).iter().fold(0.0, |sum, x| sum + x)))
}

fn around() -> Around {
    let functions: Vec<(&'static str, Function)> = vec![
        ("scale", scale),
        ("initial", initial),
        ("add", add),
        ("total.chunk", total),
        ("total.combine", total),
        ("total.aggregate", total),
    ];
    Around { functions, closed: None }
}

fn ran(frame: &DataFrame) -> Result<DataFrame, TaskError> {
    match run(frame, Value::Null, around(), 1 << 30)? {
        Value::Partition(rows) => Ok(DataFrame::from_partitions(&[rows])),
        other => panic!("{other:?}"),
    }
}

const ROWS: &str = "n,x,word\n1,0.5,mill\n2,,stone\n3,4.0,\n";

#[test]
fn functions_of_columns_are_called_with_batches() {
    let functions = functions();
    let rows = frame(ROWS);
    let scaled = functions.call("scale", [col("x"), lit(2.0)]).unwrap().alias("s");
    // An integer is taken for a float, and a null stays one.
    let of_int = functions.call("scale", [col("n"), lit(10)]).unwrap().alias("t");
    let initial = functions.call("initial", [col("word")]).unwrap().alias("i");
    let added = functions.call("add", [col("x"), col("n")]).unwrap().alias("a");
    let done = ran(&rows.select([col("n"), scaled, of_int, initial, added])).unwrap();
    assert_eq!(csv(&done.sort(["n"])), "n,s,t,i,a\n1,1.0,10.0,m,1.5\n2,,20.0,s,\n3,8.0,30.0,,7.0\n");
}

#[test]
fn sql_calls_them_by_plugin_and_name() {
    let mut session = Session::new();
    session.register("t", &frame(ROWS)).unwrap();
    session.register_functions(&functions());
    let asked = session.sql(
        "SELECT mill.initial(word) AS i, mill.total(mill.scale(x, 3.0)) AS total FROM t \
         WHERE mill.add(x, n) < 7.5 OR x IS NULL GROUP BY mill.initial(word)",
    );
    assert_eq!(sorted_csv(&ran(&asked).unwrap()), [",12.0", "m,1.5", "s,0.0"]);
    let refused = |sql: &str| session.sql(sql).check().unwrap_err().to_string();
    let told = refused("SELECT mill.scale(word, 2.0) FROM t");
    assert!(told.contains("argument 1 of mill.scale is Utf8, and it takes Float64"), "{told}");
    assert!(told.contains("mill.scale(p0: ndarray<float64>, p1: float)"), "{told}");
    assert!(refused("SELECT mill.scale(x) FROM t").contains("other arguments than the 1 given"));
    assert!(
        refused("SELECT mill.scale(x, x) FROM t").contains("it takes a constant where a column is given")
    );
    assert!(refused("SELECT mill.nothing(x) FROM t").contains("mill.nothing"));
}

#[test]
fn reductions_are_aggregate_functions_of_many_batches() {
    let text: String = (0..100_000).map(|n| format!("{n},{}\n", n % 3)).collect();
    let rows = frame(&format!("x,g\n{text}"));
    let functions = functions();
    let total = functions.call("total", [col("x")]).unwrap().alias("total");
    let all = ran(&rows.agg([total.clone()])).unwrap();
    assert_eq!(csv(&all), "total\n4999950000.0\n");
    let groups = ran(&rows.group_by(["g"]).agg([total.clone(), col("x").sum().alias("sum")])).unwrap();
    assert_eq!(
        sorted_csv(&groups),
        ["0,1666683333.0,1666683333", "1,1666616667.0,1666616667", "2,1666650000.0,1666650000"]
    );
    // Nothing is a sum as well.
    assert_eq!(csv(&ran(&rows.head(0).agg([total])).unwrap()), "total\n0.0\n");
}

#[test]
fn functions_of_constants_are_tables() {
    let mut session = Session::new();
    session.register_functions(&functions());
    let asked = session.sql("SELECT sum(k) AS total FROM \"mill.make\"(10)");
    assert_eq!(asked.columns().unwrap(), ["total"]);
    let told = |frame: DataFrame| frame.check().unwrap_err().to_string();
    assert!(told(session.sql("SELECT * FROM \"mill.make\"()")).contains("0 arguments are given"));
    assert!(told(functions().table("make", [col("x")])).contains("must be a constant"));
    assert!(told(functions().table("nothing", [])).contains("it has mill.make"));
    assert_eq!(functions().table("make", [lit(3)]).columns().unwrap(), ["k"]);
}

#[test]
fn what_no_query_can_call_says_why_and_faults_name_the_function() {
    let functions = functions();
    let told = |name: &str| functions.call(name, [col("x")]).unwrap_err().to_string();
    assert!(told("odd").contains("no column is `map<int>`"), "{}", told("odd"));
    assert!(told("shrink").contains("does not say that the result has a value for each row"));
    assert!(told("lone").contains("there is no `lone.combine`"), "{}", told("lone"));
    assert!(told("nothing").contains("it has mill.scale"), "{}", told("nothing"));
    let rows = frame("x,n\n1.0,12\n2.0,13\n");
    let error = ran(&rows.select([functions.call("add", [col("x"), col("n")]).unwrap()])).unwrap_err();
    assert_eq!((error.kind, &*error.message), (TaskErrorKind::Failed, "thirteen"));
}
