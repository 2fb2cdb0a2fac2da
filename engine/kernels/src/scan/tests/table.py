"""What NumPy says of running values, as a table that the tests read.

    python table.py > table.txt     (NumPy 2.4)
"""

import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[2]))
from calls import DTYPES, array, line

FUNCTIONS = {
    "cumsum": np.cumsum,
    "cumprod": np.cumprod,
    "nancumsum": np.nancumsum,
    "nancumprod": np.nancumprod,
    "cummin": np.minimum.accumulate,
    "cummax": np.maximum.accumulate,
    "nancummin": np.fmin.accumulate,
    "nancummax": np.fmax.accumulate,
}


def main():
    for dtype in DTYPES:
        for shape in [(1,), (9,), (3, 4), (2, 3, 2), (0,), (2, 0)]:
            x = array(dtype, shape)
            if x.dtype.kind in "fc":
                x = x / x.dtype.type(2)
            for name, function in FUNCTIONS.items():
                if "nan" in name and x.dtype.kind in "mM" and "sum" in name:
                    continue  # NumPy keeps not-a-time
                for axis in range(len(shape)):
                    line("scan", [name, axis, x], lambda: function(x, axis=axis))
    masked = np.ma.array(np.arange(12.0).reshape(3, 4), mask=[[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 1]])
    for axis in range(2):
        line("scan", ["cumsum", axis, masked], masked.cumsum(axis))
        line("scan", ["cumprod", axis, masked], masked.cumprod(axis))


if __name__ == "__main__":
    main()
