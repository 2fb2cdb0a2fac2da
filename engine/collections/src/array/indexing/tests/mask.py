"""The table of `tests.rs`; see `numpy_table.py`."""

import sys

import numpy as np

sys.path.append("..")
from numpy_table import write  # noqa: E402

idx = np.arange(60)
x = ((idx * 37) % 23 - 7).reshape(12, 5).astype("int32")
even = np.arange(12) % 2 == 0
write(
    {
        "rows": x[even],
        "columns": x[:, x[0] > 0],
        "none": x[np.zeros(12, bool)],
        "mean": x[even].mean(axis=0),
        "two with one mask": x[even] * x[even],
        "of a row": (x[even] + np.arange(5)).sum(axis=1),
        "transposed": x[even].T,
    }
)
