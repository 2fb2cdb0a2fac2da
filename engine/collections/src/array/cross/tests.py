"""The table of `tests.rs`; see `numpy_table.py`."""

import sys

import numpy as np

sys.path.append("..")
from numpy_table import sample, write  # noqa: E402

a = sample(4, 3) / 2
b = sample(5, 4, 3) + 1
c = b[..., 1:]
write(
    {
        "vectors": np.cross(a[0], a[1]),
        "rows": np.cross(a, a[::-1]),
        "broadcast": np.cross(a, b),
        "columns": np.cross(a.T, b[0].T, axis=0),
        "two and three": np.cross(np.pad(c, ((0, 0), (0, 0), (0, 1))), a),
        "three and two": np.cross(a, np.pad(c, ((0, 0), (0, 0), (0, 1)))),
        "two and two": c[..., 0] * a[:, 1] - c[..., 1] * a[:, 0],
    }
)
