"""The table of `tests.rs`; see `numpy_table.py`."""

import sys
import warnings

import numpy as np
from scipy import stats

sys.path.append("..")
from numpy_table import write  # noqa: E402

warnings.simplefilter("ignore")
idx = np.arange(60)
x = ((idx * 37) % 23 - 7).reshape(12, 5).astype("int32")
y = ((idx * 11) % 17 / 4).reshape(12, 5)
z = (y + 1j * x).reshape(12, 5)
singles = y.astype("float32")
same = y * 0 + 0.5
gaps = y.copy()
gaps[1, 2] = gaps[4, 0] = gaps[11, 4] = np.nan
w = np.arange(12) % 4 / 2
cases = {}
for name, of in [("ints", x), ("floats", y), ("complex", z)]:
    cases[f"cov {name}"] = np.cov(of)
    cases[f"cov of columns {name}"] = np.cov(of, rowvar=False, ddof=0)
    cases[f"corrcoef {name}"] = np.corrcoef(of)
cases["cov of one"] = np.cov(y[:, 0])
cases["corrcoef of one"] = np.corrcoef(y[:, 0])
cases["average"] = np.average(y, weights=x + 8)
cases["average of rows"] = np.average(y, axis=1, weights=x + 8)
cases["average along"] = np.average(y, axis=0, weights=w)
cases["average along rows"] = np.average(x, axis=-1, weights=np.arange(5))
cases["average of singles"] = np.average(singles, axis=0, weights=w.astype("float32"))
cases["average of complex"] = np.average(z, axis=0, weights=w)
for axis in [None, 0, 1]:
    for order in [0, 1, 2, 3, 5]:
        cases[f"moment {order} {axis}"] = stats.moment(y, order, axis=axis)
    cases[f"skew {axis}"] = stats.skew(y, axis)
    cases[f"kurtosis {axis}"] = stats.kurtosis(y, axis)
    cases[f"skew of ints {axis}"] = stats.skew(x, axis)
    cases[f"skew of the same {axis}"] = stats.skew(same, axis)
    cases[f"kurtosis of the same {axis}"] = stats.kurtosis(same, axis)
cases["any of nan"] = np.any(gaps * np.nan, axis=0)
cases["all of nan"] = np.all(gaps, axis=0)
cases["count_nonzero"] = np.count_nonzero(gaps, axis=1)
cases["min of complex"] = z.min(axis=0)
cases["max of complex"] = z.max()
cases["nanmax of complex"] = np.nanmax(np.where(np.isnan(gaps), np.nan, z), axis=1)
cases["ptp"] = np.ptp(x, axis=1)
close = y + np.where(idx % 7 == 3, 1e-3, 1e-9).reshape(12, 5)
cases["isclose"] = np.isclose(y, close)
cases["isclose with nan"] = np.isclose(gaps, gaps, equal_nan=True)
cases["isclose without nan"] = np.isclose(gaps, gaps)
cases["isclose loosely"] = np.isclose(y, close, rtol=0, atol=0.01)
cases["isclose to a number"] = np.isclose(x, 3)
cases["isclose unsigned"] = np.isclose(np.uint8([1, 2, 3]), np.uint8([2, 2, 2]), atol=1, rtol=0)
cases["isclose infinite"] = np.isclose([np.inf, -np.inf, 1, np.inf], [np.inf, np.inf, np.inf, 1])
cases["allclose"] = np.asarray(np.allclose(y, y + 1e-9))
cases["not allclose"] = np.asarray(np.allclose(y, close))
cases["array_equal"] = np.asarray(np.array_equal(x, x.astype("float64")))
cases["array_equal of nan"] = np.asarray(np.array_equal(gaps, gaps))
cases["array_equal with nan"] = np.asarray(np.array_equal(gaps, gaps, equal_nan=True))
cases["array_equal of other shapes"] = np.asarray(np.array_equal(x, x[1:]))
write(cases)
