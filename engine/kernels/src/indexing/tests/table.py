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
    for counts in [np.arange(n) % 3, np.zeros(n), np.arange(n) - 1, np.ones(n + 2)]:
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


def gathered(x, first, n):
    """Rows along axes that are taken as one, of three blocks that follow each other."""
    flat = x.reshape(*x.shape[:first], -1, *x.shape[first + n :])
    length = flat.shape[first]
    blocks = np.split(x, [1, 2], axis=first)
    for indices in [np.arange(7) * 5 % max(length, 1), np.array([], "int64"), np.array([[length - 1, 0]]), np.array([length]), np.array([-1])]:

        def take():
            refuse_outside(indices, length)
            return np.take(flat, indices, first)

        line("gather", [first, n, [indices, *blocks]], take)


def scattered(x, first, n, value, positions):
    def scatter():
        refuse_outside(positions, int(np.prod(x.shape[first : first + n])))
        y = x.reshape(*x.shape[:first], -1, *x.shape[first + n :]).copy()
        y[(slice(None),) * first + (positions,)] = value
        return y.reshape(x.shape)

    line("scatter", [first, n, positions, x, value], scatter)


def along(x, indices, axis, cuts):
    def take():
        refuse_outside(indices, x.shape[axis])
        return np.take_along_axis(x, indices, axis)

    line("take_along_axis", [axis, [indices, *np.split(x, cuts, axis)]], take)


def flat_places(x, grid, chunks):
    """Each block's true places, for a grid of one or two axes."""
    ends = [np.concatenate([[0], np.cumsum(axis)]) for axis in chunks]
    places = np.arange(x.size).reshape(x.shape)
    for index, block in enumerate(np.ndindex(*map(len, chunks))):
        part = tuple(slice(end[at], end[at + 1]) for end, at in zip(ends, block))
        line("flatnonzero", [grid, index, x[part]], places[part][x[part]])


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
        x = array(dtype, (3, 2, 4))
        for first, n in [(0, 1), (1, 1), (2, 1), (0, 2), (0, 3)]:
            gathered(x, first, n)
        twice = np.array([0, 1, 1, 0, 1])
        for value in [array(dtype, (), 3), array(dtype, (3, 5, 4), 3), array(dtype, (5, 1), 3), array(dtype, (1, 1, 1, 4), 3)]:
            scattered(x, 1, 1, value, twice)
        for value in [array(dtype, (), 3), array(dtype, (5, 4), 3), array(dtype, (5, 1), 3), array(dtype, (5,), 3)]:
            scattered(x, 0, 2, value, np.array([5, 0, 3, 2, 1]))
        scattered(x, 0, 2, array(dtype, (2, 1, 4), 3), np.array([[0], [5]]))
        indices = np.arange(24).reshape(3, 2, 4) * 7
        for axis, cuts in [(0, [1]), (1, [1]), (2, [1, 1, 3]), (2, [])]:
            along(x, indices % x.shape[axis], axis, cuts)
        along(x, np.array([[[3, 0]]]), 2, [2])
        along(x[:, :1], indices % 4, 2, [2])
        along(x, indices[:1, :, :0], 2, [])
        along(x, np.array([[[4]]]), 2, [2])
        along(x, np.array([[[-1]]]), 2, [2])
        x = array(dtype, (5, 6))
        for value in [array(dtype, (), 3), array(dtype, (3,), 2), array(dtype, (2, 1), 2), array(dtype, (1, 2, 3), 1), array(dtype, (4,))]:
            box(x, [1, 0], [2, 2], [2, 3], value)
            box(x, [4, 5], [-3, -1], [2, 3], value)
            box(x, [4, 5], [1, -1], [2, 3], value)
    true = array("int8", (7, 10), 5) % 2 == 0
    flat_places(true, "7;10", [[7], [10]])
    flat_places(true, "3,4;2x5", [[3, 4], [5, 5]])
    flat_places(true[0], "3,7", [[3, 7]])
    flat_places(true[1, 1], "", [])
    flat_places(true[:0], "0;4,6", [[0], [4, 6]])
    ints = np.arange(8, dtype="int32")
    gaps = np.ma.array([1, 99, 3], "int64", mask=[0, 1, 0])
    line("gather", [0, 1, [gaps, ints[:2], ints[2:]]], np.ma.array([1, 0, 3], "int32", mask=[0, 1, 0]))
    line("gather", [0, 1, [np.array([2, 0]), ints[1:2], gaps]], None)
    line("gather", [0, 1, [np.array([2, 0]), gaps[:2], gaps[2:]]], gaps[[2, 0]])
    line("gather", [0, 1, [np.array([2, 1]), ints[1:2].astype("int64"), gaps]], np.ma.array([0, 1], "int64", mask=[1, 0]))
    line("gather", [0, 1, [np.array([0]), np.zeros((1, 2)), np.zeros((1, 3))]], None)
    line("gather", [0, 1, []], None)
    line("gather", [0, 2, [np.array([0]), ints]], None)
    line("take_along_axis", [0, [gaps, ints[:2], ints[2:]]], np.ma.array([1, 0, 3], "int32", mask=[0, 1, 0]))
    line("take_along_axis", [0, [np.array([[0]]), ints]], None)
    line("take_along_axis", [0, [ints, ints]], None)
    line("take_along_axis", [1, [np.zeros((2, 1), "int64"), np.zeros((3, 1))]], None)
    line("scatter", [0, 1, np.array([1, 3]), ints, 7], np.array([0, 7, 2, 7, 4, 5, 6, 7], "int32"))
    line("scatter", [0, 1, np.array([1, 3]), ints, None], np.ma.array(ints, mask=[0, 1, 0, 1, 0, 0, 0, 0]))
    line("scatter", [0, 1, np.array([1, 3]), ints, np.array([1.5, -2.5])], np.array([0, 1, 2, -2, 4, 5, 6, 7], "int32"))
    line("scatter", [0, 1, gaps, ints, 7], None)
    line("scatter", [0, 1, np.array([1, 8]), ints, 7], None)
    line("scatter", [0, 1, np.array([-1]), ints, 7], None)
    line("scatter", [0, 1, np.array([1, 3]), ints, np.arange(3)], None)
    line("scatter", [0, 1, np.array([1, 3]), ints, 1.5], None)
    line("flatnonzero", ["8", 0, ints], None)
    line("flatnonzero", ["9", 0, ints > 3], None)
    line("flatnonzero", ["8", 1, ints > 3], None)
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
