"""The table of `tests.rs`; see `numpy_table.py`."""

import sys

import numpy as np

sys.path.append("..")
from numpy_table import sample, write  # noqa: E402

x = sample(12, 10)
write(
    {
        "mean": x.reshape(4, 3, 10).mean(axis=1),
        "sum of squares": (x**2).reshape(6, 2, 5, 2).sum(axis=(1, 3)),
        "trimmed": x[:10, :9].reshape(2, 5, 3, 3).max(axis=(1, 3)),
        "one by one": x.astype(float),
        "longer than all": np.zeros((0, 10)),
        "whole": x.min(axis=0, keepdims=True),
    }
)
