"""The table of `tests.rs`; see `numpy_table.py`."""

import sys

import numpy as np

sys.path.append("..")
from numpy_table import write  # noqa: E402


def top(x, k, axis):
    """The positions of the greatest or least elements; of equal ones the first ones."""
    order = np.argsort(x, axis, stable=True)
    if k > 0:
        order = x.shape[axis] - 1 - np.flip(np.argsort(np.flip(x, axis), axis, stable=True), axis)
    return np.take(order, np.arange(min(abs(k), x.shape[axis])), axis)


idx = np.arange(84)
x = ((idx * 37) % 23 - 7).reshape(12, 7).astype("int32")
y = ((idx * 11) % 17 / 4).reshape(12, 7)
y[2, 3] = y[2, 5] = y[11, 0] = np.nan
z = ((idx * 5) % 3 + 1j * ((idx * 7) % 5)).reshape(12, 7)
rows = np.where(np.arange(7) == 4, 1.0, np.nan) * np.ones((12, 7))
gaps = np.ma.array(y, mask=x % 5 == 0)
cases = {}
for name in ["argmin", "argmax", "nanargmin", "nanargmax"]:
    of = getattr(np, name)
    cases[f"{name} of all"] = of(y)
    cases[f"{name} of columns"] = of(y, axis=0)
    cases[f"{name} of rows"] = of(y, axis=-1)
    cases[f"{name} of integers"] = of(x, axis=0)
    cases[f"{name} of complex numbers"] = of(z)
cases["of a number"] = np.argmax(np.float64(3))
cases["of no rows"] = np.zeros((0, 3)).argmin(axis=1)
cases["one number a row"] = np.nanargmax(rows, axis=1)
for k in [1, 3, -2, 40, -40, 0]:
    for axis in [0, 1]:
        for kind, of in [("ints", x), ("floats", y)]:
            places = top(of, k, axis)
            cases[f"topk {kind} {k} {axis}"] = np.take_along_axis(of, places, axis)
            cases[f"argtopk {kind} {k} {axis}"] = places
write(cases)
