"""The table of `choose.rs`; see `numpy_table.py`.

    python choose.py > choose.json     (NumPy 2.4)
"""

import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[2]))
from numpy_table import write  # noqa: E402

idx = np.arange(60)
x = ((idx * 37) % 23 - 7).reshape(12, 5).astype("int32")
y = (np.arange(120) * 7 % 11).reshape(4, 6, 5) / 4
which = (np.arange(60) * 7 % 3).reshape(12, 5)
f = (np.arange(60) / 8).astype("float32").reshape(12, 5)
even = np.arange(12) % 2 == 0
row = np.array([[4, 0, -1, 2, 2, 1, 3]])
write(
    {
        "sorted rows": np.take_along_axis(x, x.argsort(1, kind="stable"), 1),
        "sorted columns": np.take_along_axis(x, x.argsort(0, kind="stable"), 0),
        "one place each": np.take_along_axis(x, x.argmax(1)[:, None], 1),
        "a row for all": np.take_along_axis(x, row, 1),
        "of one row": np.take_along_axis(x[:1], np.repeat(row, 3, axis=0), 1),
        "of bytes": np.take_along_axis(x, np.uint8(row % 5), 1),
        "of three axes": np.take_along_axis(y, y.argsort(1, kind="stable")[:, ::2], 1),
        "of no places": np.take_along_axis(x, row[:, :0], 1),
        "chosen": np.choose(which, [x, -x, x * 2]),
        "chosen numbers": np.choose(which, [x, 100, x[0]]),
        "chosen floats": np.choose(which, [x, f, x]),
        "chosen by truth": np.choose(x > 3, [x, 0]),
        "chosen by bytes": np.choose(np.uint8(which), [x, 1, 2]),
        "one choice": np.choose(which * 0, [x[0]]),
        "chosen of a mask": np.choose(which[even], [x[even], 0, x[0]]),
        "selected": np.select([x < 0, x > 6, x == 3], [-x, x * x, 1], 42),
        "the first that holds": np.select([x > 0, x > 3], [x, x * 100]),
        "selected numbers": np.select([x > 0, x > 3], [1, 2], 0.5),
        "selected floats": np.select([x > 3, x > 0], [f, 1.5], 0),
        "selected for rows": np.select([x[:, :1] > 3, x[0] > 3], [x, f[0]], -1),
        "selected of a mask": np.select([x[even] > 3], [x[even]], 0),
    }
)
