"""The table of `assign.rs`; see `numpy_table.py`.

    python assign.py > assign.json     (NumPy 2.4)
"""

import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[2]))
from numpy_table import write  # noqa: E402

idx = np.arange(60)
x = ((idx * 37) % 23 - 7).reshape(12, 5).astype("int32")
y = (np.arange(120) * 7 % 11).reshape(4, 6, 5) / 4
v = np.arange(100, 160).reshape(12, 5)
even = np.arange(12) % 2 == 0


def put(array, at, value):
    array = array.copy()
    array[at] = value
    return array


write(
    {
        "a number": put(x, np.s_[1:5, ::2], 99),
        "all": put(x, np.s_[...], 99),
        "one element": put(x, np.s_[7, -1], 99),
        "one row": put(x, np.s_[7], v[0]),
        "one column": put(x, np.s_[:, 3], v[:, 0]),
        "rows for a box": put(x, np.s_[2:9:3, 1:4], v[0, :3]),
        "a column for a box": put(x, np.s_[2:9:3, 1:4], v[:3, :1]),
        "a box for a box": put(x, np.s_[2:9:3, 1:4], v[:3, :3]),
        "floats for integers": put(x, np.s_[2:4], v[:2] + 0.75),
        "backwards": put(x, np.s_[::-1, 3::-2], v[:, :2]),
        "backwards with a row": put(x, np.s_[9::-4, ::-1], v[0]),
        "far backwards": put(x, np.s_[3 :: -(2**62), :: 2**62], 99),
        "leading axes": put(x, np.s_[2:4], v[None, None, :2]),
        "a new axis": put(x, np.s_[2:4, None], v[:2, None]),
        "a new axis for a row": put(x, np.s_[None, 2:4], v[0]),
        "nothing": put(x, np.s_[5:5], v[0]),
        "the middle of three axes": put(y, np.s_[:, 2, ::3], v[:4, :2]),
        "three axes": put(y, np.s_[1::2, ..., 4], v[:2, 1][:, None]),
        "itself": put(x, np.s_[::2], x[1::2]),
        "a number alone": put(np.array(3), (), 4),
        "twice": put(put(x, np.s_[::3], 0), np.s_[:, 1], -1),
        "where": np.where(x > 3, 0, x).astype("int32"),
        "where with elements": np.where(x > 3, v, x).astype("int32"),
        "where with a row": np.where(x > 3, v[0] + 0.5, x).astype("int32"),
        "where with truth": put(x > 3, x < 0, 1).astype("int8"),
        "where of a mask": np.where(x[even] > 3, 0, x[even]).astype("int32"),
        "rows": put(x, [11, 0, 5], 99),
        "rows with rows": put(x, [11, 0, 5], v[:3]),
        "rows in order": put(x, [0, 5, 11], v[:3]),
        "rows with a row": put(x, [11, 0, 5], v[0]),
        "rows with a column": put(x, [11, 0, -7], v[:3, :1]),
        "rows twice": put(x, [1, 7, 1, 7, 1], v[:5]),
        "one row by place": put(x, -1, v[0]),
        "columns": put(x, np.s_[:, [4, 0]], v[:, :2]),
        "one column by place": put(x, np.s_[:, 4], v[:, 0]),
        "columns with a number": put(x, np.s_[:, [4, 0]], -99),
        "columns with floats": put(y, np.s_[:, :, [4, 0, 2]], v[:6, :3]),
        "middle rows": put(y, np.s_[:, [5, 0]], v[:4, None, :1]),
        "no rows": put(x, np.array([], int), 99),
        "points": put(x, ([0, 5, 11, -1], [4, 0, 2, 2]), [1, 2, 3, 4]),
        "points with a number": put(x, ([0, 5, 11, -1], [4, 0, 2, 2]), 99),
        "points of rows": put(y, ([3, 0, 1], [5, 5, 2]), v[:3]),
        "points with a row": put(y, ([3, 0, 1], [5, 5, 2]), v[0]),
        "one column for points": put(x, ([8, 0, 3], [2]), v[:3, 0]),
        "one point": put(y, (3, 5), v[0]),
    }
)
