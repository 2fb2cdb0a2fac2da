"""The table of `tests.rs`; see `numpy_table.py`."""

import sys

import numpy as np
import scipy.linalg

sys.path.append("..")
from numpy_table import write  # noqa: E402


def numbers(*shape, seed=0, dtype="float64"):
    idx = np.arange(np.prod(shape)) + 13 * seed
    flat = np.sin(idx * idx * 0.7 + 0.3) * 3 + idx % 5 - 2
    if dtype.startswith("complex"):
        flat = flat + 1j * (np.cos(idx * 2.3) * 2 + idx % 3 - 1)
    return flat.astype(dtype).reshape(shape)


def qr(x):
    q, r = np.linalg.qr(x)
    d = np.diagonal(r, axis1=-2, axis2=-1)
    phase = d / abs(d)
    return q * phase[..., None, :], r * phase.conj()[..., :, None]


cases = {}
for dtype in ["float64", "complex128"]:
    def of(*shape, seed=0):
        return numbers(*shape, seed=seed, dtype=dtype)

    tall, wide, square, stack = of(12, 4), of(4, 12, seed=1), of(8, 8, seed=2), of(3, 2, 2, seed=3)
    root = of(8, 8, seed=4)
    positive = root @ root.conj().T + 8 * np.eye(8)
    b, matrix = of(8, seed=5), of(8, 3, seed=6)
    new = {}
    for name, x in [("tall", tall), ("wide", wide), ("square", square), ("stack", stack)]:
        new[f"q {name}"], new[f"r {name}"] = qr(x)
        new[f"r alone {name}"] = qr(x)[1]
        u, s, vh = np.linalg.svd(x, full_matrices=False)
        new[f"usv {name}"], new[f"s {name}"], new[f"svdvals {name}"] = x, s, s
        new[f"uu {name}"] = u.conj().swapaxes(-1, -2) @ u
        new[f"vv {name}"] = vh @ vh.conj().swapaxes(-1, -2)
        new[f"pinv {name}"] = np.linalg.pinv(x)
        new[f"rank {name}"] = np.linalg.matrix_rank(x)
        new[f"cond {name}"] = np.linalg.cond(x)
        for norm in ["fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf]:
            new[f"norm {norm} {name}"] = np.linalg.norm(x, norm, axis=(-2, -1))
        if name != "stack":
            new[f"p {name}"], new[f"l {name}"], new[f"u {name}"] = scipy.linalg.lu(x)
            new[f"plu p {name}"] = new[f"p {name}"]
    new["compressed"] = np.linalg.svd(tall)[1][:3]
    new["compressed usv"] = tall
    new["cholesky"] = np.linalg.cholesky(positive)
    new["cholesky stack"] = np.linalg.cholesky(stack @ stack.conj().swapaxes(-1, -2))
    new["solve"] = np.linalg.solve(square, b)
    new["solve matrix"] = np.linalg.solve(square, matrix)
    new["solve stack"] = np.linalg.solve(stack, b[:2])
    new["solve stacks"] = np.linalg.solve(stack, of(3, 2, 3))
    new["solve positive"] = np.linalg.solve(positive, matrix)
    new["lower"] = scipy.linalg.solve_triangular(positive, matrix, lower=True)
    new["upper"] = scipy.linalg.solve_triangular(positive, b)
    new["inv"], new["inv stack"] = np.linalg.inv(square), np.linalg.inv(stack)
    new["det"], new["det stack"], new["det positive"] = np.linalg.det(square), np.linalg.det(stack), np.linalg.det(positive)
    sign, log = np.linalg.slogdet(square)
    new["sign"], new["log"] = sign, log
    new["power"], new["power 0"], new["power -2"] = [np.linalg.matrix_power(square / 8, n) for n in [5, 0, -2]]
    for name, x, y in [("tall", tall, of(12, seed=7)), ("tall matrix", tall, of(12, 2, seed=7)), ("wide", wide, b[:4])]:
        solution, _, rank, s = np.linalg.lstsq(x, y)
        new[f"lstsq {name}"], new[f"lstsq rank {name}"], new[f"lstsq s {name}"] = solution, np.int32(rank), s
        new[f"residuals {name}"] = (abs(y - x @ solution) ** 2).sum(axis=0)
    w, v = np.linalg.eigh(positive)
    greatest = np.take_along_axis(v, abs(v).argmax(axis=0)[None], 0)
    new["eigh w"], new["eigh v"], new["eigvalsh"] = w, v * (greatest / abs(greatest)).conj(), w
    new["eig sum"], new["eigvals sum"] = np.linalg.eigvals(square).sum().astype("complex128"), np.trace(square).astype("complex128")
    cases |= {f"{name} {dtype}": result for name, result in new.items()}
x = numbers(4, 6)
for p in [0, 1, 2, 3.5, np.inf, -np.inf]:
    cases[f"vector norm {p}"] = np.linalg.norm(x, p, axis=1)
cases["norm"] = np.linalg.norm(x)
large = np.diag([1e200] * 4 + [1e-200] * 4)
cases["det of extremes"], cases["det of nothing"] = np.linalg.det(large), np.linalg.det(np.zeros((0, 0)))
tiny = np.diag([1e-310] * 4 + [1.0] * 4)
cases["det of tiny"] = np.linalg.det(tiny)
cases["cond of zeros"] = np.inf
for name, x in [("no rows", np.zeros((0, 6))), ("no columns", np.zeros((6, 0)))]:
    cases[f"rank {name}"] = np.linalg.matrix_rank(x)
    cases[f"pinv {name}"], cases[f"svdvals {name}"] = np.linalg.pinv(x), np.linalg.svd(x)[1]
    cases[f"l {name}"], cases[f"r {name}"] = np.zeros((len(x), 0)), np.linalg.qr(x)[1]
    cases[f"norm {name}"], cases[f"norm 2 {name}"] = np.linalg.norm(x), 0.0
cases["power of ints"] = np.linalg.matrix_power(np.array([[1, 2], [3, 4]]), 3)
cases["norm of half"] = np.linalg.norm(np.ones((2, 3), "float16"), 1).astype("float16")
cases["singular det"] = 0.0
cases["ints"] = np.linalg.inv(np.array([[2, 1, 0, 0], [1, 3, 1, 0], [0, 1, 4, 1], [0, 0, 1, 5]]))
write(cases)
