"""The table of `tests.rs`; see `numpy_table.py`."""

import sys

import numpy as np

sys.path.append("..")
from numpy_table import sample, write  # noqa: E402

x = sample(12, 5)
c = sample(2, 3, 4, 5)
write(
    {
        "ravel": x.ravel(),
        "flatten of a transpose": x.T.flatten(),
        "merged and split": x.reshape(3, 4, 5),
        "split": x.reshape(12, 5, 1).reshape(6, 2, -1),
        "rows of other lengths": x.reshape(5, 12),
        "rows across": x.reshape(4, -1),
        "merged in the middle": c.reshape(2, 12, 5),
        "merged at both ends": c.reshape(6, 20),
        "split otherwise": c.reshape(8, 3, 5),
        "new axes": c.reshape(1, 2, 3, 1, 4, 5, 1),
        "one number": x[:1, :1].reshape(()),
        "from one number": np.array(7).reshape(1, -1),
        "nothing": x[:0].reshape(5, -1, 3),
        "of a sum": (x + 1).reshape(15, 4).sum(axis=1),
        "slice": x.reshape(4, 15)[1:3, ::4],
    }
)
