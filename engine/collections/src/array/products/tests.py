"""The table of `tests.rs`; see `numpy_table.py`."""

import sys

import numpy as np

sys.path.append("..")
from numpy_table import sample, write  # noqa: E402

a, b, v, w = sample(6, 5), sample(5, 4).astype("float64"), sample(5), sample(6)
x, y, z = sample(3, 6, 5), sample(3, 5, 4), sample(1, 5, 4).astype("complex128") * (1 + 2j)
cases = {
    "matmul": a @ b,
    "stacks": x @ y,
    "one for all": x @ z,
    "stack and matrix": x @ b,
    "matrix and stack": a @ y,
    "matrix and vector": a @ v,
    "vector and matrix": w @ a,
    "vectors": v @ v,
    "stack and vector": x @ v,
    "nothing": a[:, :0] @ b[:0],
    "no rows": a[:0] @ b,
    "bool": (a > 0) @ (b > 0),
    "short": a.astype("int8") @ b.astype("int8"),
    "dot": np.dot(x, b),
    "dot of stacks": np.dot(x, y),
    "dot of vectors": np.dot(v, v),
    "dot of short": np.dot(v.astype("int8"), v.astype("int8")),
    "dot of bool": np.dot(v > 0, v > 0),
    "dot with a number": np.dot(a, 3),
    "vdot": np.vdot(z, z * 1j),
    "inner": np.inner(x, v),
    "inner of matrices": np.inner(a, a),
    "outer": np.outer(a, v),
    "kron": np.kron(a, b),
    "kron of vector": np.kron(v, b),
    "tensordot": np.tensordot(x, y, ([0, 2], [0, 1])),
    "tensordot back": np.tensordot(x, y, ([2, 0], [-2, 0])),
    "tensordot of all": np.tensordot(x, x, ([0, 1, 2], [0, 1, 2])),
    "tensordot of none": np.tensordot(v, w, 0),
}
for text, arrays in [("ij,jk->ik", (a, b)), ("ij,jk", (a, b)), ("ij,jk->ki", (a, b)), ("ij,ji->", (a, a.T)), ("ij->ji", (a,)),
                     ("ij->j", (a,)), ("ij->", (a,)), ("ij", (a.T,)), ("ba", (a,)), ("ii", (a[:5],)), ("ii->i", (a[:5],)),
                     ("tij,tjk->tik", (x, y)), ("tij,tjk->ik", (x, y)), ("tij,tjk->ikt", (x, y)), ("...ij,...jk->...ik", (x, y)),
                     ("...ij,...jk", (x, b)), ("i...->...", (x,)), ("...ij,j->...i", (x, v)), ("i,j->ij", (v, w)), ("i,i->i", (v, v)),
                     ("i,i", (v, v)), ("ij,ij->i", (a, a)), ("ij,jk,kl->il", (a, b, b.T)), ("ij,j,i->", (a, v, w)),
                     ("ijk,kl,li->j", (x, b, sample(4, 3))), ("iij->j", (sample(5, 5, 3),)), ("ij,jk->ik", (a, z[0])),
                     ("ij,kj->ik", (a[:, :1], a)), ("tij,tjk->tik", (x, z)), ("i,j,k->kji", (v, w, v)), (" i j , j -> i ", (a, v)),
                     ("a,ab,abc->abc", (v[:3], sample(3, 6), x)), ("ij,jk->ik", ((a > 0), (b > 0))),
                     ("ij,j->j", (a.astype("int8"), v.astype("float64"))), ("ij,ij->i", (a > 0, a)),
                     ("ij,j,i->", (a.astype("int8"), v.astype("int8"), w))]:
    cases[f"{text} {len(cases)}"] = np.einsum(text, *arrays)
write(cases)
