"""The table of `tests.rs`; see `numpy_table.py`."""

import sys
import warnings

import numpy as np

sys.path.append("..")
from numpy_table import write  # noqa: E402

warnings.simplefilter("ignore")
METHODS = """inverted_cdf averaged_inverted_cdf closest_observation interpolated_inverted_cdf hazen weibull linear
median_unbiased normal_unbiased lower higher midpoint nearest""".split()
SOME = [0.0, 0.1, 0.5, 0.6875, 1.0]

idx = np.arange(72)
x = ((idx * 37) % 23 - 7).reshape(12, 6).astype("int32")
y = ((idx * 11) % 17 / 4 - 1).reshape(12, 6)
gaps = y.copy()
gaps[1, 2] = gaps[4, 0] = gaps[11, 4] = np.nan
row = np.where(np.arange(6) == 2, np.nan, 1) * y
cases = {}
for method in METHODS:
    cases[f"all {method}"] = np.quantile(y, SOME, method=method)
    cases[f"ints {method}"] = np.quantile(x, SOME, method=method)
    cases[f"columns {method}"] = np.quantile(x, SOME, axis=0, method=method)
    cases[f"rows without nan {method}"] = np.nanquantile(gaps, SOME, axis=1, method=method)
    cases[f"all without nan {method}"] = np.nanquantile(gaps, SOME, method=method)
for name, of in [("ints", x), ("floats", y), ("gaps", gaps), ("row", row), ("line", y.ravel())]:
    for axis in [None, 0, -1]:
        cases[f"median {name} {axis}"] = np.median(of, axis)
        cases[f"nanmedian {name} {axis}"] = np.nanmedian(of, axis)
        cases[f"one {name} {axis}"] = np.quantile(of, 0.3, axis)
for dtype in ["float16", "float32", "int8", "uint64"]:
    of = np.abs(y * 4).astype(dtype)
    result = dtype if dtype.startswith("float") else "float64"
    cases[f"all {dtype}"] = np.quantile(of.astype("float64"), SOME).astype(result)
    cases[f"median {dtype}"] = np.median(of)
cases["percentile"] = np.percentile(y, [5, 50, 99.5], axis=0)
cases["percentile of all"] = np.percentile(y, 20)
cases["nanpercentile"] = np.nanpercentile(gaps, [5, 50])
cases["booleans"] = np.median(x > 4)
cases["one number"] = np.median(np.float64(7))
cases["nothing"] = np.median(y[:0])
cases["a part"] = np.median(y[x[:, 0] > 0])
cases["with infinity"] = np.median(np.where(y < 1, -np.inf, np.where(y < 1.25, y, np.inf)))
cube = gaps.reshape(4, 3, 6)
cases["two axes"] = np.quantile(cube, SOME, (0, 2))
cases["two other axes"] = np.nanmedian(cube, (2, 1))
cases["three axes"] = np.median(cube, (0, 1, 2))
write(cases)
