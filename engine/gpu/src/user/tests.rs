//! What is refused of kernels, and why; what a kernel becomes.

use gristmill_data::DType::{self, Boolean, Float32, Float64, Int32, Int64, UInt32, UInt64};

use super::{UserKernel, fuel, validate};
use crate::Error;

fn kernel(source: &str) -> Result<UserKernel, String> {
    match validate(source, "f", &[Float32], Float32) {
        Ok(kernel) => Ok(kernel),
        Err(Error::Kernel { kernel, reason }) => {
            assert_eq!(kernel, "f");
            Err(reason)
        }
        Err(error) => panic!("{error}"),
    }
}

/// Fails unless the kernel is refused with such a message.
fn refused(source: &str, message: &str) {
    match kernel(source) {
        Ok(_) => panic!("allowed: {}", &source[..source.len().min(200)]),
        Err(reason) => assert!(reason.contains(message), "{}\n{reason}", &source[..source.len().min(200)]),
    }
}

#[test]
fn plain_kernels_are_allowed() {
    for source in [
        "fn f(x: f32) -> f32 { return x; }",
        "alias Number = f32;\nfn f(x: Number) -> Number { return exp(x) + pow(x, 2.0) % 3.0; }",
        "const N = 3;\nconst K = array<f32, N>(1, 2, 3);\nfn g(i: i32) -> f32 { return K[i]; }\nfn f(x: f32) -> f32 { return g(i32(x)); }",
        "struct P { a: f32, b: vec3<f32>, c: array<f32, 4> }\nstruct Q { a: f32, b: vec3<f32>, c: array<f32, 4> }\n\
         fn g(p: ptr<function, P>, q: Q) { (*p).a += q.c[2]; }\n\
         fn f(x: f32) -> f32 { var p = P(x, vec3(x), array<f32, 4>()); var q: Q; g(&p, q); return p.a + dot(p.b, p.b.zyx); }",
        "fn f(x: f32) -> f32 { var y = x; for (var i = 0; i < 9; i++) { if y > 8 { break; } if y < 2 { continue; } y += 1; } \
         while y > 5 { y -= 1; } loop { y -= 1; continuing { y += 0.5; break if y < 0; } } return y; }",
        "fn f(x: f32) -> f32 { switch i32(x) { case 0, 1: { return 1; } case 2: { return x; } default: { return 3; } } }",
        "fn f(x: f32) -> f32 { return f32(sqrt(f64(x) * 3.0lf) + f64(i64(x) % 7li) + f64(max(u64(x), 2lu))); }",
        "fn f(x: f32) -> f32 { let m = mat2x2<f32>(x, 1, 2, 3); return determinant(m * transpose(m)); }",
        "fn f(x: f32) -> f32 { return select(x, 1.0, x > 1 && all(vec2(x) < vec2(3.0))); }",
        "const_assert 2 < 3;\nfn f(x: f32) -> f32 { return bitcast<f32>(countOneBits(bitcast<u32>(x)) | extractBits(7u, 1u, 2u)); }",
        "fn f(x: f32) -> f32 { loop { if x < 9 { return x; } } return 0; }",
    ] {
        kernel(source).unwrap_or_else(|reason| panic!("{source}\n{reason}"));
    }
}

