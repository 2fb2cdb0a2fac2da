"""The table of `tests.rs`; see `numpy_table.py`."""

import sys
import warnings

import numpy as np

sys.path.append("..")
from numpy_table import sample, write  # noqa: E402

warnings.simplefilter("ignore")
ma = np.ma
x = sample(6, 5)
f = x / 4
f[1, 2] = f[4, 0] = np.nan
f[3, 3] = np.inf
m = ma.masked_greater(x, 6)
m[:, 1] = ma.masked
g = m / 4
cases = {
    "where": ma.masked_where(f > 0, x),
    "where absent": ma.masked_where(ma.filled(m < 0, True), x),
    "where twice": ma.masked_where(x < -3, m),
    "where a row": ma.masked_where(np.broadcast_to(x[0] > 3, x.shape), x),
    "where integers": ma.masked_where(x % 3, f),
    "equal": ma.masked_equal(x, 7),
    "not equal": ma.masked_not_equal(x, 7),
    "less": ma.masked_less(f, 0),
    "less or equal": ma.masked_less_equal(x, 0),
    "greater": ma.masked_greater(f, 0.5),
    "greater or equal": ma.masked_greater_equal(x, 0.5),
    "inside": ma.masked_inside(x, -2, 5),
    "inside backwards": ma.masked_inside(f, 1.5, -0.5),
    "outside": ma.masked_outside(x, -2, 5),
    "outside backwards": ma.masked_outside(f, 1.5, -0.5),
    "invalid": ma.masked_invalid(f),
    "invalid integers": ma.masked_invalid(x),
    "values": ma.masked_values(f, 0.5000001),
    "values of integers": ma.masked_values(x, 7),
    "values far": ma.masked_values(f, 0.5, rtol=0, atol=0.25),
    "filled": m.filled(99),
    "filled floats": g.filled(-0.5),
    "filled from an array": np.where(ma.getmaskarray(m), x[1], m.data),
    "filled, all there": x,
    "getmaskarray": ma.getmaskarray(m),
    "getmaskarray, all there": ma.getmaskarray(x),
    "sum of elements": m + x,
    "sum of both": m + ma.masked_less(x, 0),
    "compared": m > 3,
    "as singles": g.astype("float32"),
    "a slice": m[1:, ::-2],
    "transposed": m.T,
    "joined": ma.concatenate([m, x, m]),
    "cumsum": m.cumsum(axis=0),
    "median": ma.median(g, axis=0),
    "nonzero": np.stack(ma.nonzero(m)),
    "average": ma.average(g, weights=x + 8),
    "average along": ma.average(g, axis=1, weights=np.arange(5)),
    "average of rows": ma.average(m, axis=0, weights=x + 8),
}
for name, axis in [("None", None), ("0", 0), ("1", 1)]:
    cases |= {
        f"count {name}": ma.count(m, axis=axis),
        f"sum {name}": m.sum(axis=axis),
        f"prod {name}": (m % 4).prod(axis=axis),
        f"min {name}": m.min(axis=axis),
        f"max {name}": g.max(axis=axis),
        f"ptp {name}": m.ptp(axis=axis),
        f"mean {name}": m.mean(axis=axis),
        f"var {name}": g.var(axis=axis),
        f"std {name}": m.std(axis=axis),
        f"any {name}": (m > 5).any(axis=axis),
        f"all {name}": (m > -9).all(axis=axis),
    }
write(cases)
