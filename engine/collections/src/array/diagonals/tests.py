"""The table of `tests.rs`; see `numpy_table.py`."""

import sys

import numpy as np

sys.path.append("..")
from numpy_table import sample, write  # noqa: E402

x = sample(7, 5)
c = sample(4, 3, 5)
v = sample(6)
cases = {}
for k in [0, 1, -2, 4, -7, 9]:
    cases[f"diagonal {k}"] = np.diagonal(x, k)
    cases[f"trace {k}"] = np.trace(x, k)
    cases[f"tril {k}"] = np.tril(x, k)
    cases[f"triu {k}"] = np.triu(x, k)
    cases[f"tri {k}"] = np.tri(7, 5, k, "int16")
write(
    cases
    | {
        "diagonal of planes": np.diagonal(c, 1, 0, 2),
        "diagonal backwards": np.diagonal(c, -1, 2, 1),
        "trace of planes": np.trace(c, 0, 1, 2),
        "trace of booleans": np.trace(x > 0),
        "diag of a matrix": np.diag(x, 1),
        "diag": np.diag(v),
        "diag above": np.diag(v, 2),
        "diag below": np.diag(v * 0.5, -3),
        "diag of nothing": np.diag(v[:0], 1),
        "tril of planes": np.tril(c),
        "triu of planes": np.triu(c, 1),
        "triu of booleans": np.triu(x > 0),
        "triangle of NaN": np.tril(np.full((3, 3), np.nan)),
    }
)
