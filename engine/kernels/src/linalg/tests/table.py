"""NumPy's and SciPy's functions of matrices, as a table that the tests read.

    python table.py > table.txt     (NumPy 2.4, SciPy 1.17)
"""

import sys
from pathlib import Path

import numpy as np
import scipy.linalg

sys.path.append(str(Path(__file__).parents[2]))
from calls import line

SMALL = ["bool", "int16", "uint64"]
NUMBERS = ["float32", "float64", "complex64", "complex128"]
REFUSED = ["float16", "datetime64[ns]", "timedelta64[ns]"]


def numbers(dtype, shape, seed=0):
    """Numbers without pattern, of which no two are equal in size."""
    shape = (shape,) if isinstance(shape, int) else shape
    idx = np.arange(int(np.prod(shape))) + 13 * seed
    flat = np.sin(idx * 1.7 + 0.3) * 3 + idx % 5 - 2
    kind = np.dtype(dtype).kind
    if kind == "c":
        flat = flat + 1j * (np.cos(idx * 2.3) * 2 + idx % 3 - 1)
    elif kind in "iu":
        flat = np.abs(np.round(flat * 3)) if kind == "u" else np.round(flat * 3)
    elif kind == "b" and len(shape) > 1:  # of full rank
        return np.broadcast_to(np.tri(*shape[-2:], dtype=bool), shape).copy()
    elif kind == "b":
        flat = flat > 0
    return flat.astype(dtype).reshape(shape)


def easy(dtype, shape, seed=0):
    """Square matrices that have inverses which are not large."""
    if np.dtype(dtype).kind == "b":
        return numbers(dtype, shape)
    return (numbers(dtype, shape, seed) + 9 * np.eye(shape[-1])).astype(dtype)


def wide(x):
    return x.astype("complex128" if x.dtype.kind == "c" else "float64")


def like(x, of, real=False):
    """A result in the dtype that it has for this matrix."""
    dtype = np.dtype("float64") if of.dtype.kind in "biu" else of.dtype
    x = np.asarray(x)
    if real or x.dtype.kind != "c":
        dtype = np.zeros(1, dtype).real.dtype
    return x.astype(dtype)


def phase(vector):
    """The direction of the first of the greatest elements."""
    found, greatest = 1, 0
    for element in vector:
        if abs(element) > greatest * 1.001:
            found, greatest = element, abs(element)
    return found / abs(found)


def qr(x):
    q, r = np.linalg.qr(wide(x))
    diagonal = np.diagonal(r, axis1=-2, axis2=-1)
    phases = np.where(diagonal == 0, 1, diagonal / np.where(diagonal == 0, 1, abs(diagonal)))
    return like(q * phases[..., None, :], x), like(r * phases.conj()[..., :, None], x)


def svd(x):
    u, s, vh = np.linalg.svd(wide(x), full_matrices=False)
    phases = np.apply_along_axis(phase, -1, vh) if vh.size else np.ones(vh.shape[:-1])
    return like(u * phases[..., None, :], x), like(s, x, True), like(vh * phases.conj()[..., None], x)


def eigh(x, uplo):
    w, v = np.linalg.eigh(wide(x), uplo)
    phases = np.apply_along_axis(phase, -2, v) if v.size else np.ones(w.shape)
    return like(w, x, True), like(v * phases.conj()[..., None, :], x)


def factors():
    for dtype in NUMBERS + SMALL:
        for shape in [(3, 3), (4, 2), (2, 4), (1, 1), (2, 3, 2), (2, 0, 2, 2), (3, 0), (0, 3), (2, 0, 0), (0, 2, 2)]:
            x = numbers(dtype, shape)
            line("qr", ["reduced", x], qr(x))
            line("qr", ["r", x], qr(x)[1])
            line("svd", [x], svd(x))
            line("svdvals", [x], svd(x)[1])
            if x.size:
                own = like(x, x)  # SciPy computes short integers in single precision, NumPy and we in double
                if shape != (1, 1) or x.dtype.kind != "c":  # whose permutation SciPy makes complex
                    line("lu", [x], scipy.linalg.lu(own))
                packed, swaps = scipy.linalg.lu_factor(own) if x.ndim == 2 else [np.stack(part) for part in zip(*map(scipy.linalg.lu_factor, own))]
                line("lu_factor", [x], [packed, swaps])
        for shape in [(3, 3), (1, 1), (2, 2, 2), (0, 0), (2, 3)]:
            x = easy(dtype, shape) if shape[-1] == shape[-2] else numbers(dtype, shape)
            if dtype in ["bool", "uint64"]:
                x = np.broadcast_to(np.eye(*shape[-2:]), shape).astype(dtype)
            line("cholesky", [x], lambda: like(np.linalg.cholesky(wide(x)), x))
    for singular in [np.zeros((2, 2)), np.array([[1.0, 2], [2, 4]]), np.array([[0.0, 2], [0, 4]]), np.diag([1.0, 0, 2])]:
        line("lu", [singular], scipy.linalg.lu(singular))
        line("lu_factor", [singular], scipy.linalg.lu_factor(singular))
        if singular[0, 0] and singular[1, 1]:  # or `r` is not determined
            line("qr", ["r", singular], qr(singular)[1])
        line("svdvals", [singular], svd(singular)[1])
        line("cholesky", [singular], None)
    line("cholesky", [np.array([[1.0, 9], [2, 8]])], np.linalg.cholesky(np.array([[1.0, 9], [2, 8]])))
    line("cholesky", [np.array([[1.0, 2], [2, 1]])], None)
    line("cholesky", [np.array([[1 + 5j, 9], [2j, 8]])], np.linalg.cholesky(np.array([[1, 9], [2j, 8]])))
    line("qr", ["complete", np.eye(2)], None)


