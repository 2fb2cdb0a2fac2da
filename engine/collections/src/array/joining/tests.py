"""The table of `tests.rs`; see `numpy_table.py`."""

import sys

import numpy as np

sys.path.append("..")
from numpy_table import sample, write  # noqa: E402

x = sample(6, 5)
y = sample(4, 5) * 0.5
r = x[0]
even = np.arange(6) % 2 == 0
write(
    {
        "concatenate": np.concatenate([x, y]),
        "concatenate with nothing": np.concatenate([x[:0], y, x]),
        "stack": np.stack([x, x + 1], axis=1),
        "stack last": np.stack([x, -x], axis=-1),
        "hstack": np.hstack([x, x[:, :2]]),
        "hstack vectors": np.hstack([r, r * 2]),
        "vstack": np.vstack([x, y]),
        "vstack vectors": np.vstack([r, y, r]),
        "dstack": np.dstack([x, x + 1]),
        "dstack vectors": np.dstack([r, r + 1]),
        "column_stack": np.column_stack([x[:, 0], x, x[:, 1]]),
        "block": np.block([[x, x[:, :1]], [y, y[:, 2:3]]]),
        "block of vectors": np.block([r, r[:2], 3]),
        "block deeper": np.block([[[r]], [[r + 1]]]),
        "block of one": np.block(x),
        "unknown": np.concatenate([x[even], y, x]),
        "mean of unknown": np.concatenate([x[even], y, x[even]]).mean(axis=0),
        "unknown across": np.concatenate([x[even], x[even] + 1], axis=1),
        "unknown twice": np.concatenate([x[even], y]) * np.concatenate([x[even], y]),
    }
)
