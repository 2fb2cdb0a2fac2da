"""NumPy's Fourier transforms, as a table that the tests read.

    python table.py > table.txt     (NumPy 2.4)
"""

import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[2]))
from calls import DTYPES, array, line

KERNELS = ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"]
NORMS = ["backward", "ortho", "forward"]


def numbers(dtype, shape, seed=0):
    x = array(dtype, shape, seed)
    return np.nan_to_num(x).astype(dtype) if x.dtype.kind in "fc" else x


def transform(kernel, axis, n, norm, x):
    function = getattr(np.fft, kernel)
    result = function(x, n, axis, norm)  # refuses what is to be refused, and has the dtype
    if x.shape[axis] == 0:
        result = np.zeros_like(result)  # of hermitian ones from nothing NumPy returns memory as it was
    elif x.dtype.kind in "fc":
        wide = x.astype("complex128" if x.dtype.kind == "c" else "float64")
        result = function(wide, n, axis, norm).astype(result.dtype)
    return result


def main():
    for kernel in KERNELS:
        for dtype in DTYPES:
            for n in [None, 3, 8]:
                x = numbers(dtype, (5,), 2)
                line(kernel, [0, n, "backward", x], lambda: transform(kernel, 0, n, "backward", x))
        for dtype in ["float32", "float64"] if kernel in ["rfft", "ihfft"] else ["complex64", "complex128", "float64"]:
            for length in [1, 2, 3, 4, 7, 8, 13, 31]:
                x = numbers(dtype, (length,), length)
                for norm in NORMS if length < 8 else NORMS[:1]:
                    line(kernel, [0, None, norm, x], lambda: transform(kernel, 0, None, norm, x))
                for n in [1, 2, 9, 16]:
                    norm = NORMS[(n + length) % 3]
                    line(kernel, [0, n, norm, x], lambda: transform(kernel, 0, n, norm, x))
            for shape in [(4, 3), (3, 1, 5), (2, 6, 2), (5, 11), (0, 3), (3, 0)]:
                x = numbers(dtype, shape, 1)
                for axis in range(len(shape)):
                    for n in [None, 4]:
                        line(kernel, [axis, n, "backward", x], lambda: transform(kernel, axis, n, "backward", x))
        x = numbers("float64", (4,))
        line(kernel, [0, 0, "backward", x], None)
        line(kernel, [0, -1, "backward", x], None)
        line(kernel, [1, None, "backward", x], None)
        line(kernel, [0, None, "both", x], None)
        line(kernel, [0, None, "backward", np.array(1.0)], None)
        line(kernel, [0, None, "backward", np.ma.array(x, mask=[0, 1, 0, 0])], None)


if __name__ == "__main__":
    main()