def eigen():
    for dtype in NUMBERS + SMALL:
        for shape in [(3, 3), (1, 1), (2, 2, 2), (5, 5), (0, 0), (2, 0, 0), (2, 3)]:
            x = numbers(dtype, shape)
            for uplo in "LU" if dtype in NUMBERS else "L":
                if dtype != "bool" or shape[-1] == 1 or x.size == 0:  # whose vectors are not determined
                    line("eigh", [uplo, x], lambda: eigh(x, uplo))
                line("eigvalsh", [uplo, x], lambda: eigh(x, uplo)[0])
        # In no particular order: these have one each, or are triangular, or none.
        for x in [numbers(dtype, (1, 1)), numbers(dtype, (2, 1, 1)), numbers(dtype, (0, 0)), numbers(dtype, (2, 3))]:
            def eig():
                w, v = np.linalg.eig(wide(x))
                small = x.dtype in ["float32", "complex64"]
                return [part.astype("complex64" if small else "complex128") for part in [w, v]]

            line("eig", [x], eig)
            line("eigvals", [x], lambda: eig()[0])
    nan = np.array([[1, np.nan], [0, 1.0]])
    line("eigh", ["L", nan], np.linalg.eigh(nan))
    line("eigh", ["U", nan], [np.full(2, np.nan), np.full((2, 2), np.nan)])
    line("eigvalsh", ["U", nan], np.full(2, np.nan))
    for kernel in ["eig", "eigvals", "svd", "svdvals"]:
        line(kernel, [nan], None)
    line("eigh", ["x", np.eye(2)], None)


def solutions():
    right_sides = [((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 2, 2), (2,)), ((2, 2, 2), (2, 1)), ((2, 2), (3, 2, 2)),
                   ((3, 1, 2, 2), (2, 2, 3)), ((0, 0), (0, 2)), ((0, 0), (0,)), ((2, 2), (2, 0)), ((2, 2), (3,)), ((2, 3), (2,)),
                   ((2, 2), ()), ((2, 2, 2), (3, 2, 1)), ((2, 2), (3, 2))]
    for a_dtype, b_dtype in [*zip(NUMBERS + SMALL, NUMBERS + SMALL), ("float32", "int16"), ("float32", "complex64"),
                             ("complex64", "float64"), ("bool", "float32")]:
        for left, right in right_sides:
            square = left[-1] == left[-2]
            a, b = easy(a_dtype, left) if square else numbers(a_dtype, left), numbers(b_dtype, right, 4)
            dtype = np.result_type(like(np.zeros(1), a).dtype if a.dtype.kind != "c" else a.dtype,
                                   like(np.zeros(1), b).dtype if b.dtype.kind != "c" else b.dtype)
            line("solve", [a, b], lambda: np.linalg.solve(wide(a), wide(b)).astype(dtype))
            if not square or a_dtype in ["bool", "uint64"] or len(right) == 0:
                continue
            for lower, trans, unit in [(True, "N", False), (False, "T", False), (True, "C", False), (False, "C", True)]:
                half = np.tril(wide(a)) if lower else np.triu(wide(a))
                if unit:
                    half = half / 8
                    half[..., range(left[-1]), range(left[-1])] = 1
                shown = wide(a) / 8 if unit else a
                turned = {"N": half, "T": half.swapaxes(-1, -2), "C": half.conj().swapaxes(-1, -2)}[trans]
                wider = np.result_type(dtype, shown.dtype) if unit else dtype
                line("solve_triangular", [lower, trans, unit, shown, b], lambda: np.linalg.solve(turned, wide(b)).astype(wider))
            if a.ndim == 2 and a.size:
                packed, swaps = scipy.linalg.lu_factor(like(a, a))
                for trans, code in [("N", 0), ("T", 1), ("C", 2)]:
                    if b.ndim in [1, 2]:
                        line("lu_solve", [trans, packed, swaps, b], lambda: scipy.linalg.lu_solve((wide(packed), swaps), wide(b), code).astype(dtype))
    a = easy("float64", (2, 3, 3))
    packed, swaps = [np.stack(part) for part in zip(*map(scipy.linalg.lu_factor, a))]
    b = numbers("float64", (3, 2))
    line("lu_solve", ["N", packed, swaps, b], np.linalg.solve(a, b))
    line("lu_solve", ["N", packed, swaps[0], b], None)
    line("lu_solve", ["N", packed, swaps.astype("int64"), b], None)
    singular, right = np.array([[1.0, 2], [2, 4]]), np.ones(2)
    line("solve", [singular, right], None)
    line("solve_triangular", [True, "N", False, np.array([[1.0, 0], [1, 0]]), right], None)
    line("solve_triangular", [True, "H", False, np.eye(2), right], None)
    line("lu_solve", ["N", np.diag([1.0, 0]), np.array([0, 1], "int32"), right], None)
    line("solve", [np.stack([np.eye(2), singular]), right], None)
    line("solve", [np.array([[1, np.nan], [np.nan, 1]]), right], np.full(2, np.nan))


