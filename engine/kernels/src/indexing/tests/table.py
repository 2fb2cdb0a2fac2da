"""What NumPy says of taking and putting elements, as a table that the tests read.

    python table.py > table.txt     (NumPy 2.4)
"""

import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[2]))
from calls import DTYPES, array, line

SHAPES = [(6,), (3, 4), (2, 3, 2), (0, 3), (20, 2)]


def refuse_outside(indices, n):
    if ((indices < 0) | (indices >= n)).any():
        raise IndexError


def taken(x, axis):
    n = max(x.shape[axis], 1)
    for indices in [np.arange(5) * 7 % n, np.array([], "int64"), np.array([[n - 1, 0], [0, 0]]), np.array([-1]), np.array([n])]:
        indices = indices.astype("int64")

        def take():
            refuse_outside(indices, x.shape[axis])
            return np.take(x, indices, axis)

        line("take", [axis, indices, x], take)


def repeated(x, axis):
    n = x.shape[axis]
    for counts in [np.arange(n) % 3, np.zeros(n), np.arange(n) - 1, np.ones(n + 1)]:
        counts = counts.astype("int64")
        line("repeat", [axis, counts, x], lambda: np.repeat(x, counts, axis))


def box(x, starts, steps, lengths, value):
    def put():
        y = x.copy()
        ends = [start + step * (length - 1) for start, step, length in zip(starts, steps, lengths)]
        if any(end >= n or end < 0 for end, n in zip(ends, x.shape)):
            raise IndexError
        y[tuple(slice(a, (b + c if b + c >= 0 else None), c) for a, b, c in zip(starts, ends, steps))] = value
        return y

    line("put", [starts, steps, lengths, x, value], put)


def main():
    for dtype in DTYPES:
        for shape in SHAPES:
            x = array(dtype, shape)
            for axis in range(len(shape)):
                taken(x, axis)
                repeated(x, axis)
                mask = np.arange(shape[axis]) % 3 != 1
                line("compress", [axis, mask, x], np.compress(mask, x, axis))
            mask = array("int8", shape, 5) % 2 == 0
            line("compress", [None, mask, x], x[mask])
            for value in [array(dtype, (), 3), array(dtype, shape, 9), array(dtype, (int(mask.sum()),), 4)]:
                y = x.copy()
                y[mask] = value[mask] if value.shape == shape else value
                line("put_mask", [mask, x, value], y)
        x = array(dtype, (5, 6))
        for value in [array(dtype, (), 3), array(dtype, (3,), 2), array(dtype, (2, 1), 2), array(dtype, (1, 2, 3), 1), array(dtype, (4,))]:
            box(x, [1, 0], [2, 2], [2, 3], value)
            box(x, [4, 5], [-3, -1], [2, 3], value)
            box(x, [4, 5], [1, -1], [2, 3], value)
    ints = np.arange(8, dtype="int32")
    box(ints, [1], [2], [3], 7)
    box(ints, [1], [2], [3], np.array([1.5, 2.5, -3.5]))
    line("put_mask", [ints > 3, ints, 9], np.where(ints > 3, 9, ints).astype("int32"))
    gaps = np.ma.array([1.0, 2.0, 3.0, 4.0], mask=[0, 1, 0, 0])
    line("take", [0, np.array([1, 1, 3]), gaps], gaps[[1, 1, 3]])
    line("take", [0, np.ma.array([1, 99, 3], mask=[0, 1, 0]), gaps], np.ma.array([0, 0, 4.0], mask=[1, 1, 0]))
    line("repeat", [0, np.array([2, 2, 0, 1]), gaps], np.ma.array([1.0, 1, 0, 0, 4], mask=[0, 0, 1, 1, 0]))
    line("compress", [None, np.ma.array([1, 1, 1, 0], bool, mask=[1, 0, 0, 0]), gaps], gaps[1:3])
    line("put_mask", [np.array([0, 1, 1, 0], bool), gaps, 9.5], np.array([1, 9.5, 9.5, 4]))
    line("put_mask", [np.array([0, 0, 1, 0], bool), gaps, None], np.ma.array([1.0, 2, 3, 4], mask=[0, 1, 1, 0]))
    line("put", [[0], [1], [2], ints[:3], np.ma.array([5, 6], mask=[0, 1])], np.ma.array([5, 0, 2], "int32", mask=[0, 1, 0]))


if __name__ == "__main__":
    main()
