"""Masked blocks, as a table that the tests read.

    python table.py > table.txt     (NumPy 2.4)
"""

import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[2]))
from calls import DTYPES, array, line


def masked_where(condition, x):
    stretched = np.ma.array(np.broadcast_to(np.ma.getdata(condition), x.shape),
                            mask=np.broadcast_to(np.ma.getmaskarray(condition), x.shape))
    line("masked_where", [condition, x], np.ma.masked_where(stretched, x))


def filled(x, value):
    stretched = np.broadcast_to(value.astype(x.dtype), x.shape)
    line("filled", [x, value], np.where(np.ma.getmaskarray(x), stretched, np.ma.getdata(x)))


def main():
    condition = array("int8", (4, 5), 3) > 3
    gaps = np.ma.array(condition, mask=array("int8", (4, 5)) > 10)
    for dtype in DTYPES:
        x = array(dtype, (4, 5))
        masked = np.ma.array(x, mask=array("int8", (4, 5), 7) % 3 == 0)
        for of in [x, masked]:
            line("getmaskarray", [of], np.ma.getmaskarray(of))
            for where in [condition, gaps, condition[:1], gaps[:, :1], condition[0], np.array(False), np.array(True)]:
                masked_where(where, of)
            for value in [array(dtype, (4, 5), 9), array(dtype, (5,), 9), array(dtype, (4, 1), 9), array(dtype, (), 9)]:
                filled(of, value)
    x = np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 1])
    masked_where(np.array([0, 3, -1]), np.arange(3))
    masked_where(np.array([True]), np.zeros((0, 2)))
    filled(x, np.array([7, 8, 9], "int16"))
    # As many elements as are absent: they broadcast all the same.
    filled(np.ma.array(np.arange(6).reshape(3, 2), mask=[[1, 0], [0, 0], [1, 0]]), np.array([7, 8]))
    line("filled", [x, np.ma.array([7.0, 8.0, 9.0], mask=[0, 1, 0])], np.ma.array([1.0, 8.0, 9.0], mask=[0, 1, 0]))
    line("filled", [x, np.array([7.0, 8.0])], None)
    line("masked_where", [np.array([True, False]), np.arange(3)], None)
    line("masked_where", [np.array([[True]]), np.arange(3)], None)
    line("masked_where", [np.array([True, False, True]), np.array(3)], None)


if __name__ == "__main__":
    main()
