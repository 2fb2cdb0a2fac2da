"""The table of `tests.rs`; see `numpy_table.py`."""

import sys

import numpy as np

sys.path.append("..")
from numpy_table import write  # noqa: E402

idx = np.arange(84)
x = ((idx * 37) % 23 - 7).reshape(12, 7).astype("int32")
y = ((idx * 11) % 17 / 4).reshape(12, 7)
y[1, 2] = y[4, 0] = y[11, 4] = np.nan
z = (idx % 3 + 1j * (idx % 4)).reshape(12, 7)
cases = {}
for name, of in [("ints", x), ("floats", y), ("complex", z), ("equal", x * 0), ("down", -np.arange(84).reshape(12, 7))]:
    cases[f"all {name}"] = np.sort(of, axis=None)
    cases[f"line {name}"] = np.sort(of.ravel())
    cases[f"slice {name}"] = np.sort(of.ravel())[30:40]
    cases[f"columns {name}"] = np.sort(of, axis=0)
    cases[f"rows {name}"] = np.sort(of, axis=-1)
    cases[f"argsort {name}"] = np.argsort(of, axis=0, stable=True)
cases["nothing"] = np.sort(x[:0].ravel())
cases["one number"] = np.sort(np.array(3.0), axis=None)
mask = x % 5 == 0
there = np.sort(y[~mask])
cases["gaps"] = np.ma.array(np.resize(there, 84), mask=np.arange(84) >= there.size)
write(cases)
