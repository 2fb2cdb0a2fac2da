//! Programs and their text.

use super::*;

fn example() -> Expr {
    let mut builder = ExprBuilder::new();
    let x = builder.input(DType::Float64).unwrap();
    let y = builder.input(DType::Int32).unwrap();
    let product = builder.apply(Op::Multiply, &[x, y]).unwrap();
    let root = builder.apply(Op::Sqrt, &[product]).unwrap();
    let same = builder.apply(Op::Multiply, &[x, y]).unwrap();
    assert_eq!(product, same, "equal steps are one");
    let half = Operand::Constant(Constant::new(DType::Float64, Number::Float(0.5)).unwrap());
    let sum = builder.apply(Op::Add, &[root, half]).unwrap();
    let positive = builder.apply(Op::Greater, &[x, half]).unwrap();
    let chosen = builder.apply(Op::Where, &[positive, sum, x]).unwrap();
    builder.finish(chosen)
}

#[test]
fn text_says_every_step() {
    let text = "(float64, int32) %0 = astype:float64(x1); %1 = multiply:float64(x0, %0); %2 = sqrt:float64(%1); \
                %3 = add:float64(%2, 0.5:float64); %4 = greater:float64(x0, 0.5:float64); \
                %5 = where:float64(%4, %3, x0) => %5";
    assert_eq!(example().to_string(), text);
    assert_eq!(text.parse::<Expr>().unwrap(), example());
}

#[test]
fn programs_without_steps_have_a_text() {
    for text in ["(int8) => x0", "() => 1.0~-0.0:complex128", "() => NaN:float32", "() => -inf:float64"] {
        assert_eq!(text.parse::<Expr>().unwrap().to_string(), text);
    }
}

#[test]
fn texts_that_are_no_programs_are_refused() {
    for (text, says) in [
        ("", "no inputs"),
        ("(int8)", "no result"),
        ("(int8) => x1", "x1"),
        ("(int8) => %0", "%0"),
        ("(int9) => x0", "int9"),
        ("(int8) %1 = negative:int8(x0) => %1", "%1 = negative"),
        ("(int8) %0 = negative:int8(%0) => %0", "%0 = negative"),
        ("(int8) %0 = negate:int8(x0) => %0", "negate"),
        ("(int8) %0 = negative:int16(x0) => %0", "not defined for int8"),
        ("(int8, int16) %0 = add:int16(x0, x1) => %0", "not defined for int8 and int16"),
        ("(int8) %0 = where:int8(x0, x0, x0) => %0", "not defined for int8"),
        ("(int8) %0 = add:int8(x0, 128:int8) => %0", "128"),
        ("(bool) %0 = negative:bool(x0) => %0", "negative"),
    ] {
        let error = text.parse::<Expr>().unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
}
