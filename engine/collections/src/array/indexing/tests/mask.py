"""The table of `mask.rs`; see `numpy_table.py`.

    python mask.py > mask.json     (NumPy 2.4)
"""

import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[2]))
from numpy_table import write  # noqa: E402

idx = np.arange(60)
x = ((idx * 37) % 23 - 7).reshape(12, 5).astype("int32")
y = (np.arange(120) * 7 % 11).reshape(4, 6, 5) / 4
even = np.arange(12) % 2 == 0
gaps = np.array([0.0, np.nan, -0.0, 2.0])
write(
    {
        "rows": x[even],
        "columns": x[:, x[0] > 0],
        "none": x[np.zeros(12, bool)],
        "mean": x[even].mean(axis=0),
        "two with one mask": x[even] * x[even],
        "of a row": (x[even] + np.arange(5)).sum(axis=1),
        "transposed": x[even].T,
        "masked again": x[even][x[even][:, 1] > 3],
        "rows and columns": x[even][:, x[0] > 0],
        "elements": x[x > 3],
        "elements of three axes": y[y > 1],
        "elements of a mask": x[even, 2][x[even, 2] > 3],
        "no elements": x[x > 99],
        "of nothing": x[:0][x[:0] > 3],
        "a number": np.array(4)[np.array(True)],
        "sum of elements": (x[x > 3] * y.reshape(24, 5)[:12][x > 3]).sum(),
        "flat places": np.flatnonzero(x > 3),
        "flat places of floats": np.flatnonzero(gaps),
        "flat places of three axes": np.flatnonzero(y > 1),
        "flat place of a number": np.flatnonzero(np.array(3)),
        "first places": np.nonzero(y)[0],
        "middle places": np.nonzero(y)[1],
        "last places": np.nonzero(y)[2],
        "places of nothing": np.nonzero(x[:, :0])[1],
        "elements and their places": x[x > 3] * np.nonzero(x > 3)[1],
        "rows of places": np.argwhere(x > 3),
        "rows of places of three axes": np.argwhere(y > 2),
        "row of a number": np.argwhere(np.array(3)),
    }
)
