"""The table of `tests.rs`; see `numpy_table.py`."""

import sys

import numpy as np

sys.path.append("..")
from numpy_table import sample, write  # noqa: E402

x = sample(6, 5)
r = x[0]
big = sample(3, 1, 4)
write(
    {
        "broadcast row": np.broadcast_to(r, (4, 5)),
        "broadcast column": np.broadcast_to(x[:, :1], (6, 7)),
        "broadcast middle": np.broadcast_to(big, (2, 3, 5, 4)),
        "broadcast number": np.broadcast_to(np.array(3), (2, 3)),
        "broadcast to nothing": np.broadcast_to(r, (0, 5)),
        "broadcast in a sum": np.broadcast_to(r, (6, 5)) + x,
        "slice of broadcast": np.broadcast_to(r, (40, 5))[3:7, ::2],
        "tile": np.tile(x, (2, 3)),
        "tile along the last": np.tile(x, 2),
        "tile more axes": np.tile(r, (3, 1, 2)),
        "tile fewer axes": np.tile(big, (3, 2)),
        "tile nothing": np.tile(x, (0, 2)),
        "repeat": np.repeat(x, 3, 0),
        "repeat last": np.repeat(x, 2, -1),
        "repeat by counts": np.repeat(x, [0, 2, 1, 0, 3, 1], 0),
        "repeat columns": np.repeat(x, [1, 0, 0, 2, 1], 1),
        "repeat none": np.repeat(x, [0] * 6, 0),
        "sum of repeated": np.repeat(x, [0, 0, 0, 4, 3, 0], 0).sum(axis=0),
    }
)
