"""The table of `tests.rs`; see `numpy_table.py`."""

import sys

import numpy as np

sys.path.append("..")
from numpy_table import write  # noqa: E402

idx = np.arange(60)
x = ((idx * 37) % 23 - 7).reshape(12, 5).astype("int32")
y = ((idx * 11) % 17 / 4).reshape(12, 5)
y[1, 2] = y[4, 0] = y[11, 4] = np.nan
z = (idx % 3 + 1j * (idx % 4)).reshape(12, 5)
few = np.arange(4) * 3 - 2
halves = np.array([0.5, np.nan, 3.25, 9.0])
cases = {}
for name, of in [("ints", x), ("floats", y), ("complex", z), ("booleans", x > 3), ("none", x[:0])]:
    values, first, inverse, counts = np.unique(of, True, True, True)
    cases |= {f"values of {name}": values, f"indices of {name}": first, f"inverse of {name}": inverse}
    cases[f"counts of {name}"] = counts
cases["union1d"] = np.union1d(x, few)
cases["union1d promoted"] = np.union1d(x, halves)
cases["intersect1d"] = np.intersect1d(x, few)
cases["intersect1d promoted"] = np.intersect1d(y, halves)
cases["setdiff1d"] = np.setdiff1d(x, few)
cases["setdiff1d of floats"] = np.setdiff1d(y, halves)
cases["setxor1d"] = np.setxor1d(x, few)
cases["isin"] = np.isin(x, few)
cases["isin promoted"] = np.isin(y, halves)
cases["isin nothing"] = np.isin(x, x[:0])
cases["of a part"] = np.unique(x[x[:, 0] > 0])
cases["a part isin"] = np.isin(x[x[:, 0] > 0], few)
cases["counts times values"] = (lambda values, counts: values * counts)(*np.unique(x, return_counts=True))
write(cases)
