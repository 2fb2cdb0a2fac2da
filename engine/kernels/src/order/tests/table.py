"""What NumPy says of sorting, counting and searching, as a table that the tests read.

    python table.py > table.txt     (NumPy 2.4)
"""

import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[2]))
from calls import DTYPES, array, line

SHAPES = [(9,), (3, 4), (2, 3, 2), (0, 3), (30,)]


def top(x, k, axis):
    """The positions of the greatest or least elements; of equal ones the first ones."""
    order = np.argsort(x, axis, stable=True)
    if k > 0:
        # Descending, and stable: the reverse of the order of the reversed lane.
        flipped = np.flip(x, axis)
        order = x.shape[axis] - 1 - np.flip(np.argsort(flipped, axis, stable=True), axis)
    return np.take(order, np.arange(min(abs(k), x.shape[axis])), axis)


def main():
    for dtype in DTYPES:
        for shape in SHAPES:
            x = array(dtype, shape)
            for axis in range(len(shape)):
                line("sort", [axis, x], np.sort(x, axis, stable=True))
                line("argsort", [axis, x], np.argsort(x, axis, stable=True))
                for k in [3, -2, 100, 0]:
                    places = top(x, k, axis).astype("int64")
                    values = np.take_along_axis(x, places, axis)
                    line("topk", [k, axis, x], values)
                    line("argtopk", [k, axis, x], [values, places])
                    line("argtopk", [k, axis, x, array("int64", shape, 3)], [values, np.take_along_axis(array("int64", shape, 3), places, axis)])
            if x.dtype.kind == "c":
                continue  # which NaN is kept is not told
            values, first, inverse, counts = np.unique(x, True, True, True)
            line("unique", [x], [values, counts])
            grid = ";".join(map(str, shape))
            line("unique", [x, grid, 0], [values, counts, first])
            line("inverse", [values, x], inverse)
        haystack, needles = np.sort(array(dtype, (15,))), array(dtype, (2, 10), 6)
        for side in ["left", "right"]:
            line("searchsorted", [side, haystack, needles], np.searchsorted(haystack, needles, side))
        if np.dtype(dtype).kind in "ufi":
            edges = np.unique(np.nan_to_num(array(dtype, (6,), 4)))
            for right in [False, True]:
                line("digitize", [right, edges, needles], np.digitize(needles, edges, right))
                line("digitize", [right, edges[::-1], needles], np.digitize(needles, edges[::-1], right))
            line("histogram", [[edges], [needles]], np.histogram(needles, edges)[0])
            halves = array("float64", (2, 10), 1)
            halves = np.where(np.isnan(halves), 0.25, halves)
            line("histogram", [[edges], [needles], halves], np.histogram(needles, edges, weights=halves)[0])
            both = [edges, np.array([-2.0, 0.0, 0.25, 3.0])]
            finite = np.nan_to_num(needles)
            points = [finite.ravel(), halves.ravel()]
            counts = np.histogramdd(points, both)[0].astype("int64")
            line("histogram", [both, [finite, halves]], counts)
            weighted = np.histogramdd(points, both, weights=halves.ravel())[0]
            line("histogram", [both, [finite, halves], halves], weighted)
            line("density", [both, counts], np.histogramdd(points, both, density=True)[0])
            density = np.histogram(needles, edges.astype("float64"), density=True)[0]
            line("density", [[edges.astype("float64")], np.histogram(needles, edges)[0]], density)
            least, greatest = finite.min(), finite.max()
            for n in [1, 3, 10]:
                found = np.histogram_bin_edges(finite, n)
                line("edges", [n, str(found.dtype), least, greatest], found)
                found = np.histogram_bin_edges(finite, n, (-0.1, 0.7))
                line("edges", [n, str(found.dtype), np.array(-0.1), np.array(0.7)], found)
                found = np.histogram_bin_edges(finite[:1, :1], n)
                line("edges", [n, str(found.dtype), finite[0, 0], finite[0, 0]], found)
        if np.dtype(dtype).kind in "ui" and dtype != "uint64":
            line("bincount", [needles[0], 0], lambda: np.bincount(needles[0]))
            positive = np.abs(needles[0])
            line("bincount", [positive, 0], np.bincount(positive))
            line("bincount", [positive, 40], np.bincount(positive, minlength=40))
            line("bincount", [positive, 3, halves[0]], np.bincount(positive, halves[0], 3))
    line("searchsorted", ["left", np.array([1, 3, 5]), np.array([0.5, 3.0, 9.5])], np.array([0, 1, 3]))
    line("searchsorted", ["left", np.array([0.5, 2.5, np.nan]), np.array([2, 3, 1])], np.array([1, 2, 1]))
    line("digitize", [False, np.array([1, 3, 2]), np.array([1])], None)
    ones = np.array([0.5, 1.0, 1.0])
    line("histogram", [[np.array([1, 3, 2])], [np.array([1])]], None)
    line("histogram", [[np.array([1, 3])], [np.array([1]), np.array([1])]], None)
    line("histogram", [[np.array([0.0, 1.0, 1.0])], [ones]], np.histogram(ones, [0, 1, 1])[0])
    line("histogram", [[np.array([0, 10, 20])], [np.array([1, 10, 20, 21, 11], "int8")], np.array([1, 2, 3, 4, 5], "float32")], np.array([1.0, 10.0]))
    line("histogram", [[np.array([0.0, 1.0])], [np.ma.array(ones, mask=[1, 0, 0])], np.ma.array(ones, mask=[0, 1, 0])], np.array([1.0]))
    line("merge_counts", [[np.array([1, 2]), np.array([3]), np.array([4, 5, 6])]], np.array([8, 7, 6]))
    line("merge_counts", [[np.array([[1.0, 2.0]]), np.array([[3.5, 4.0]])]], np.array([[4.5, 6.0]]))
    line("merge_counts", [[np.array([[1, 2]]), np.array([[3]])]], None)
    line("merge_counts", [[np.array([1]), np.array([3.0])]], None)
    line("edges", [3, "float64", np.array(0.0), np.array(np.inf)], None)
    line("edges", [3, "float64", np.array(2), np.array(1)], None)
    gaps = np.ma.array([[3.0, 1.0, np.nan], [2.0, 5.0, 0.0]], mask=[[0, 1, 0], [1, 0, 0]])
    line("sort", [1, gaps], np.ma.array([[3.0, np.nan, 0], [0.0, 5.0, 0]], mask=[[0, 0, 1], [0, 0, 1]]))
    line("sort", [0, gaps], np.ma.array([[3.0, 5.0, 0], [0.0, 5.0, np.nan]], mask=[[0, 0, 0], [1, 1, 0]]))
    line("argsort", [1, gaps], np.array([[0, 2, 1], [2, 1, 0]]))
    line("topk", [2, 1, gaps], np.ma.array([[np.nan, 3.0], [5.0, 0.0]], mask=False))
    line("topk", [3, 1, gaps], np.ma.array([[np.nan, 3.0, 1], [5.0, 0.0, 1]], mask=[[0, 0, 1], [0, 0, 1]]))
    gaps, values = np.ma.array([2, 1, 9, 2, 9], mask=[0, 0, 1, 0, 1]), np.ma.array([1, 2, 0], mask=[0, 0, 1])
    line("unique", [gaps], [values, np.array([1, 2, 2])])
    line("unique", [gaps, "5", 0], [values, np.array([1, 2, 2]), np.array([1, 0, 2])])
    line("unique", [gaps, "2x5", 1], [values, np.array([1, 2, 2]), np.array([6, 5, 7])])
    line("unique", [gaps, "5", 1], None)
    line("unique", [gaps, "4", 0], None)
    line("inverse", [values, gaps], np.array([1, 0, 2, 1, 2]))
    line("inverse", [values, np.array([1.0])], None)
    line("bincount", [np.ma.array([2, 1, 2, -9], mask=[0, 0, 0, 1]), 0], np.array([0, 1, 2]))


if __name__ == "__main__":
    main()
