"""The table of `tests.rs`; see `numpy_table.py`."""

import sys

import numpy as np

sys.path.append("..")
from numpy_table import write  # noqa: E402

idx = np.arange(60)
x = ((idx * 37) % 23).reshape(12, 5).astype("int32")
y = ((idx * 11) % 17 / 4).reshape(12, 5)
gaps = y.copy()
gaps[1, 2] = gaps[4, 0] = gaps[11, 4] = np.nan
floats = (y / 3).astype("float32")
weights = (idx % 5).reshape(12, 5)
edges = np.array([0.0, 1.0, 1.5, 4.0])
cases = {}


def add(name, result, density=None):
    counts, *rest = result
    rest = rest[0] if isinstance(rest[0], (tuple, list)) else rest
    cases[name] = counts
    for axis, of_axis in enumerate(rest):
        cases[f"{name} edges {axis}"] = of_axis
    if density is not None:
        cases[f"{name} density"] = density[0]


add("ints", np.histogram(x, 7), np.histogram(x, 7, density=True))
add("floats", np.histogram(y, 10), np.histogram(y, 10, density=True))
add("singles", np.histogram(floats, 10))
add("singles in a range", np.histogram(floats, 3, (0.1, 0.9)))
add("halves", np.histogram(y.astype("float16"), 4))
add("in a range", np.histogram(gaps, 5, (0.5, 3.5)))
add("in no range", np.histogram(y, 3, (2, 2)))
add("edges", np.histogram(gaps, edges), np.histogram(gaps, edges, density=True))
add("weights", np.histogram(y, 4, weights=y))
add("whole weights", np.histogram(x, edges, weights=weights))
add("one number", np.histogram(y * 0 + 3, 3))
add("booleans", np.histogram((x > 4).astype("uint8"), 2))
add("nothing", np.histogram(x[:0], 3))
add("a part", np.histogram(x[x[:, 0] > 7], 3))
add("two", np.histogram2d(x.ravel(), y.ravel(), [4, edges]), np.histogram2d(x.ravel(), y.ravel(), [4, edges], density=True))
points = [x.ravel(), gaps.ravel(), weights.ravel()]
three = [np.linspace(0, 20, 4), np.linspace(0, 4, 4), np.linspace(1, 3, 3)]
add("three", np.histogramdd(points, three), np.histogramdd(points, three, density=True))
add("three with weights", np.histogramdd(points, three, weights=y.ravel()))
write(cases)
