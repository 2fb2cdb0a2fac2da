"""What NumPy says of reductions, as a table that the tests read.

    python table.py > table.txt     (NumPy 2.4)

The arrays are those of `tests.rs`: element i of the flat array follows from i and the dtype. A line has the reduction,
the dtype, the shape, the axes and the result's dtype, before the colon, and the result's elements after it.
"""

import itertools
import warnings

import numpy as np

warnings.simplefilter("ignore")

DTYPES = ["bool", "int8", "uint64", "float16", "float32", "float64", "complex64", "complex128"]
SHAPES = [(), (5,), (1100,), (3, 4), (40, 30), (3, 5, 7), (600, 2), (2, 0, 3)]


def array(dtype, shape):
    idx = np.arange(int(np.prod(shape)))
    whole = (idx * 7919) % 101
    kind = np.dtype(dtype).kind
    if kind == "b":
        flat = whole % 3 == 0
    elif kind == "u":
        flat = whole + 1
    elif kind == "i":
        flat = whole - 50
    elif kind == "f":
        flat = (whole - 50) / 8
        flat[idx % 17 == 3] = np.nan
    else:
        flat = (whole - 50) / 8 + 1j * ((idx * 31) % 13)
    return flat.astype(dtype).reshape(shape)


def text(element):
    if isinstance(element, np.complexfloating):
        return f"{float(element.real)!s}~{float(element.imag)!s}"
    if isinstance(element, np.bool_):
        return str(int(element))
    if isinstance(element, np.floating):
        return str(float(element))
    return str(element)


def main():
    functions = {name: getattr(np, name) for name in "sum prod min max mean nansum nanmin nanmax nanmean nanprod".split()}
    for name in ["var", "std", "nanvar", "nanstd"]:
        for ddof in [0, 1]:
            functions[f"{name}:{ddof}"] = lambda x, axis, f=getattr(np, name), ddof=ddof: f(x, axis=axis, ddof=ddof)
    for dtype, shape in itertools.product(DTYPES, SHAPES):
        x = array(dtype, shape)
        axes = [axes for n in range(len(shape) + 1) for axes in itertools.combinations(range(len(shape)), n) if axes]
        for reduced in [tuple(range(len(shape)))] + axes[: len(axes) - 1]:
            for name, function in functions.items():
                if name.startswith("nan") and x.dtype.kind not in "fc":
                    continue
                if "prod" in name and (x.dtype.kind in "fc" and x.size > 40 or x.dtype == "float16"):
                    continue
                try:
                    result = np.asarray(function(x, axis=reduced))
                except ValueError:
                    continue  # the least of nothing
                if result.size > 6:
                    continue
                axes_text = ",".join(map(str, reduced))
                shape_text = ",".join(map(str, shape))
                elements = " ".join(text(element) for element in result.ravel())
                print(f"{name} {dtype} ({shape_text}) ({axes_text}) {result.dtype}: {elements}")


if __name__ == "__main__":
    main()
