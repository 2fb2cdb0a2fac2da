"""The table of `tests.rs`; see `numpy_table.py`."""

import sys

import numpy as np

sys.path.append("..")
from numpy_table import write  # noqa: E402

idx = np.arange(60)
x = ((idx * 37) % 23 - 7).astype("float64").reshape(12, 5) / 2
y = ((idx * 11) % 17).astype("float64").reshape(12, 5)
r = np.arange(5.0)

write(
    {
        "scaled": x * 3,
        "two arrays": x + y,
        "of a row": x + r,
        "table of factors": x * 2.5,
        "whole chunk for each": x + r.sum(),
        "rows gone": x.sum(axis=0),
        "columns gone": x.sum(axis=1),
        "all gone": x.sum(),
        "new first axis": x[None],
        "new last axis": x[..., None],
        "one for another": x.sum(axis=1)[:, None],
        "starts": np.arange(60.0).reshape(12, 5),
        "from nowhere": np.arange(7.0)[:, None] * 10 + np.arange(3.0),
        "product": x.T @ y,
        "product of lists": x.T @ y,
        "outer": np.outer(x[:, 0], r),
        "transposed": x.T,
        "repeated": np.repeat(x, 2, axis=1),
        "inner products": (x * y).sum(axis=-1),
        "inner with a row": (x * r).sum(axis=-1),
        "of stacked matrices": np.einsum("bij,bj->bi", np.stack([x, y, x + y]), np.stack([r, r + 1, r * 2])),
        "least": x.min(axis=-1),
        "greatest": x.max(axis=-1),
        "ends": x[:, [0, -1]],
        "along 0": np.apply_along_axis(lambda lane: lane[0] * 2 - lane[-1], 0, x),
        "along -1": np.apply_along_axis(lambda lane: lane[::-1].cumsum()[:3], -1, x),
        "along 0 longer": np.apply_along_axis(lambda lane: np.repeat(lane, 2), 0, x),
        "over axes": np.apply_over_axes(np.sum, x, [0, 1]),
        "over axes kept": np.apply_over_axes(np.cumsum, x, [0, 1]),
        "squares": (x * x).sum(),
        "squares 0": (x * x).sum(axis=0),
        "squares kept": (x * x).sum(axis=1, keepdims=True),
        "scaled squares": (x * x).sum(axis=0) * 4,
        "mean": x.mean(),
    }
)
