"""Where the extremes are to NumPy, as a table that the tests read.

    python table.py > table.txt     (NumPy 2.4)

A line has the extreme, the axis and the array, and the positions.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[2]))
from calls import DTYPES, array, line


def main():
    for dtype in DTYPES:
        for shape in [(7,), (3, 4), (2, 3, 5), (40,), (9, 2), (2, 0)]:
            for seed in [0, 3]:
                x = array(dtype, shape, seed)
                for name in ["argmin", "argmax", "nanargmin", "nanargmax"]:
                    if x.dtype.kind in "mM" and name.startswith("nan"):
                        continue  # not-a-time is not skipped there
                    for axis in [None, *range(len(shape))]:
                        line(name, [axis, x], lambda: np.asarray(getattr(np, name)(x, axis)))
    line("nanargmin", [0, np.array([np.nan, np.nan])], None)
    line("nanargmax", [0, np.array([[-(2**63), 1, 5]]).view("m8[ns]").T], np.array([2]))
    gaps = np.ma.array([[3.0, 1.0, np.nan], [2.0, 5.0, 0.0]], mask=[[1, 0, 0], [1, 0, 0]])
    line("argmin", [0, gaps], np.ma.array([0, 0, 0], mask=[1, 0, 0]))
    line("nanargmin", [0, gaps], np.ma.array([0, 0, 1], mask=[1, 0, 0]))
    line("nanargmax", [None, gaps], np.array(4))


if __name__ == "__main__":
    main()
