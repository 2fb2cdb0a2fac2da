"""NumPy's quantiles, as a table that the tests read.

    python table.py > table.txt     (NumPy 2.4)
"""

import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[2]))
from calls import DTYPES, array, line

METHODS = """inverted_cdf averaged_inverted_cdf closest_observation interpolated_inverted_cdf hazen weibull linear
median_unbiased normal_unbiased lower higher midpoint nearest""".split()
QUANTILES = [0.0, 0.1, 0.25, 0.5, 0.6875, 0.75, 0.9, 1.0]


def main():
    for dtype in DTYPES:
        if np.dtype(dtype).kind not in "uif" or dtype in ["int16", "int32", "uint16", "uint32"]:
            continue
        for shape in [(1,), (8,), (11,), (5, 3), (2, 6, 2)]:
            x = array(dtype, shape)
            full = np.where(np.isnan(x), 1, x).astype(dtype)
            for axis in range(len(shape)):
                for method in METHODS:
                    def of(x, function=np.quantile):
                        result_dtype = x.dtype if x.dtype.kind == "f" else np.dtype("float64")
                        found = function(x.astype("float64"), QUANTILES, axis=axis, method=method)
                        return found.astype(result_dtype)

                    for y in [full, x] if method in ["linear", "lower"] and dtype.startswith("float") else [full]:
                        line("quantile", [method, axis, QUANTILES, False, np.sort(y, axis)], of(y))
                    if dtype.startswith("float"):
                        line("quantile", [method, axis, QUANTILES, True, np.sort(x, axis)], of(x, np.nanquantile))
                for function, skip in [(np.median, False), (np.nanmedian, True)]:
                    for y in [full, x]:
                        line("quantile", [None, axis, [0.5], skip, np.sort(y, axis)], np.asarray(function(y, axis))[None])
    line("quantile", [None, 0, [0.5], False, np.array([0, 0, 1, 1], bool)], np.array([0.5]))
    line("quantile", [None, 0, [0.5], False, np.array([np.inf, np.inf])], np.array([np.inf]))
    line("quantile", [None, 0, [0.5], False, np.array([])], np.array([np.nan]))
    line("quantile", ["linear", 0, [1.5], False, np.array([1.0])], None)
    line("quantile", ["linear", 0, [0.5], False, np.array([True])], None)
    line("quantile", [None, 0, [0.5], False, np.array([1j])], None)
    gaps = np.ma.array([[1.0, 2.0, np.nan], [7.0, 0.0, 0.0], [0.0, 0.0, 0.0]], mask=[[0, 0, 0], [0, 1, 1], [1, 1, 1]])
    line("quantile", [None, 1, [0.5], False, gaps], np.ma.array([[np.nan, 7.0, 0.0]], mask=[[0, 0, 1]]))
    line("quantile", [None, 1, [0.5], True, gaps], np.ma.array([[1.5, 7.0, 0.0]], mask=[[0, 0, 1]]))
    line("quantile", ["linear", 1, [0.5, 1.0], True, gaps], np.ma.array([[1.5, 7.0, 0.0], [2.0, 7.0, 0.0]], mask=[[0, 0, 1]] * 2))


if __name__ == "__main__":
    main()
