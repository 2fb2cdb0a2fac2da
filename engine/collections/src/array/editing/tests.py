"""The table of `tests.rs`; see `numpy_table.py`."""

import sys

import numpy as np

sys.path.append("..")
from numpy_table import sample, write  # noqa: E402

x = sample(6, 5)
c = sample(2, 3, 4)
write(
    {
        "append": np.append(x, x[:2] * 0.5, 0),
        "delete one": np.delete(x, 2, 0),
        "delete last": np.delete(x, -1, 1),
        "delete several": np.delete(x, [4, 0, 1, 4], 0),
        "delete none": np.delete(x, np.array([], int), 0),
        "delete all": np.delete(x, range(6), 0),
        "insert number": np.insert(x, [2], -1, 0),
        "insert row": np.insert(x, [0], np.arange(5), 0),
        "insert at the end": np.insert(x, [6], np.arange(5), 0),
        "insert several": np.insert(x, [3, 0, 3], np.arange(15).reshape(3, 5), 0),
        "insert columns": np.insert(x, [1, -1], [[7.9, 8.9]], 1),
        "insert many at one place": np.insert(x, [2], np.arange(18).reshape(6, 3), 1),
        "insert in the middle": np.insert(c, [1, 1], np.arange(8).reshape(2, 1, 4), 1),
        "insert nothing": np.insert(x, np.array([], int), -1, 0),
    }
)
