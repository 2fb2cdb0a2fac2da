"""The table of `tests.rs`; see `numpy_table.py`. Blocks are surrounded as `numpy.pad` pads the whole, axis by axis."""

import sys

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

sys.path.append("..")
from numpy_table import write  # noqa: E402

idx = np.arange(84)
x = ((idx * 37) % 23 - 7).astype("float64").reshape(12, 7) / 2
n = x.astype("int32")


def pad(array, *sides):
    """Axis by axis, so that the later axes pad what the earlier ones were padded with."""
    for axis, (before, after, mode, *value) in enumerate(sides):
        widths = [(0, 0)] * array.ndim
        widths[axis] = (before, after)
        options = {"constant_values": value[0]} if value else {}
        array = np.pad(array, widths, mode, **options)
    return array


def box(padded, rows, columns):
    """The sum of each box of so many rows and columns, the rows weighted from 1 on."""
    windows = sliding_window_view(padded, (rows, columns))
    return (windows * (1 + np.arange(rows))[:, None]).sum(axis=(-1, -2))


write(
    {
        "reflect": box(pad(x, (2, 2, "symmetric"), (1, 1, "symmetric")), 5, 3),
        "periodic": box(pad(x, (2, 2, "wrap"), (1, 1, "wrap")), 5, 3),
        "nearest": box(pad(x, (2, 2, "edge"), (1, 1, "edge")), 5, 3),
        "constant": box(pad(x, (2, 2, "constant", 1.5), (1, 1, "constant", -2.0)), 5, 3),
        "mixed": box(pad(x, (2, 2, "constant", 9.0), (1, 1, "symmetric")), 5, 3),
        "other mixed": box(pad(x, (2, 2, "symmetric"), (1, 1, "constant", 9.0)), 5, 3),
        "of one axis": box(pad(x, (2, 2, "wrap"), (0, 0, "edge")), 5, 1),
        "not symmetric": box(pad(x, (0, 2, "symmetric"), (3, 1, "wrap")), 3, 5),
        "as deep as an axis": box(pad(x, (0, 0, "edge"), (7, 7, "symmetric")), 1, 15),
        "of integers": box(pad(n, (2, 2, "edge"), (1, 1, "constant", 4)), 5, 3).astype("int32"),
        "trimmed": x,
        "two arrays": box(pad(x, (2, 2, "wrap"), (1, 1, "edge")), 5, 3)
        + box(pad(x[0] * np.ones((12, 1)), (2, 2, "wrap"), (1, 1, "edge")), 5, 3),
        "windows": sliding_window_view(x, 3, axis=0),
        "windows of all axes": sliding_window_view(x, (2, 3)),
        "windows of an axis twice": sliding_window_view(x, (2, 3), axis=(0, 0)),
        "windows of one element": sliding_window_view(x, 1, axis=1),
        "windows as long as an axis": sliding_window_view(x, (12, 7)),
        "moving mean": sliding_window_view(x, 4, axis=0).mean(axis=-1),
        "moving greatest": sliding_window_view(n, (3, 3)).max(axis=(-1, -2)),
    }
)
