"""The table of `tests.rs`; see `numpy_table.py`."""

import sys

import numpy as np

sys.path.append("..")
from numpy_table import write  # noqa: E402

idx = np.arange(60)
x = ((idx * 37) % 23).reshape(12, 5).astype("int32")
y = ((idx * 11) % 17 / 4).reshape(12, 5)
y[1, 2] = y[4, 0] = y[11, 4] = np.nan
line = np.sort((idx * 7) % 31 / 2)
edges = np.array([0.0, 1.0, 1.5, 4.0])
row = x.ravel()
weights = (idx % 5) / 2
cases = {}
for side in ["left", "right"]:
    cases[f"searchsorted {side}"] = np.searchsorted(line, y, side)
    cases[f"searchsorted ints {side}"] = np.searchsorted(line, x, side)
    cases[f"searchsorted nothing {side}"] = np.searchsorted(line[:0], x, side)
cases["searchsorted one"] = np.searchsorted(line, 3.5)
cases["searchsorted a part"] = np.searchsorted(line, x[x[:, 0] > 7])
cases["searchsorted in a part"] = np.searchsorted(line[line > 3], x)
cases["searchsorted in steps"] = np.searchsorted(np.arange(60), y * 2)
for right in [False, True]:
    cases[f"digitize {right}"] = np.digitize(y, edges, right)
    cases[f"digitize falling {right}"] = np.digitize(x, edges[::-1], right)
cases["bincount"] = np.bincount(row)
cases["bincount of more"] = np.bincount(row, minlength=40)
cases["bincount with weights"] = np.bincount(row, weights, 3)
cases["bincount of bytes"] = np.bincount(row.astype("uint8"))
cases["bincount of none"] = np.bincount(row[:0], minlength=2)
cases["bincount of a part"] = np.bincount(row[row > 5])
write(cases)
