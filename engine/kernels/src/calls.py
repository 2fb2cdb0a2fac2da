"""Lines of tables of calls and their results, which `table.rs` reads."""

import warnings

import numpy as np

warnings.simplefilter("ignore")

DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32",
          "float64", "complex64", "complex128", "datetime64[ns]", "timedelta64[ns]"]


def array(dtype, shape, seed=0):
    """Elements with repetitions, NaN and not-a-time among them, and both zeros."""
    idx = np.arange(int(np.prod(shape))) + seed
    whole = (idx * 7919) % 101 % 23 - 7
    kind = np.dtype(dtype).kind
    if kind == "b":
        flat = whole % 3 == 0
    elif kind == "u":
        flat = whole + 7
    elif kind in "mM":
        flat = np.where(idx % 7 == 2, -(2**63), whole).view("int64")
        return flat.view(dtype).reshape(shape)
    elif kind == "i":
        flat = whole
    elif kind == "f":
        flat = whole / 4
        flat = np.where(idx % 11 == 3, -0.0, flat)
        flat = np.where(idx % 7 == 2, np.nan, flat)
    else:
        flat = (whole // 4) / 2 + 1j * ((idx * 31) % 5)
        flat = np.where(idx % 9 == 4, np.nan + 1j, flat)
        flat = np.where(idx % 13 == 5, complex(1, np.nan), flat)
    return flat.astype(dtype).reshape(shape)


def element(x):
    if x is np.ma.masked:
        return "_"
    if isinstance(x, (np.datetime64, np.timedelta64)):
        return str(x.view("int64"))
    if isinstance(x, np.complexfloating):
        return f"{float(x.real)!s}~{float(x.imag)!s}"
    if isinstance(x, np.floating):
        return str(float(x))
    if isinstance(x, np.bool_):
        return str(int(x))
    return str(x)


def text(value):
    if isinstance(value, (np.ndarray, np.generic)):
        value = np.asanyarray(value)
        flat = value.ravel()
        elements = ",".join(element(flat[i]) for i in range(flat.size))
        return f"{value.dtype}|{'x'.join(map(str, value.shape))}|{elements}"
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, (list, tuple)):
        return "[" + ";".join(map(text, value)) + "]"
    return str(value)


def line(kernel, args, result):
    """Prints a line; the result may be a function, whose errors mean that the call is refused."""
    if callable(result):
        try:
            result = result()
        except (TypeError, ValueError, IndexError):
            result = None
    print(kernel, *map(text, args), "->", "refused" if result is None else text(result))
