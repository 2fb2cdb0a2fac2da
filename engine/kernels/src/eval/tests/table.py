"""What NumPy says of every element-wise operation, as a table that the tests read.

    python table.py > table.txt     (NumPy 2.4)

First the inputs of each dtype, then a line for each operation and dtype: of two operands all pairs, the first
one varying slowest. Floats have as many digits as tell them apart; parts of complex numbers are joined by `~`.
"""

import sys
import warnings

import numpy as np

warnings.simplefilter("ignore")

INPUTS = {
    "bool": [False, True],
    "int8": [-128, -7, -1, 0, 1, 2, 127],
    "int64": [-(2**63), -7, -1, 0, 3, 2**40 + 1, 2**63 - 1],
    "uint8": [0, 1, 2, 7, 130, 255],
    "uint64": [0, 1, 3, 9, 2**63 + 1, 2**64 - 1],
    "float16": [float("-inf"), -2.5, -0.0, 0.0, 0.25, 1.0, 300.0, float("inf"), float("nan")],
    "float32": [float("-inf"), -7.25, -0.5, -0.0, 0.0, 0.3, 1.0, 2.5, 1e30, float("inf"), float("nan")],
    "float64": [float("-inf"), -7.25, -0.5, -0.0, 0.0, 5e-324, 0.3, 1.0, 2.5, 1e200, float("inf"), float("nan")],
    "complex64": [-2.5 - 1.5j, -1 + 0j, 0.25 + 3j, 1 + 0j, 2 - 0.5j],
    "complex128": [-2.5 - 1.5j, -1 + 0j, 0.25 + 3j, 1 + 0j, 2 - 0.5j],
    "datetime64[ns]": [-1, 0, 10**18, -(2**63)],
    "timedelta64[ns]": [-5, 0, 7, -(2**63)],
}

UNARY = """logical_not negative positive invert absolute sign square reciprocal conjugate real imag sqrt cbrt exp exp2
expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh deg2rad rad2deg
floor ceil trunc rint spacing isnan isinf isfinite signbit""".split()

BINARY = """add subtract multiply divide floor_divide remainder fmod power maximum minimum fmax fmin arctan2 hypot copysign
nextafter logaddexp logaddexp2 heaviside bitwise_and bitwise_or bitwise_xor left_shift right_shift gcd lcm equal
not_equal less less_equal greater greater_equal logical_and logical_or logical_xor""".split()

# Numbers that every dtype can be converted from and to.
CASTS = {"b": [0, 1], "u": [0, 2, 100], "i": [-3, 0, 100], "f": [-0.0, 0.5, 3.75, 100.0], "c": [0.5 + 2j, 3 - 1j]}


def text(element):
    if isinstance(element, (np.datetime64, np.timedelta64)):
        return str(element.view("int64"))
    if isinstance(element, np.complexfloating):
        return f"{element.real!s}~{element.imag!s}"
    if isinstance(element, np.float16):
        return str(float(element))  # all its digits
    if isinstance(element, np.bool_):
        return str(int(element))
    return str(element)


def line(name, dtypes, result):
    print(name, *dtypes, "->", str(result.dtype) + ":", *(text(element) for element in result.ravel()))


def array(dtype, values):
    if dtype.endswith("[ns]"):
        return np.array(values, "int64").view(dtype)
    return np.array(values, dtype)


def main():
    inputs = {dtype: array(dtype, values) for dtype, values in INPUTS.items()}
    for dtype, values in inputs.items():
        line("input", [dtype], values)
    for name in UNARY:
        for dtype, values in inputs.items():
            if name == "reciprocal" and values.dtype.kind in "iu":
                values = values[values != 0]  # undefined in NumPy
                line("input", [dtype], values)
            try:
                line(name, [dtype], getattr(np, name)(values))
            except TypeError:
                print(name, dtype, "-> refused")
            if name == "reciprocal":
                line("input", [dtype], inputs[dtype])
    for name in BINARY:
        for dtype, values in inputs.items():
            right = values
            if name == "power" and values.dtype.kind in "iu":
                right = values[values >= 0]
            if name == "power" and values.dtype.kind == "b":
                right = values
            try:
                line(name, [dtype, dtype], getattr(np, name)(values[:, None], right[None, :]))
            except TypeError:
                print(name, dtype, dtype, "-> refused")
    for source in inputs:
        values = array(source, CASTS.get(np.dtype(source).kind, [-3, 0, 100]))
        line("input", [source], values)
        for target in inputs:
            if np.dtype(source).kind in "mM" or np.dtype(target).kind in "mM":
                continue
            line("astype", [source, target], values.astype(target))


if __name__ == "__main__":
    sys.exit(main())
