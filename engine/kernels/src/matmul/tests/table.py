"""NumPy's products of matrices, as a table that the tests read.

    python table.py > table.txt     (NumPy 2.4)
"""

import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[2]))
from calls import DTYPES, array, line

SHAPES = [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((7, 9), (9, 5)), ((2, 1, 2, 3), (3, 3, 2)),
          ((2, 2, 3), (3,)), ((3,), (2, 3, 2)), ((2, 0), (0, 3)), ((0, 2), (2, 3)), ((2, 3), (2, 3)), ((2, 2, 2), (3, 2, 2)), ((), (2,))]
CONTRACTIONS = [((2, 3), (3, 4), [1], [0]), ((2, 3, 4), (4, 2, 5), [0, 2], [1, 0]), ((2, 3), (4,), [], []),
                ((3, 2), (2, 3), [0, 1], [1, 0]), ((3, 2), (2, 3), [0], [0]), ((2, 3), (2, 3), [1, 1], [1, 1]), ((2,), (2,), [1], [0])]


def numbers(dtype, shape, seed):
    x = array(dtype, shape, seed)
    if x.dtype.kind in "iu" and x.dtype.itemsize < 8:
        return (x * x.dtype.type(37)).astype(dtype)  # products wrap around
    return np.nan_to_num(x).astype(dtype) if x.dtype.kind in "fc" else x


def main():
    for dtype in DTYPES:
        if np.dtype(dtype).kind in "mM":
            line("matmul", [array(dtype, (2, 2)), array(dtype, (2, 2))], None)
            continue
        for left, right in SHAPES:
            a, b = numbers(dtype, left, 1), numbers(dtype, right, 4)
            line("matmul", [a, b], lambda: np.asarray(np.matmul(a, b)))
            try:
                shape = np.matmul(a, b).shape
            except ValueError:
                continue
            acc = numbers(dtype, shape, 8)
            line("matmul", [a, b, acc], np.asarray(np.matmul(a, b) + acc).astype(dtype))
        for left, right, left_axes, right_axes in CONTRACTIONS:
            a, b = numbers(dtype, left, 1), numbers(dtype, right, 4)

            def dot():
                if len(set(left_axes)) < len(left_axes):
                    raise ValueError
                return np.asarray(np.tensordot(a, b, (left_axes, right_axes)))

            line("tensordot", [left_axes, right_axes, a, b], dot)
    mixed = numbers("int16", (2, 3), 0), numbers("float32", (3, 2), 0)
    line("matmul", mixed, np.matmul(*mixed))
    line("matmul", [mixed[1], mixed[0], numbers("float32", (2, 2), 0)], None)
    a = np.ma.array([[1.0, 2.0], [3.0, 4.0]], mask=[[0, 1], [1, 1]])
    b = np.ma.array([[5.0, 6.0], [7.0, 8.0]], mask=[[0, 0], [0, 1]])
    line("matmul", [a, b], np.ma.array([[5.0, 6.0], [0.0, 0.0]], mask=[[0, 0], [1, 1]]))
    acc = np.ma.array([[1.0, 1.0], [9.0, 1.0]], mask=[[0, 1], [0, 1]])
    line("matmul", [a, b, acc], np.ma.array([[6.0, 6.0], [9.0, 0.0]], mask=[[0, 0], [0, 1]]))


if __name__ == "__main__":
    main()