#[test]
fn what_kernels_may_not_declare() {
    for (source, message) in [
        // Types.
        ("enable f16;\nfn f(x: f32) -> f32 { return f32(f16(x)); }", "f16"),
        ("fn g(x: ptr<private, f32>) {}\nfn f(x: f32) -> f32 { return x; }", "pointers to anything but"),
        (
            "fn g(x: ptr<storage, f32>) {}\nfn f(x: f32) -> f32 { return x; }",
            "can\'t be passed into functions",
        ),
        (
            "fn g(x: ptr<workgroup, f32>) {}\nfn f(x: f32) -> f32 { return x; }",
            "can\'t be passed into functions",
        ),
        (
            "fn g(x: ptr<uniform, f32>) {}\nfn f(x: f32) -> f32 { return x; }",
            "can\'t be passed into functions",
        ),
        ("struct A { a: atomic<u32> }\nfn f(x: f32) -> f32 { return x; }", "atomics"),
        ("struct A { a: array<f32> }\nfn f(x: f32) -> f32 { return x; }", "arrays without a length"),
        ("struct A { @location(0) a: f32 }\nfn f(x: f32) -> f32 { return x; }", "attributes as entry points"),
        ("fn g(t: texture_2d<f32>) {}\nfn f(x: f32) -> f32 { return x; }", "textures and samplers"),
        ("fn g(s: sampler) {}\nfn f(x: f32) -> f32 { return x; }", "textures and samplers"),
        ("fn f(x: f32) -> f32 { let m = mat2x2<f64>(); return x; }", "matrices other than of f32"),
        // Variables of the module.
        ("var<private> g: f32;\nfn f(x: f32) -> f32 { return g; }", "`g` is a variable of the module"),
        ("var<workgroup> g: f32;\nfn f(x: f32) -> f32 { return g; }", "`g` is a variable of the module"),
        (
            "@group(0) @binding(0) var<storage> g: array<f32>;\nfn f(x: f32) -> f32 { return g[0]; }",
            "line 1: `g` is a variable",
        ),
        (
            "@group(0) @binding(0) var<uniform> g: f32;\nfn f(x: f32) -> f32 { return g; }",
            "`g` is a variable of the module",
        ),
        (
            "@group(0) @binding(0) var g: texture_2d<f32>;\nfn f(x: f32) -> f32 { return textureLoad(g, vec2(0), 0).x; }",
            "`g` is a variable",
        ),
        ("var<immediate> g: f32;\nfn f(x: f32) -> f32 { return g; }", ""),
        ("override g: f32 = 1;\nfn f(x: f32) -> f32 { return g; }", "override"),
        // Entry points.
        ("@compute @workgroup_size(1) fn main() {}\nfn f(x: f32) -> f32 { return x; }", "entry points"),
        ("fn f(@location(0) x: f32) -> f32 { return x; }", ""),
        ("fn f(@builtin(position) x: f32) -> f32 { return x; }", ""),
    ] {
        refused(source, message);
    }
}

#[test]
fn what_kernels_may_not_do() {
    let in_f = |body: &str| format!("fn f(x: f32) -> f32 {{ {body} return x; }}");
    for (source, message) in [
        // Statements.
        (in_f("discard;"), "`discard`"),
        (in_f("workgroupBarrier();"), "barriers"),
        (in_f("storageBarrier();"), "barriers"),
        (in_f("textureBarrier();"), "barriers"),
        (in_f("subgroupBarrier();"), ""),
        // Expressions.
        (in_f("let a = dpdx(x);"), "derivatives"),
        (in_f("let a = fwidthCoarse(x);"), "derivatives"),
        (in_f("let a = subgroupAdd(x);"), ""),
        (in_f("let a = subgroupBallot(true);"), ""),
        (in_f("let a = quadSwapX(x);"), ""),
        (in_f("let a = modf(x);"), "modf"),
        (in_f("let a = frexp(x);"), "frexp"),
        (in_f("let a = dot4I8Packed(1u, u32(x));"), "`dot4I8Packed`"),
        (in_f("\n let a = exp(f64(x));"), "line 2: `exp` of f64"),
        (in_f("let a = sin(vec2<f64>(f64(x)));"), "`sin` of f64"),
        (in_f("let a = pow(f64(x), 2.0lf);"), "`pow` of f64"),
        (in_f("let a = tanh(f64(x));"), "`tanh` of f64"),
        (in_f("let a = length(vec2<f64>(f64(x)));"), "`length` of f64"),
        (in_f("let a = countOneBits(u64(x));"), ""),
    ] {
        refused(&source, message);
    }
}

#[test]
fn what_no_wgsl_is() {
    for (source, message) in [
        // What naga itself refuses.
        ("fn f(x: f32) -> f32 { return f(x); }", "recursive"),
        ("fn g(x: f32) -> f32 { return f(x); }\nfn f(x: f32) -> f32 { return g(x); }", "cyclic"),
        (
            "fn f(x: f32) -> f32 {\n  return y;\n}",
            "line 2: no definition in scope for identifier: `y`\n  return y;",
        ),
        ("fn f(x: f32) -> f32 {\n  return x\n}", "line 3: expected"),
        ("fn f(x: f32) -> f32 { }", ""),
        ("fn f(x: f32) -> f32 { let a = array<f32, 3>(); return a[3]; }", ""),
        ("\u{0}\u{1b}[31m", "line 1"),
        ("", "there is no function `f`"),
        ("fn g(x: f32) -> f32 { return x; }\nfn h() {}", "there is no function `f`; there are: g, h"),
    ] {
        refused(source, message);
    }
}

