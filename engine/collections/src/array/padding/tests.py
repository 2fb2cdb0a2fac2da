"""The table of `tests.rs`; see `numpy_table.py`."""

import sys

import numpy as np

sys.path.append("..")
from numpy_table import sample, write  # noqa: E402

x = sample(6, 5)
f = x / 4
one = x[:1]
u = (x + 7).astype("uint8")
cases = {}
modes = ["edge", "reflect", "symmetric", "wrap", "maximum", "minimum", "mean", "empty"]
for mode in modes:
    kept = np.pad(f, ((2, 1), (0, 3)), mode if mode != "empty" else "constant")
    cases[mode] = kept
    cases[mode + " of integers"] = np.pad(x, 2, mode if mode != "empty" else "constant")
for mode in ["reflect", "symmetric", "wrap"]:
    cases[mode + " far"] = np.pad(x, ((0, 0), (17, 23)), mode)
    cases[mode + " of one"] = np.pad(one, ((2, 3), (0, 0)), mode)
write(
    cases
    | {
        "constant": np.pad(x, ((1, 2), (3, 0)), constant_values=9),
        "constant cast": np.pad(x, 1, constant_values=2.9),
        "nothing": np.pad(x[:0], ((2, 1), (0, 0)), constant_values=3),
        "ramp": np.pad(f, ((2, 1), (0, 3)), "linear_ramp", end_values=10),
        "ramp of integers": np.pad(x, ((0, 4), (3, 3)), "linear_ramp", end_values=-5),
        "ramp of bytes": np.pad(u, 3, "linear_ramp", end_values=200),
        "no width": np.pad(x, 0, "reflect"),
        "vector": np.pad(x[0], (2, 3), "reflect"),
    }
)
