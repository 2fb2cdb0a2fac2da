"""Array expressions as NumPy computes them: the oracle of tests/arrays.rs.

    python make.py > expressions.json     (NumPy 2.4)

Each line has a name, the result's dtype and shape, and its elements in C order.
"""

import json

import numpy as np


def main():
    idx = np.arange(60)
    x = ((idx * 37) % 23 - 7).reshape(12, 5).astype("int32")
    y = ((idx * 11) % 17 / 4).reshape(12, 5)
    r = np.arange(5) * 0.5
    cases = {
        "x": x,
        "x + y": x + y,
        "x * 2 - 1": x * 2 - 1,
        "x / 3": x / 3,
        "x // r broadcast": x // (r + 1),
        "x % 4": x % 4,
        "x ** 2": x**2,
        "x > y": x > y,
        "where": np.where(x > 0, x, y),
        "slice rows": x[2:9],
        "slice steps": x[1::3, ::-2],
        "slice backwards": x[::-1, 4],
        "slice negative": x[-3:, -4:-1],
        "slice nothing": x[5:5],
        "new axis": x[:, None, 1:3],
        "ellipsis": x[..., 0],
        "slice of sum": (x + y * r)[3:7, 1:],
        "transpose": x.T,
        "x.T @ broadcast": x.T - r[:, None],
        "mean": y.mean(),
        "mean 0": y.mean(axis=0),
        "std 1": y.std(axis=1),
        "var ddof": y.var(ddof=1),
        "sum keepdims": y.sum(axis=1, keepdims=True),
        "centred": y - y.mean(axis=0),
        "normalised": (y - y.mean(0)) / y.std(0),
        "every second less the mean": y[::2] - y.mean(0),
        "max": x.max(axis=0),
        "min all": x.min(),
        "any": (x > 14).any(axis=1),
        "all": (x > -8).all(),
        "count": np.count_nonzero(x, axis=1),
        "ptp": np.ptp(x, axis=0),
        "concatenate": np.concatenate([x, y[:3]], axis=0),
        "stack": np.stack([x, x + 1], axis=1),
        "roll": np.roll(x, 5, axis=0),
        "flip": np.flip(x, axis=1),
        "clip": np.clip(x, -2, 5),
        "round": np.round(y, 1),
        "linspace": np.linspace(-1, 1, 7),
        "arange": np.arange(10, -5, -4),
        "arange floats": np.arange(0.0, 1.0, 0.3),
        "eye": np.eye(4, 5, k=1, dtype="int8"),
        "hypot": np.hypot(x, y),
        "cumsum 0": x.cumsum(axis=0),
        "cumsum 1": y.cumsum(axis=1),
        "cumprod": (y[:, :2] + 0.5).cumprod(axis=0),
        "running greatest": np.maximum.accumulate(x, axis=0),
        "sort 0": np.sort(x, axis=0),
        "sort 1": np.sort(y, axis=1),
        "argsort": np.argsort(y, axis=0, kind="stable"),
        "x.T @ y": x.T @ y,
        "x @ vector": x @ r,
        "vector @ vector": np.dot(y[:, 0], x[:, 1]),
        "complex": (x + 1j * y).sum(axis=0),
        "int8 wraps": x.astype("int8") * np.int8(100),
        "float32 stays": y.astype("float32") * 2.5,
    }
    for name, value in cases.items():
        value = np.asarray(value)
        if value.dtype.kind == "c":
            elements = [part for element in value.ravel() for part in (float(element.real), float(element.imag))]
        elif value.dtype.kind == "f":
            elements = [float(element) for element in value.ravel()]
        else:
            elements = [int(element) for element in value.ravel()]
        print(json.dumps({"name": name, "dtype": str(value.dtype), "shape": value.shape, "elements": elements}))


if __name__ == "__main__":
    main()