#[test]
fn what_is_too_large() {
    let comment = |n: usize| {
        let kernel = "fn f(x: f32) -> f32 { return x; }//";
        format!("{kernel}{}", "-".repeat(n - kernel.len()))
    };
    kernel(&comment(64 << 10)).unwrap();
    refused(&comment((64 << 10) + 1), "65537 B of source, of at most 65536 B");

    let array = |n: usize| format!("fn f(x: f32) -> f32 {{ var a: array<f32, {n}>; return a[i32(x)]; }}");
    kernel(&array(1024)).unwrap();
    refused(&array(1025), "a type of 4100 B, of at most 4096 B");
    refused(&array(4_000_000_000), "Size exceeds limit");
    let two = "var a: array<f32, 600>; var b: array<f32, 600>; return a[i32(x)] + b[i32(x)];";
    refused(&format!("fn f(x: f32) -> f32 {{ {two} }}"), "`f` has 4800 B of arrays, of at most 4096 B");
    let indexed = "return array<f32, 600>()[i32(x)] + array<f32, 600>()[i32(x) + 1];";
    refused(&format!("fn f(x: f32) -> f32 {{ {indexed} }}"), "`f` has 4800 B of arrays");
    let helper = |n: usize| {
        let calls = "x = g(x); ".repeat(n);
        format!(
            "fn g(x: f32) -> f32 {{ var a: array<f32, 1024>; return a[i32(x)]; }}\n\
             fn f(y: f32) -> f32 {{ var x = y; {calls} return x; }}"
        )
    };
    kernel(&helper(16)).unwrap();
    refused(&helper(17), "`f` has 69632 B of arrays in all that it calls, of at most 65536 B");

    let doubling = |n: usize| {
        let more: String = (1..=n)
            .map(|n| format!("fn g{n}(x: f32) -> f32 {{ return g{}(g{}(x)); }}\n", n - 1, n - 1))
            .collect();
        format!("fn g0(x: f32) -> f32 {{ return x + 1; }}\n{more}fn f(x: f32) -> f32 {{ return g{n}(x); }}")
    };
    kernel(&doubling(10)).unwrap();
    refused(&doubling(15), "expressions and statements in all that it calls, of at most 65536");
    let chain: String =
        (1..=20).map(|n| format!("fn g{n}(x: f32) -> f32 {{ return g{}(x); }}\n", n - 1)).collect();
    let chain =
        format!("fn g0(x: f32) -> f32 {{ return x; }}\n{chain}fn f(x: f32) -> f32 {{ return g20(x); }}");
    refused(&chain, "calls functions 17 deep, of at most 16");
    let many: String = (0..256).map(|n| format!("fn g{n}() {{}}\n")).collect();
    refused(&format!("{many}fn f(x: f32) -> f32 {{ return x; }}"), "257 functions, of at most 256");
    let long = "y += x; ".repeat(1500);
    refused(
        &format!("fn f(x: f32) -> f32 {{ var y = x; {long} return y; }}"),
        "expressions and statements, of at most 4096",
    );
}

#[test]
fn what_lies_too_deep() {
    let f = |body: &str| format!("fn f(x: f32) -> f32 {{ {body} return x; }}");
    let blocks = |n: usize| f(&("{".repeat(n) + &"}".repeat(n)));
    kernel(&blocks(32)).unwrap();
    refused(&blocks(33), "blocks lie 33 deep");
    refused(&blocks(30_000), "");
    refused(&f(&("if x > 0 { } ".to_owned() + &"else if x > 1 { } ".repeat(500))), "blocks lie");
    refused(&f(&("let a = ".to_owned() + &"(".repeat(30_000) + "x" + &")".repeat(30_000) + ";")), "");
    refused(&f(&("let a = ".to_owned() + &"-".repeat(30_000) + "x;")), "");
    kernel(&f(&("let a = ".to_owned() + &"!".repeat(60_000) + "true;"))).unwrap();
    refused(&f(&("let a = ".to_owned() + &"~".repeat(60_000) + "i32(x);")), "of at most 4096");
    refused(&f(&("let a = ".to_owned() + &"- ".repeat(30_000) + "x;")), "of at most 4096");
    refused(&f(&("let a = ".to_owned() + &"*&".repeat(30_000) + "x;")), "");
    refused(&f(&("var y = x; ".to_owned() + &"*&".repeat(30_000) + "y = 1;")), "");
    refused(&f(&("let a: ".to_owned() + &"array<".repeat(9_000) + "f32;")), "");
    refused(&f(&("let a = ".to_owned() + &"abs(".repeat(9_000) + "x" + &")".repeat(9_000) + ";")), "");
    refused(&f(&("let a = x".to_owned() + &"[0]".repeat(20_000) + ";")), "");
    // A long sum is deep for those who read it, and not for those who read it again.
    kernel(&f(&("let a = x".to_owned() + &"+x".repeat(1_000) + ";"))).unwrap();
    refused(&"/*".repeat(32_000), "");
}

