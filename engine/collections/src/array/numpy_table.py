"""Tables of array expressions as NumPy computes them: the oracle of the tests of arrays.

A script beside each `tests.rs` imports this and prints one line for each case:

    python tests.py > tests.json     (NumPy 2.4)

A line has the case's name, the result's dtype and shape, and its elements in C order, two for each complex number; what
JSON has no word for is a text.
"""

import json

import numpy as np


def sample(*shape):
    """What `testing::sample` makes: elements in no order, some of them equal."""
    return (np.arange(np.prod(shape, dtype=int)) * 37 % 23 - 7).reshape(shape)


def write(cases):
    for name, result in cases.items():
        print(json.dumps(line(name, np.asanyarray(result))))


def line(name, result):
    elements = result
    if isinstance(result, np.ma.MaskedArray):
        elements = result.astype("float64").filled(np.nan)
    elements = np.ascontiguousarray(elements).ravel()
    if elements.dtype.kind == "c":
        elements = np.stack([elements.real, elements.imag], axis=1).ravel()
    if elements.dtype.kind in "mM":
        elements = elements.astype("int64")
    numbers = [x if np.isfinite(x) else str(x) for x in elements.tolist()]
    return {"name": name, "dtype": str(result.dtype), "shape": list(result.shape), "elements": numbers}
