"""The table of `tests.rs`; see `numpy_table.py`."""

import sys

import numpy as np

sys.path.append("..")
from numpy_table import sample, write  # noqa: E402

x = sample(6, 5)
c = sample(2, 3, 4)
write(
    {
        "flip all": np.flip(x),
        "flip two": np.flip(c, (0, -1)),
        "fliplr": np.fliplr(x),
        "flipud": np.flipud(x),
        "roll": np.roll(x, 2, 0),
        "roll back": np.roll(x, -7, 1),
        "roll flat": np.roll(x, 7),
        "roll two": np.roll(c, 1, (0, 2)),
        "roll otherwise": np.roll(x, (1, -2), (0, 1)),
        "roll nothing": np.roll(x[:0], 3, 0),
        "rot90": np.rot90(x),
        "rot90 twice": np.rot90(x, 2),
        "rot90 back": np.rot90(x, -1),
        "rot90 plane": np.rot90(c, 1, (2, 0)),
        "rot90 plane back": np.rot90(c, 3, (0, 1)),
        "rollaxis": np.rollaxis(c, 2),
        "rollaxis to the end": np.rollaxis(c, 0, 3),
        "rollaxis back": np.rollaxis(c, -1, -2),
        "moveaxis": np.moveaxis(c, 0, -1),
        "squeeze all": np.squeeze(c[:, :1, :1]),
        "squeeze two": np.squeeze(c[:1, :, :1], (0, 2)),
        "atleast 1": np.atleast_1d(np.array(3)),
        "atleast 2": np.atleast_2d(x[0]),
        "atleast 3": np.atleast_3d(x),
        "atleast 3 of a vector": np.atleast_3d(x[0]),
    }
)