#[test]
fn signatures_that_differ_are_shown() {
    let source =
        "struct P { a: f32 }\nfn f(celsius: f32, is_warm: bool, many: vec2<f32>) -> i32 { return 0; }";
    let Err(Error::Kernel { reason, .. }) = validate(source, "f", &[Float32, Int32], Float64) else {
        panic!()
    };
    assert_eq!(
        reason,
        "its types are not the component's\n  \
         component: fn f(f32, i32) -> f64\n  \
         WGSL:      fn f(celsius: f32, is_warm: bool, many: a vector) -> i32\n  \
         it takes 3 arrays, and not 2\n  `is_warm` is bool, and not i32\n  it gives i32, and not f64"
    );
    let refused = |source: &str, params: &[DType], result: DType, message: &str| match validate(
        source, "f", params, result,
    ) {
        Err(Error::Kernel { reason, .. }) => assert!(reason.contains(message), "{reason}"),
        other => panic!("{other:?}"),
    };
    refused(
        "fn f() {}",
        &[Float32],
        Float32,
        "it takes 0 arrays, and not 1\n  it gives nothing, and not f32",
    );
    refused(
        "fn f(x: f32) -> f32 { return x; }",
        &[DType::Float16],
        Float32,
        "float16 is no dtype of kernels",
    );
    refused(
        "fn f(x: f32) -> f32 { return x; }",
        &[Float32],
        DType::Complex64,
        "complex64 is no dtype of kernels",
    );
    refused("fn f() -> f32 { return 1; }", &[], Float32, "it takes 0 arrays, and kernels take 1 to 6");
    let all = [Boolean, Int32, Int64, UInt32, UInt64, Float64];
    let source = "fn f(a: bool, b: i32, c: i64, d: u32, e: u64, g: f64) -> f32 { return f32(b); }";
    validate(source, "f", &all, Float32).unwrap();
}

#[test]
fn names_are_ours() {
    let source = "struct imm { out: f32, in0: f32 }\nconst np_exp = 2.0;\n\
                  fn zero(main: f32, n_groups: imm) -> f32 { let status = main + n_groups.in0; return status; }\n\
                  fn user_fuel(user_main: f32) -> f32 { return user_main; }\n\
                  fn user_main(program: f32) -> f32 { return zero(program, imm(program, np_exp)); }\n\
                  fn f(r0: f32) -> f32 { var loop_ = r0; loop { loop_ -= 1; if loop_ < 0 { break; } } \
                  return user_main(user_fuel(loop_)); }";
    let text = kernel(source).unwrap().text;
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let known = [
        "struct", "f32", "u32", "const", "fn", "return", "let", "var", "loop", "if", "break", "private", "f",
        "u", "0u", "1u", "0f", "1f", "2f", "member",
    ];
    let own: Vec<&str> = words.filter(|word| !known.contains(word)).collect();
    assert!(
        own.iter().all(|word| ["user_", "member", "_e"].iter().any(|start| word.starts_with(start))),
        "{own:?}\n{text}"
    );
    assert!(text.contains("fn user_main(") && text.contains("var<private> user_fuel: u32;"), "{text}");
}

/// The text that a kernel becomes is read again, and must have fuel in every loop.
#[test]
fn every_loop_has_fuel() {
    let source = "fn g(x: f32) -> f32 { var y = x; while true { y += 1; } return y; }\n\
                  fn unused() { loop { loop { continuing { for (;;) {} } } } }\n\
                  fn f(x: f32) -> f32 { switch i32(x) { case 1: { loop { continue; } } default: { if x > 0 { loop {} } else { \
                  for (var i = 0; ; i++) {} } } } return g(x); }";
    let kernel = kernel(source).unwrap();
    assert_eq!(kernel.n_loops, 7);
    let module = naga::front::wgsl::parse_str(&kernel.text).unwrap();
    let n_loops: usize = module.functions.iter().map(|(_, function)| fuel::n_loops(&function.body)).sum();
    assert_eq!(n_loops, 7);
    let lines: Vec<&str> = kernel.text.lines().map(str::trim).collect();
    for (at, _) in lines.iter().enumerate().filter(|(_, line)| **line == "loop {") {
        assert!(lines[at + 1].ends_with("= user_fuel;"), "{}", kernel.text);
        assert!(lines[at + 4].starts_with("if ") && lines[at + 5] == "break;", "{}", kernel.text);
        assert!(lines[at + 7].starts_with("user_fuel = "), "{}", kernel.text);
    }
}
