"""The table of `tests.rs`; see `numpy_table.py`."""

import sys

import numpy as np

sys.path.append("..")
from numpy_table import sample, write  # noqa: E402

x = sample(9, 6)
f = x / 4
g = f.astype("float32")
t = np.array([0, 1, 3, 4, 7, 9, 10, 14, 15])
z = f + 1j * f[::-1]
write(
    {
        "diff": np.diff(x, axis=0),
        "diff last": np.diff(x),
        "diff twice": np.diff(f, 2, 0),
        "diff 3": np.diff(x, 3, 1),
        "diff 0": np.diff(x, 0),
        "diff too often": np.diff(x, 11, 0),
        "diff of booleans": np.diff(x > 0, axis=0),
        "diff of bytes": np.diff(x.astype("uint8"), axis=0),
        "diff of times": np.diff(x.astype("datetime64[ns]"), 2, 0),
        "diff with a row before": np.diff(x, axis=0, prepend=x[:1] * 2),
        "ediff1d": np.ediff1d(x),
        "gradient": np.gradient(f, axis=0),
        "gradient of integers": np.gradient(x, 2, axis=1),
        "gradient of order 2": np.gradient(f, 0.5, axis=0, edge_order=2),
        "gradient of floats": np.gradient(g, 0.25, axis=1, edge_order=2),
        "gradient of complex": np.gradient(z, 2.0, axis=0, edge_order=2),
        "gradient at places": np.gradient(f, t, axis=0),
        "gradient at places of order 2": np.gradient(f, t, axis=0, edge_order=2),
        "gradient at places last": np.gradient(f, t[:6] / 3, axis=1, edge_order=2),
        "gradient of two": np.gradient(f[:2], 3.0, axis=0),
        "gradient of three": np.gradient(f[:, :3], axis=1, edge_order=2),
        "trapezoid": np.trapezoid(f, axis=0),
        "trapezoid of integers": np.trapezoid(x, dx=2, axis=1),
        "trapezoid at places": np.trapezoid(f, t, axis=0),
        "trapezoid at places last": np.trapezoid(x, t[:6], axis=-1),
        "trapezoid of one": np.trapezoid(f[:1], axis=0),
    }
)
