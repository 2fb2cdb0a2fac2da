//! Diagonals and triangles, against NumPy.

use gristmill_data::DType;

use crate::array::CHUNK_NBYTES;
use crate::array::testing::{check, refused, sample};
use crate::{Array, s};

#[test]
fn diagonals_are_those_of_numpy() {
    check(include_str!("tests.json"), 0.0, &[[7, 5], [4, 2], [1, 1], [5, -1]], |chunks| {
        let x = sample(&[7, 5], chunks);
        let c = sample(&[4, 3, 5], [3, chunks[1], 2]);
        let v = sample(&[6], [chunks[0].min(4)]);
        let k = |n: i64| (x.diagonal(n, [0, 1]), x.trace(n, [0, 1]), x.tril(n), x.triu(n));
        let names = [
            (0, ["diagonal 0", "trace 0", "tril 0", "triu 0", "tri 0"]),
            (1, ["diagonal 1", "trace 1", "tril 1", "triu 1", "tri 1"]),
            (-2, ["diagonal -2", "trace -2", "tril -2", "triu -2", "tri -2"]),
            (4, ["diagonal 4", "trace 4", "tril 4", "triu 4", "tri 4"]),
            (-7, ["diagonal -7", "trace -7", "tril -7", "triu -7", "tri -7"]),
            (9, ["diagonal 9", "trace 9", "tril 9", "triu 9", "tri 9"]),
        ];
        let mut arrays = vec![
            ("diagonal of planes", c.diagonal(1, [0, 2])),
            ("diagonal backwards", c.diagonal(-1, [2, 1])),
            ("trace of planes", c.trace(0, [1, 2])),
            ("trace of booleans", x.gt(0).trace(0, [0, 1])),
            ("diag of a matrix", x.diag(1)),
            ("diag", v.diag(0)),
            ("diag above", v.diag(2)),
            ("diag below", (&v * 0.5).diag(-3)),
            ("diag of nothing", v.slice(s![..0]).diag(1)),
            ("tril of planes", c.tril(0)),
            ("triu of planes", c.triu(1)),
            ("triu of booleans", x.gt(0).triu(0)),
            ("triangle of NaN", Array::full(f64::NAN, &[3, 3], 2).tril(0)),
        ];
        for (n, [diagonal, trace, tril, triu, tri]) in names {
            let found = k(n);
            arrays.extend([(diagonal, found.0), (trace, found.1), (tril, found.2), (triu, found.3)]);
            arrays.push((tri, Array::tri(DType::Int16, 7, 5, n, chunks)));
        }
        arrays
    });
}

#[test]
fn only_blocks_on_the_diagonal_are_read() {
    let x = sample(&[8, 8], 2) + 1;
    let program = <Array as crate::Collection>::program(&[x.diagonal(0, [0, 1])]).unwrap();
    // Of 16 blocks, 4 are needed.
    let mut seen = std::collections::HashSet::new();
    let mut open = program.wanted.clone();
    while let Some(task) = open.pop() {
        if seen.insert(task) {
            open.extend(program.graph.inputs(task));
        }
    }
    let n_read =
        seen.iter().filter(|task| program.graph.layer(task.layer).unwrap().name.as_ref() == "data").count();
    assert_eq!(n_read, 4);
}

#[test]
fn matrices_are_cut_along_both_axes() {
    let x = Array::zeros(DType::Float64, &[1 << 20], -1).diag(0);
    assert!(x.n_chunk_elements() * 8 <= CHUNK_NBYTES, "{x:?}");
}

#[test]
fn what_has_no_diagonal_is_refused() {
    let x = sample(&[7, 5], 4);
    refused(&x.diagonal(0, [0, 0]), "not along axis 0 alone");
    refused(&x.trace(0, [0, 2]), "no axis 2");
    refused(&sample(&[2, 2, 2], 1).diag(0), "no vector and no matrix");
    refused(&x.slice(s![0]).diag(i64::MIN), "too far");
    refused(&x.slice(s![0]).tril(0), "fewer than two");
    refused(&x.tril(i64::MIN).triu(i64::MAX).squeeze(0), "longer than 1");
}
