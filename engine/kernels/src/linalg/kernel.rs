//! The kernels of matrices, with values for arguments.

use gristmill_data::{Chunk, Type, Value};

use super::*;
use crate::blocks::{Args, array_kernel, arrays_kernel};
use crate::registry::{Kernel, Param, kernel, param};

fn list(chunks: impl IntoIterator<Item = Chunk>) -> Value {
    chunks.into_iter().map(Value::Chunk).collect()
}

pub(crate) fn kernels() -> Vec<Kernel> {
    let mut kernels = factor_kernels();
    kernels.extend(eigen_kernels());
    kernels.extend(solve_kernels());
    kernels.extend(measure_kernels());
    kernels
}

fn chunk(name: &'static str) -> Param {
    param(name, Type::ANY_ARRAY)
}

fn factor_kernels() -> Vec<Kernel> {
    let a = || vec![chunk("a")];
    vec![
        Kernel {
            returns: Type::Any,
            ..kernel(
                "qr",
                "Matrices as one with orthogonal columns times an upper triangular one, or the latter for mode `r`.",
                vec![param("mode", Type::Text), chunk("a")],
                |_| Ok(Type::Any),
                |args| {
                    let args = Args::new("qr", args);
                    let (q, r) = qr(args.parsed(0)?, args.chunk(1)?)?;
                    Ok(match q {
                        Some(q) => list([q, r]),
                        None => r.into(),
                    })
                },
            )
        },
        arrays_kernel("svd", "The reduced singular value decompositions of matrices.", a(), |args| {
            svd(Args::new("svd", args).chunk(0)?).map(list)
        }),
        array_kernel("svdvals", "The singular values of matrices.", a(), |args| {
            svdvals(Args::new("svdvals", args).chunk(0)?).map(Value::Chunk)
        }),
        array_kernel("cholesky", "The lower triangular roots of positive definite matrices.", a(), |args| {
            cholesky(Args::new("cholesky", args).chunk(0)?).map(Value::Chunk)
        }),
        arrays_kernel(
            "lu",
            "Matrices as rows in another order, times a lower triangular one, times an upper triangular one.",
            a(),
            |args| lu(Args::new("lu", args).chunk(0)?).map(list),
        ),
        arrays_kernel(
            "lu_factor",
            "Both triangular factors of matrices in one, and the rows that were swapped.",
            a(),
            |args| lu_factor(Args::new("lu_factor", args).chunk(0)?).map(list),
        ),
        array_kernel(
            "row_order",
            "Where rows come from that were swapped as `lu_factor` says.",
            vec![param("n_rows", Type::Int), chunk("piv")],
            |args| {
                let args = Args::new("row_order", args);
                row_order(args.size(0)?, args.chunk(1)?).map(Value::Chunk)
            },
        ),
    ]
}

fn eigen_kernels() -> Vec<Kernel> {
    let half = || vec![param("uplo", Type::Text), chunk("a")];
    let a = || vec![chunk("a")];
    vec![
        arrays_kernel("eigh", "The eigenvalues and eigenvectors of Hermitian matrices.", half(), |args| {
            let args = Args::new("eigh", args);
            eigh(args.parsed(0)?, args.chunk(1)?).map(list)
        }),
        array_kernel("eigvalsh", "The eigenvalues of Hermitian matrices.", half(), |args| {
            let args = Args::new("eigvalsh", args);
            eigvalsh(args.parsed(0)?, args.chunk(1)?).map(Value::Chunk)
        }),
        arrays_kernel("eig", "The eigenvalues and eigenvectors of matrices, complex.", a(), |args| {
            eig(Args::new("eig", args).chunk(0)?).map(list)
        }),
        array_kernel("eigvals", "The eigenvalues of matrices, complex.", a(), |args| {
            eigvals(Args::new("eigvals", args).chunk(0)?).map(Value::Chunk)
        }),
    ]
}

fn solve_kernels() -> Vec<Kernel> {
    let trans = || param("trans", Type::Text);
    let triangular = vec![
        param("lower", Type::Boolean),
        trans(),
        param("unit_diagonal", Type::Boolean),
        chunk("a"),
        chunk("b"),
    ];
    vec![
        array_kernel("solve", "The solutions of equations.", vec![chunk("a"), chunk("b")], |args| {
            let args = Args::new("solve", args);
            solve(args.chunk(0)?, args.chunk(1)?).map(Value::Chunk)
        }),
        array_kernel(
            "solve_triangular",
            "The solutions of equations with triangular matrices.",
            triangular,
            |args| {
                let args = Args::new("solve_triangular", args);
                let (a, b) = (args.chunk(3)?, args.chunk(4)?);
                solve_triangular(args.bool(0)?, args.parsed(1)?, args.bool(2)?, a, b).map(Value::Chunk)
            },
        ),
        array_kernel(
            "lu_solve",
            "The solutions of equations with what `lu_factor` gave.",
            vec![trans(), chunk("lu"), chunk("piv"), chunk("b")],
            |args| {
                let args = Args::new("lu_solve", args);
                lu_solve(args.parsed(0)?, args.chunk(1)?, args.chunk(2)?, args.chunk(3)?).map(Value::Chunk)
            },
        ),
        arrays_kernel(
            "lstsq",
            "What solves equations best, what is left, the rank and the singular values of the matrix.",
            vec![param("rcond", Type::Any), chunk("a"), chunk("b")],
            |args| {
                let args = Args::new("lstsq", args);
                lstsq(args.optional(0, Args::float)?, args.chunk(1)?, args.chunk(2)?).map(list)
            },
        ),
    ]
}

fn measure_kernels() -> Vec<Kernel> {
    let a = || vec![chunk("a")];
    vec![
        array_kernel("inv", "The inverses of matrices.", a(), |args| {
            inv(Args::new("inv", args).chunk(0)?).map(Value::Chunk)
        }),
        array_kernel(
            "pinv",
            "The pseudoinverses of matrices.",
            vec![param("rcond", Type::Any), chunk("a")],
            |args| {
                let args = Args::new("pinv", args);
                pinv(args.optional(0, Args::float)?, args.chunk(1)?).map(Value::Chunk)
            },
        ),
        array_kernel("det", "The determinants of matrices.", a(), |args| {
            det(Args::new("det", args).chunk(0)?).map(Value::Chunk)
        }),
        arrays_kernel(
            "slogdet",
            "The signs of determinants and the logarithms of their sizes.",
            a(),
            |args| slogdet(Args::new("slogdet", args).chunk(0)?).map(list),
        ),
    ]
}