def measures():
    for dtype in NUMBERS + SMALL:
        for shape in [(3, 3), (1, 1), (2, 2, 2), (2, 0, 2, 2), (0, 0), (2, 0, 0), (4, 4), (2, 3)]:
            x = easy(dtype, shape) if shape[-1] == shape[-2] else numbers(dtype, shape)
            line("inv", [x], lambda: like(np.linalg.inv(wide(x)), x))
            line("det", [x], lambda: like(np.linalg.det(wide(x)), x))
            line("slogdet", [x], lambda: [like(part, x, at) for at, part in enumerate(np.linalg.slogdet(wide(x)))])
        for shape in [(3, 3), (4, 2), (2, 4), (2, 3, 2), (0, 3), (2, 3, 0)]:
            x = numbers(dtype, shape)
            for rcond in [None, 0.5]:
                line("pinv", [rcond, x], like(np.linalg.pinv(wide(x), 1e-6 if rcond is None and dtype in ["float32", "complex64"] else rcond), x))
        for shape in [(3, 3), (4, 2), (2, 4), (3, 0), (0, 3), (2, 2, 2)]:
            a = numbers(dtype, shape)
            for right in [shape[0], (shape[0], 2), 7]:
                b = numbers(dtype, right, 3)
                for rcond in [None, 0.4] if dtype != "float64" else [None, -1, 0.4]:
                    def lstsq():
                        x, residuals, rank, s = np.linalg.lstsq(wide(a), wide(b), rcond)
                        return like(x, a), like(residuals, a, True), np.int32(rank), like(s, a, True)

                    line("lstsq", [rcond, a, b], lstsq)
    for x in [np.zeros((2, 2)), np.array([[1.0, 2], [2, 4]]), np.diag([1e200, 1e200, 1e-300]), np.diag([-1e-200, 1e-200, 1e300]),
              np.diag([1e300, 1e300]), np.array([[1, np.nan], [np.nan, 1]]), -np.eye(3, dtype="complex128")]:
        line("det", [x], np.linalg.det(x))
        line("slogdet", [x], np.linalg.slogdet(x))
    line("inv", [np.array([[1.0, 2], [2, 4]])], None)
    line("pinv", [None, np.array([[1.0, 2], [2, 4]])], np.linalg.pinv(np.array([[1.0, 2], [2, 4]])))
    line("pinv", [None, np.zeros((2, 3))], np.zeros((3, 2)))
    line("lstsq", [None, np.array([[1.0, 2], [2, 4], [3, 6]]), np.ones(3)], np.linalg.lstsq(np.array([[1.0, 2], [2, 4], [3, 6]]), np.ones(3)))


def refusals():
    options = {"qr": ["r"], "eigh": ["L"], "eigvalsh": ["L"], "pinv": [None]}
    for kernel in "qr svd svdvals cholesky lu lu_factor eigh eigvalsh eig eigvals inv pinv det slogdet".split():
        for dtype in REFUSED:
            line(kernel, [*options.get(kernel, []), np.ones((2, 2), dtype)], None)
        for x in [np.ones(2), np.array(1.0), np.ma.array(np.eye(2), mask=[[0, 0], [1, 0]])]:
            line(kernel, [*options.get(kernel, []), x], None)
    for right in [np.ones(2, "float16"), np.ma.array(np.ones(2), mask=[0, 1])]:
        line("solve", [np.eye(2), right], None)
        line("lstsq", [None, np.eye(2), right], None)


if __name__ == "__main__":
    factors()
    eigen()
    solutions()
    measures()
    refusals()
