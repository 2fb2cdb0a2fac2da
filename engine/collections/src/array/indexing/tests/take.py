"""The table of `take.rs`; see `numpy_table.py`.

    python take.py > take.json     (NumPy 2.4)
"""

import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[2]))
from numpy_table import write  # noqa: E402

idx = np.arange(60)
x = ((idx * 37) % 23 - 7).reshape(12, 5).astype("int32")
y = np.arange(120, dtype="float32").reshape(4, 6, 5) / 4
z = np.arange(400) * 3
w = np.arange(2400).reshape(60, 40)
mixed = np.arange(400) * 7 % 400
even = np.arange(12) % 2 == 0
grid = np.array([[0, 1, 2], [11, -1, 5]])
write(
    {
        "sorted": x.take([0, 3, 4, 11], 0),
        "backwards": x[::-1],
        "repeated": x.take([5] * 20, 0),
        "columns": x.take([-1, 0, 2, 2], 1),
        "none": x.take(np.array([], "int64"), 0),
        "none of none": x[:0].take(np.array([], "int64"), 0),
        "one": x.take(7, 0),
        "one of a row": z.take(-1),
        "rows of two axes": x.take(grid, 0),
        "in the middle": y.take([[0, 1], [5, 2]], 1),
        "mixed": z[mixed],
        "mixed rows": w[mixed[:60] % 60],
        "mixed columns": w[:, mixed[::10] // 10],
        "far apart": z[[399, 0, 200, 1, 398]],
        "taken twice": w[np.arange(60) * 7 % 60][:, np.arange(40) * 3 % 40],
        "places of an array": x[[11, -12, 4, 4, 0, -1]],
        "places of two axes": y.take([[5, -1], [0, 2]], 1),
        "places of bytes": x.take([4, 0, 1], 1),
        "places of large integers": x.take([4, 0, 1], 1),
        "one place": x.take(np.array(3), 1),
        "columns of a mask": x[even][:, [4, 0]],
        "no columns of a mask": x[even][:, []],
        "places of a mask": x[np.arange(12)[even]],
        "points": x[[0, 5, 11, -1], [4, 0, 2, 2]],
        "points of rows": y[[3, 0, 1], [5, 5, -6]],
        "one column for all": y[[3, 0, 1], [2]],
        "points of two axes": y[[[3], [0]], [[5, 1]]],
        "points of three lists": y[[3, 0, 1, 3], [5, 5, -6, 5], [0, 4, 1, 0]],
        "points along one axis": x[[7, 7, 1]],
        "many points": w[np.arange(500) * 11 % 60, np.arange(500) * 7 % 40],
        "no points": x[[], []],
        "points of a mask": x.T[:, even][[4, 0]],
    }
)
