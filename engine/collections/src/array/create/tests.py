"""The table of `tests.rs`; see `numpy_table.py`."""

import sys

import numpy as np

sys.path.append("..")
from numpy_table import sample, write  # noqa: E402

x = sample(6, 5)
f = x.astype("float32")
v = sample(4)
mesh = np.meshgrid(v, np.arange(3) * 0.5, np.arange(2))
matrix = np.meshgrid(v, np.arange(3) * 0.5, np.arange(2), indexing="ij")
write(
    {
        "full_like": np.full_like(f, 2.5),
        "zeros_like": np.zeros_like(x > 0),
        "ones_like": np.ones_like(f),
        "identity": np.identity(4, "int8"),
        "fromfunction": np.fromfunction(lambda i, j: (i + 1) * j - i, (6, 5), dtype=int),
        "vander": np.vander(v, 4),
        "vander of floats": np.vander(f[0], 3),
        "vander 1": np.vander(v, 1),
        "vander 0": np.vander(v, 0),
        "vander increasing": np.vander(v, 3, True),
        "meshgrid 0": mesh[0],
        "meshgrid 1": mesh[1],
        "meshgrid 2": mesh[2],
        "meshgrid ij 0": matrix[0],
        "meshgrid ij 1": matrix[1],
        "meshgrid ij 2": matrix[2],
    }
)
