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
EINSUMS = [("ij,jk->ik", (2, 3), (3, 4)), ("ij,jk->ki", (2, 3), (3, 4)), ("ijk,kil->jl", (2, 3, 4), (4, 2, 5)), ("ij,k->kij", (2, 3), (4,)),
           ("ij,ji->", (3, 2), (2, 3)), ("ij,ij->j", (3, 2), (3, 2)), ("ijb,bjk->kbi", (2, 3, 4), (4, 3, 2)), ("bij,bjk->ibk", (1, 2, 3), (4, 3, 2)),
           ("i,i->", (0,), (0,)), (",i->i", (), (3,)), ("ij,kj->ik", (2, 3), (2, 4)), ("ij,jk->i", (2, 3), (3, 4)), ("ii,ij->j", (2, 2), (2, 2)),
           ("ij,jk->ikl", (2, 3), (3, 4)), ("ij", (2, 3), (3,)), ("i,i->", (2, 3), (3,))]


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
        for text, left, right in EINSUMS:
            a, b = numbers(dtype, left, 1), numbers(dtype, right, 4)
            # What NumPy sums of one operand, or takes the diagonal of, is done before.
            well = text.count("->") and text not in ["ij,jk->i", "ii,ij->j"]
            line("einsum", [text, a, b], (lambda: np.asarray(np.einsum(text, a, b))) if well else None)
            if well and a.ndim == 3:
                acc = numbers(dtype, np.einsum(text, a, b).shape, 8)
                line("einsum", [text, a, b, acc], np.asarray(np.einsum(text, a, b) + acc).astype(dtype))
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
